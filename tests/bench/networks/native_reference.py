"""Exports U^2-Net and U^2-NetP with hashed weights, what Python makes of an input, and how long it takes.

Usage: native_reference.py FOLDER u2net|u2netp SIDE [planes]
Writes FOLDER/NAME.safetensors, input.safetensors (x), output.safetensors (d0 to d6); prints the best and the median
seconds of 10 runs with 2 threads.
"""
import sys
import time

import torch

import hashed
import safetensors_file
from u2net import U2Net

folder, name, side = sys.argv[1], sys.argv[2], int(sys.argv[3])
planes = int(sys.argv[4]) if len(sys.argv) > 4 else 1
torch.set_num_threads(2)
with torch.no_grad():
    network = hashed.fill(U2Net(name == "u2netp", planes))
    x = hashed.hashed_tensor((1, 3, side, side), 0)
    x = torch.nn.functional.interpolate(x, scale_factor=0.05, mode="area")
    x = 4 * torch.nn.functional.interpolate(x, size=(side, side), mode="bilinear", align_corners=False)
    outputs = network(x)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        network(x)
        times.append(time.perf_counter() - start)
safetensors_file.write(f"{folder}/{name}.safetensors", network.state_dict())
safetensors_file.write(f"{folder}/input.safetensors", {"x": x})
safetensors_file.write(f"{folder}/output.safetensors", {f"d{i}": d for i, d in enumerate(outputs)})
d0 = outputs[0]
print(f"python {name}: best {min(times):.4f} s, median {sorted(times)[5]:.4f} s; d0 from {d0.min():.3f} to {d0.max():.3f}, "
      f"standard deviation {d0.std():.3f}")
