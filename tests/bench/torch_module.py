#!/usr/bin/env python3
"""The torch module against Python's torch: same networks, same inputs, same run, same number of threads.

    OMP_WAIT_POLICY=passive tests/bench/torch_module.py BUILD/torch_bench [--threads 2] [--repeats 5] [--only NAME]

Per network and precision: time of a call, eager Python and the module taking turns (the least of --repeats each), with
the CPU time of both threads in brackets, which other work on the machine disturbs less; the ratio; the largest difference of
any output.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

import numpy
import torch

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "networks"))
import lama  # noqa: E402
import u2net  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("bench")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--only", default="")
parser.add_argument("--precisions", default="fp32,bf16,auto")
options = parser.parse_args()
torch.set_num_threads(options.threads)
folder = tempfile.mkdtemp()


def saved_script(network, name, shapes):
    path = f"{folder}/{name}.pt"
    with torch.no_grad():
        torch.jit.trace(network, tuple(torch.rand(shape) for shape in shapes)).save(path)
    return path


def saved_weights(network, name):
    torch.save(network.state_dict(), f"{folder}/{name}.pth")
    path = f"{folder}/{name}.safetensors"
    subprocess.run([sys.executable, f"{here}/../../examples/convert_weights.py", f"{folder}/{name}.pth", path],
                   check=True, stdout=subprocess.DEVNULL)
    return path


def eager(network, inputs):
    with torch.inference_mode():
        start, cpu = time.perf_counter(), time.process_time()
        out = network(*inputs)
        return time.perf_counter() - start, time.process_time() - cpu, out


def module(path, shapes, precision, architecture, repeats):
    text = ",".join("x".join(map(str, shape)) for shape in shapes)
    run = subprocess.run([options.bench, path, "--device", "cpu", "--shapes", text, "--precision", precision,
                          "--threads", str(options.threads), "--repeats", str(repeats), "--dump", folder,
                          "--no-reference"] + (["--architecture", architecture] if architecture else []),
                         capture_output=True, text=True)
    if run.returncode:
        return run.stderr.strip(), 0, 0
    wall, cpu = re.search(r"least ([\d.]+)", run.stdout), re.search(r"least CPU ([\d.]+)", run.stdout)
    return re.search(r"on cpu, (.*)", run.stdout)[1], float(wall[1]) / 1e3, float(cpu[1]) / 1e3


def compare(name, network, shapes, path, architecture):
    for precision in options.precisions.split(","):
        module(path, shapes, precision, architecture, 1)  # measures once how to run it, and writes the inputs
        inputs = [torch.from_numpy(numpy.fromfile(f"{folder}/in{i}.f32", numpy.float32)).view(shape)
                  for i, shape in enumerate(shapes)] if os.path.exists(f"{folder}/in0.f32") else None
        ours, theirs = [], []
        for _ in range(options.repeats):
            told, wall, cpu = module(path, shapes, precision, architecture, 1)
            if not wall:
                break
            ours.append((wall, cpu))
            theirs.append(eager(network, inputs))
        if not ours:
            print(f"{name} {precision}: {told}")
            continue
        out = theirs[-1][2]
        out = out if isinstance(out, tuple) else (out,)
        found = [numpy.fromfile(f"{folder}/out{i}.f32", numpy.float32) for i in range(len(out))]
        error = max(numpy.abs(a - b.numpy().ravel()).max() for a, b in zip(found, out))
        squares = numpy.mean((found[0] - out[0].numpy().ravel()) ** 2)
        wall, cpu = min(w for w, _ in ours), min(c for _, c in ours)
        their_wall, their_cpu = min(t[0] for t in theirs), min(t[1] for t in theirs)
        print(f"{name} {precision}: Python {their_wall:.2f} s ({their_cpu:.2f}), module {wall:.2f} s ({cpu:.2f}), "
              f"ratio {their_wall / wall:.2f} ({their_cpu / cpu:.2f}); largest difference {error:.1e}, "
              f"PSNR to fp32 {-10 * numpy.log10(squares + 1e-20):.0f} dB; {told}", flush=True)


def seeded_u2net(small):
    torch.manual_seed(0)
    return lama.calibrated(u2net.U2Net(small), lama.painted(4, 3, 160, 160))


small, large, big = seeded_u2net(True), seeded_u2net(False), lama.build()
square = [(1, 3, 320, 320)]
pictures = [(1, 3, 512, 512), (1, 1, 512, 512)]
for name, network, shapes, architecture in [("u2netp-script", small, square, ""), ("u2net-script", large, square, ""),
                                            ("u2netp", small, square, "u2netp"), ("u2net", large, square, "u2net"),
                                            ("big-lama", big, pictures, "")]:
    if options.only and options.only != name:
        continue
    path = saved_weights(network, name) if architecture else saved_script(network, name, shapes)
    compare(name, network, shapes, path, architecture)
