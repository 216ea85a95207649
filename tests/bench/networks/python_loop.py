#!/usr/bin/env python3
"""The straightforward loop that a script would write: load, resize to 320, network, resize back, save with alpha.

Usage: python_loop.py WEIGHTS.pth IN_DIR OUT_DIR [--large] [--threads 2]
Prints pictures per second. Needs Debian's python3-torch, python3-numpy, python3-pil.
"""
import argparse
import pathlib
import time

import numpy as np
import torch
from PIL import Image

from u2net import U2Net


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("pictures")
    parser.add_argument("out")
    parser.add_argument("--large", action="store_true", help="U2Net instead of U2NetP")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    net = U2Net(small=not options.large).eval()
    net.load_state_dict(torch.load(options.weights))
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    start, count = time.time(), 0
    for path in sorted(pathlib.Path(options.pictures).iterdir()):
        picture = Image.open(path).convert("RGB")
        small = np.asarray(picture.resize((320, 320), Image.LANCZOS), np.float32)
        small = (small / max(small.max(), 1e-6) - mean) / std
        with torch.no_grad():
            matte = net(torch.from_numpy(small.transpose(2, 0, 1)[None]))[0][0, 0].numpy()
        matte = (matte - matte.min()) / (matte.max() - matte.min())
        alpha = Image.fromarray((matte * 255).astype(np.uint8)).resize(picture.size, Image.LANCZOS)
        picture.putalpha(alpha)
        picture.save(out / (path.stem + ".png"))
        count += 1
    seconds = time.time() - start
    print(f"python: {count} pictures in {seconds:.2f} s, {count / seconds:.2f} pictures/s")


if __name__ == "__main__":
    main()
