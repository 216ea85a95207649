#!/usr/bin/env python3
"""The generator of LaMa (Suvorov et al. 2021, WACV 2022) with random weights, as a TorchScript file like big-lama.pt.

    lama.py OUT.pt [--blocks 18] [--seed 0]

Structure and operations follow saicinpainting/training/modules/ffc.py (FFCResNetGenerator with the settings of Big-LaMa:
18 blocks, 64 planes, 75 % global) and bin/to_jit.py: forward(image 1x3xHxW in [0,1], mask 1x1xHxW, 1 = hole) gives the
composited picture; H and W are multiples of 8. Batch norms are calibrated on patches of all sizes, so that values keep a
usual size through all layers and a wrong layer shows.
"""
import argparse

import torch
from torch import nn


class FourierUnit(nn.Module):
    def __init__(self, planes):
        super().__init__()
        self.conv_layer = nn.Conv2d(planes * 2, planes * 2, 1, bias=False)
        self.bn = nn.BatchNorm2d(planes * 2)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        batch = x.shape[0]
        spectrum = torch.fft.rfftn(x, dim=(-2, -1), norm="ortho")
        planes = torch.stack((spectrum.real, spectrum.imag), dim=-1).permute(0, 1, 4, 2, 3).contiguous()
        planes = planes.view((batch, -1) + planes.size()[3:])
        planes = self.relu(self.bn(self.conv_layer(planes)))
        planes = planes.view((batch, -1, 2) + planes.size()[2:]).permute(0, 1, 3, 4, 2).contiguous()
        spectrum = torch.complex(planes[..., 0], planes[..., 1])
        return torch.fft.irfftn(spectrum, s=x.shape[-2:], dim=(-2, -1), norm="ortho")


class SpectralTransform(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(inputs, outputs // 2, 1, bias=False), nn.BatchNorm2d(outputs // 2),
                                   nn.ReLU(inplace=True))
        self.fu = FourierUnit(outputs // 2)
        self.conv2 = nn.Conv2d(outputs // 2, outputs, 1, bias=False)

    def forward(self, x):
        x = self.conv1(x)
        return self.conv2(x + self.fu(x))


class FFC(nn.Module):
    """Fast Fourier convolution of a pair (local, global); shares of 0 leave the part out."""

    def __init__(self, inputs, outputs, kernel, stride, padding, share_in, share_out):
        super().__init__()
        global_in, global_out = int(inputs * share_in), int(outputs * share_out)
        local_in, local_out = inputs - global_in, outputs - global_out
        self.global_in, self.global_out = global_in, global_out

        def conv(i, o):
            return nn.Conv2d(i, o, kernel, stride, padding, bias=False, padding_mode="reflect")

        self.convl2l = conv(local_in, local_out)
        self.convl2g = conv(local_in, global_out) if global_out else None
        self.convg2l = conv(global_in, local_out) if global_in else None
        self.convg2g = SpectralTransform(global_in, global_out) if global_in and global_out else None

    def forward(self, x):
        local, wide = x if isinstance(x, tuple) else (x, 0)
        out_local, out_wide = self.convl2l(local), 0
        if self.convg2l is not None:
            out_local = out_local + self.convg2l(wide) * 1
        if self.global_out:
            out_wide = self.convl2g(local) * 1
            if self.convg2g is not None:
                out_wide = out_wide + self.convg2g(wide)
        return out_local, out_wide


class FFC_BN_ACT(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=0, share_in=0, share_out=0):
        super().__init__()
        self.ffc = FFC(inputs, outputs, kernel, stride, padding, share_in, share_out)
        wide = int(outputs * share_out)
        self.bn_l, self.act_l = nn.BatchNorm2d(outputs - wide), nn.ReLU(inplace=True)
        self.bn_g = nn.BatchNorm2d(wide) if wide else nn.Identity()
        self.act_g = nn.ReLU(inplace=True) if wide else nn.Identity()

    def forward(self, x):
        local, wide = self.ffc(x)
        return self.act_l(self.bn_l(local)), self.act_g(self.bn_g(wide))


class FFCResnetBlock(nn.Module):
    def __init__(self, planes):
        super().__init__()
        self.conv1 = FFC_BN_ACT(planes, planes, 3, 1, 1, 0.75, 0.75)
        self.conv2 = FFC_BN_ACT(planes, planes, 3, 1, 1, 0.75, 0.75)

    def forward(self, x):
        local, wide = self.conv2(self.conv1(x))
        return x[0] + local, x[1] + wide


class Concat(nn.Module):
    def forward(self, x):
        return torch.cat(x, dim=1)


class Local(nn.Module):
    """Takes the local half of a pair that has no global half."""

    def forward(self, x):
        return x[0]


class Lama(nn.Module):
    def __init__(self, blocks=18):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), FFC_BN_ACT(4, 64, 7), Local(), FFC_BN_ACT(64, 128, 3, 2, 1), Local(),
                  FFC_BN_ACT(128, 256, 3, 2, 1), Local(), FFC_BN_ACT(256, 512, 3, 2, 1, 0, 0.75)]
        layers += [FFCResnetBlock(512) for _ in range(blocks)] + [Concat()]
        for planes in (512, 256, 128):
            layers += [nn.ConvTranspose2d(planes, planes // 2, 3, 2, 1, output_padding=1),
                       nn.BatchNorm2d(planes // 2), nn.ReLU(True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(64, 3, 7), nn.Sigmoid()]
        self.model = nn.Sequential(*layers)

    def forward(self, image, mask):
        masked = image * (1 - mask)
        painted = self.model(torch.cat([masked, mask], dim=1))
        return mask * painted + (1 - mask) * image


def painted(batch, planes, height, width):
    """Random patches of all sizes, in [0,1]: noise alone would leave the deep layers nothing but rounding errors."""
    picture, octaves = torch.zeros(batch, planes, height, width), 5
    for octave in range(octaves):
        coarse = torch.rand(batch, planes, 2 ** (octave + 1), 2 ** (octave + 1))
        picture += nn.functional.interpolate(coarse, size=(height, width), mode="bilinear") / octaves
    return picture


def calibrated(network, *inputs):
    """Batch norms take the statistics of these inputs, but enlarge nothing that hardly varies in them: no chaos."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(*inputs)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_var.clamp_(min=max(0.3 * module.running_var.mean().item(), 0.02))
                module.weight.mul_(0.8)
    return network.eval()


def build(blocks=18, seed=0):
    torch.manual_seed(seed)
    network = Lama(blocks)
    mask = (torch.rand(1, 1, 16, 16) > 0.7).float()
    mask = nn.functional.interpolate(mask, scale_factor=16)
    return calibrated(network, painted(1, 3, 256, 256), mask)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--blocks", type=int, default=18)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    network = build(options.blocks, options.seed)
    example = (torch.rand(1, 3, 120, 120), (torch.rand(1, 1, 120, 120) > 0.5).float())
    with torch.no_grad():
        torch.jit.trace(network, example).save(options.out)
    print(f"{options.out}: {sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters")
