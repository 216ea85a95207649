#!/usr/bin/env python3
"""U-2-Net and U-2-NetP (Qin et al. 2020) with the official parameter names and random weights by a seed.

    u2net.py OUT.pth|OUT.pt|OUT.onnx [--small] [--planes 1] [--seed 0]

.pth: the state_dict (for examples/convert_weights.py); .pt: TorchScript, traced at 320; .onnx: opset 11, 320.
Batch norms are calibrated as in lama.py.
"""
import argparse
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lama import calibrated, painted  # noqa: E402


class REBNCONV(nn.Module):
    def __init__(self, inputs, outputs, dilation=1):
        super().__init__()
        self.conv_s1 = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(outputs)
        self.relu_s1 = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu_s1(self.bn_s1(self.conv_s1(x)))


def enlarged(x, like):
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class RSU(nn.Module):
    """A U of this height; a flat one dilates by 1, 2, 4, 8 instead of pooling."""

    def __init__(self, height, inputs, mid, outputs, flat=False):
        super().__init__()
        self.height, self.flat = height, flat

        def dilation(level):
            return 2 ** (level - 1) if flat else (2 if level == height else 1)

        self.rebnconvin = REBNCONV(inputs, outputs)
        self.rebnconv1 = REBNCONV(outputs, mid)
        for level in range(2, height + 1):
            setattr(self, f"rebnconv{level}", REBNCONV(mid, mid, dilation(level)))
        for level in range(height - 1, 1, -1):
            setattr(self, f"rebnconv{level}d", REBNCONV(2 * mid, mid, dilation(level)))
        self.rebnconv1d = REBNCONV(2 * mid, outputs)
        self.pool = nn.MaxPool2d(2, 2, ceil_mode=True)

    def forward(self, x):
        x = self.rebnconvin(x)
        t, levels = x, []
        for level in range(1, self.height):
            t = getattr(self, f"rebnconv{level}")(t)
            levels.append(t)
            if not self.flat and level < self.height - 1:
                t = self.pool(t)
        t = getattr(self, f"rebnconv{self.height}")(t)
        for level in range(self.height - 1, 0, -1):
            beside = levels[level - 1]
            if not self.flat and level < self.height - 1:
                t = enlarged(t, beside)
            t = getattr(self, f"rebnconv{level}d")(torch.cat((t, beside), 1))
        return t + x


class U2Net(nn.Module):
    def __init__(self, small=False, planes=1):
        super().__init__()
        mid = [16] * 11 if small else [32, 32, 64, 128, 256, 256, 256, 128, 64, 32, 16]
        out = [64] * 11 if small else [64, 128, 256, 512, 512, 512, 512, 256, 128, 64, 64]
        inputs = [3] + out[:5] + [out[5] + out[4], out[6] + out[3], out[7] + out[2], out[8] + out[1], out[9] + out[0]]
        names = ["1", "2", "3", "4", "5", "6", "5d", "4d", "3d", "2d", "1d"]
        heights = [7, 6, 5, 4, 4, 4, 4, 4, 5, 6, 7]
        for i, name in enumerate(names):
            setattr(self, f"stage{name}", RSU(heights[i], inputs[i], mid[i], out[i], flat=name in ("5", "6", "5d")))
        for side, source in zip(range(1, 7), (10, 9, 8, 7, 6, 5)):
            setattr(self, f"side{side}", nn.Conv2d(out[source], planes, 3, padding=1))
        self.outconv = nn.Conv2d(6 * planes, planes, 1)
        self.pool = nn.MaxPool2d(2, 2, ceil_mode=True)

    def forward(self, x):
        encoded = [self.stage1(x)]
        for level in range(2, 7):
            encoded.append(getattr(self, f"stage{level}")(self.pool(encoded[-1])))
        x, sides = encoded[5], [self.side6(encoded[5])]
        for level in range(5, 0, -1):
            beside = encoded[level - 1]
            x = getattr(self, f"stage{level}d")(torch.cat((enlarged(x, beside), beside), 1))
            sides.insert(0, getattr(self, f"side{level}")(x))
        sides = [sides[0]] + [enlarged(side, sides[0]) for side in sides[1:]]
        return tuple(torch.sigmoid(plane) for plane in [self.outconv(torch.cat(sides, 1))] + sides)


def build(small=False, planes=1, seed=0):
    torch.manual_seed(seed)
    return calibrated(U2Net(small, planes), painted(4, 3, 160, 160))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--small", action="store_true", help="U-2-NetP")
    parser.add_argument("--planes", type=int, default=1, help="of the output")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    network = build(options.small, options.planes, options.seed)
    example = torch.rand(1, 3, 320, 320)
    if options.out.endswith(".pth"):
        torch.save(network.state_dict(), options.out)
    elif options.out.endswith(".onnx"):
        torch.onnx.export(network, example, options.out, opset_version=11, input_names=["input.1"])
    else:
        with torch.no_grad():
            torch.jit.trace(network, example).save(options.out)
    print(f"{options.out}: {sum(p.numel() for p in network.parameters()) / 1e6:.3f} M parameters")
