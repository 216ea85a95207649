#!/usr/bin/env python3
"""Seconds per training step of a partial-convolution U-Net written naively: a mask per channel, a second convolution
for its sums. The rival of step_speed.

usage: naive_step.py SIZE BATCH STEPS WIDTH LEVELS      2 threads; prints forward, forward and backward, and
whole steps (with Adam)
"""
import sys
import time

import torch
import torch.nn.functional as F


class PartialConv(torch.nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, norm, slope):
        super().__init__()
        self.conv = torch.nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=not norm)
        self.norm = torch.nn.BatchNorm2d(outputs) if norm else None
        self.ones = torch.ones(outputs, inputs, kernel, kernel)
        self.slope = slope

    def forward(self, x, mask):
        with torch.no_grad():
            counts = F.conv2d(mask, self.ones, stride=self.conv.stride, padding=self.conv.padding)
            known = counts.clamp(0, 1)
            ratio = self.ones[0].numel() / (counts + 1e-8) * known
        raw = self.conv(x * mask)
        if self.conv.bias is None:
            y = raw * ratio
        else:
            bias = self.conv.bias.view(1, -1, 1, 1)
            y = ((raw - bias) * ratio + bias) * known
        if self.norm is not None:
            y = self.norm(y)
        return (F.leaky_relu(y, self.slope) if self.slope < 1 else y), known


class Net(torch.nn.Module):
    def __init__(self, width, levels):
        super().__init__()
        channels = [3] + [width * min(2 ** i, 8) for i in range(levels)]
        kernels = [7, 5, 5] + [3] * levels
        self.encoders = torch.nn.ModuleList(
            PartialConv(channels[i], channels[i + 1], kernels[i], 2, i > 0, 0.) for i in range(levels))
        self.decoders = torch.nn.ModuleList(
            PartialConv(channels[i + 1] + channels[i], channels[i], 3, 1, i > 0, .2 if i else 1.)
            for i in reversed(range(levels)))

    def forward(self, x, mask):
        skips = [(x, mask)]
        for layer in self.encoders:
            x, mask = layer(x, mask)
            skips.append((x, mask))
        skips.pop()
        for layer in self.decoders:
            side, side_mask = skips.pop()
            x = torch.cat([F.interpolate(x, scale_factor=2), side], 1)
            mask = torch.cat([F.interpolate(mask, scale_factor=2), side_mask], 1)
            x, mask = layer(x, mask)
        return x


size, batch, steps, width, levels = map(int, sys.argv[1:])
torch.set_num_threads(2)
net = Net(width, levels)
adam = torch.optim.Adam(net.parameters(), 1e-4)
truth = torch.rand(batch, 3, size, size)
known = (torch.arange(size) % 64 >= 20).float().expand(batch, 3, size, size).contiguous()
for _ in range(steps):
    begin = time.time()
    difference = (net(truth * known, known) - truth).abs()
    loss = 6 * (difference * (1 - known)).mean() + (difference * known).mean()
    forward = time.time() - begin
    adam.zero_grad()
    loss.backward()
    backward = time.time() - begin
    adam.step()
    print(f'forward {forward:.3f} s, with backward {backward:.3f} s, step {time.time() - begin:.3f} s')
