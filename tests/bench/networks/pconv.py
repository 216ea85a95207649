"""A partial-convolution U-Net with random weights the way ports write it, a full mask convolved beside every map:
weights, input, result and time, for native_speed to compare with.

Usage: pconv.py FOLDER SIDE LEVELS WIDTH [WIDEST]
Writes FOLDER/pconv.safetensors (base none), input.safetensors (x, known), output.safetensors (d0); prints the best and
the median seconds of 10 runs with 2 threads.
"""
import sys
import time

import torch
from torch import nn
import torch.nn.functional as F

import safetensors_file


class PartialConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, bias, norm, slope):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias)
        if norm:
            self.bn = nn.BatchNorm2d(outputs)
            nn.init.uniform_(self.bn.running_mean, -0.2, 0.2)
            nn.init.uniform_(self.bn.running_var, 0.5, 1.5)
        nn.init.kaiming_normal_(self.conv.weight)
        self.ones = torch.ones(outputs, inputs, kernel, kernel)
        self.norm, self.slope, self.window = norm, slope, inputs * kernel * kernel

    def forward(self, x, mask):
        conv = self.conv
        raw = F.conv2d(x * mask, conv.weight, None, conv.stride, conv.padding)
        count = F.conv2d(mask, self.ones, None, conv.stride, conv.padding)
        known = count.clamp(0, 1)
        x = raw * (self.window / (count + 1e-8) * known)
        if conv.bias is not None:
            x = (x + conv.bias.view(1, -1, 1, 1)) * known
        if self.norm:
            x = self.bn(x)
        return (x if self.slope is None else F.leaky_relu(x, self.slope)), known


class PConvUNet(nn.Module):
    def __init__(self, levels, width, widest):
        super().__init__()
        widths = [3] + [min(width << n, widest) for n in range(levels)]
        kernels = [7, 5, 5] + [3] * levels
        self.levels = levels
        for n in range(1, levels + 1):
            setattr(self, f"enc{n}", PartialConv(widths[n - 1], widths[n], kernels[n - 1], 2, False, n > 1, 0.0))
            setattr(self, f"dec{n}", PartialConv(widths[n] + widths[n - 1], widths[n - 1], 3, 1, n == 1, n > 1,
                                                 0.2 if n > 1 else None))

    def forward(self, x, known):
        maps = [(x, known.expand_as(x))]
        for n in range(1, self.levels + 1):
            maps.append(getattr(self, f"enc{n}")(*maps[-1]))
        x, mask = maps[-1]
        for n in range(self.levels, 0, -1):
            skip, skip_mask = maps[n - 1]
            x, mask = F.interpolate(x, scale_factor=2), F.interpolate(mask, scale_factor=2)
            x, mask = getattr(self, f"dec{n}")(torch.cat([x, skip], 1), torch.cat([mask, skip_mask], 1))
        return x


folder, side, levels, width = sys.argv[1], *map(int, sys.argv[2:5])
widest = int(sys.argv[5]) if len(sys.argv) > 5 else 512
torch.set_num_threads(2)
torch.manual_seed(1)
with torch.no_grad():
    network = PConvUNet(levels, width, widest).eval()
    x = F.interpolate(torch.rand(1, 3, side // 16, side // 16), size=(side, side), mode="bilinear")
    known = (F.interpolate(torch.rand(1, 1, side // 16, side // 16), size=(side, side), mode="bilinear") < 0.6).float()
    x = x * known
    result = network(x, known)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        network(x, known)
        times.append(time.perf_counter() - start)
safetensors_file.write(f"{folder}/pconv.safetensors", network.state_dict())
safetensors_file.write(f"{folder}/input.safetensors", {"x": x, "known": known})
safetensors_file.write(f"{folder}/output.safetensors", {"d0": result})
print(f"python pconv, {levels} levels of {width} at {side}: best {min(times):.4f} s, median {sorted(times)[5]:.4f} s; "
      f"{sum(p.numel() for p in network.parameters())} parameters, {1 - known.mean():.2f} hole, results from "
      f"{result.min():.2f} to {result.max():.2f}")
