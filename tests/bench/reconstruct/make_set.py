#!/usr/bin/env python3
"""Pictures with free-form holes of about 10, 25 and 40 %, in turn: OUT/{images,masks}/NAME.png (white = hole).

usage: make_set.py OUT COUNT FOLDER [FOLDER ...]     COUNT pictures from each folder; short side at most 384
The strokes are those of the shared tool make_inpaint_set.py, without its blobs. Deterministic by the file's name.
"""
import glob
import os
import sys
import zlib

import cv2
import numpy as np


def strokes(rng, h, w, ratio):
    mask = np.zeros((h, w), np.uint8)
    while mask.mean() / 255 < ratio:
        x, y = rng.integers(0, w), rng.integers(0, h)
        angle = rng.uniform(0, 2 * np.pi)
        for _ in range(rng.integers(4, 12)):
            angle += rng.normal(0, .6)
            length, width = rng.integers(10, max(12, h // 8)), int(rng.integers(6, max(8, h // 24)))
            x2, y2 = int(x + length * np.cos(angle)), int(y + length * np.sin(angle))
            cv2.line(mask, (int(x), int(y)), (x2, y2), 255, width)
            cv2.circle(mask, (x2, y2), width // 2, 255, -1)
            x, y = np.clip(x2, 0, w - 1), np.clip(y2, 0, h - 1)
            if mask.mean() / 255 >= ratio:
                break
    return mask


def main(out, count, *folders):
    os.makedirs(out + '/images', exist_ok=True)
    os.makedirs(out + '/masks', exist_ok=True)
    number = 0
    for folder in folders:
        files = sorted(glob.glob(folder + '/**/*.jpg', recursive=True))
        for path in files[::max(1, len(files) // int(count))][:int(count)]:
            image = cv2.imread(path)
            scale = 384 / min(image.shape[:2])
            if scale < 1:
                image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            name = os.path.basename(os.path.normpath(folder)) + '_' + os.path.splitext(os.path.basename(path))[0]
            mask = strokes(np.random.default_rng(zlib.crc32(name.encode())), *image.shape[:2], (.1, .25, .4)[number % 3])
            number += 1
            cv2.imwrite(f'{out}/images/{name}.png', image)
            cv2.imwrite(f'{out}/masks/{name}.png', mask)


main(*sys.argv[1:])
