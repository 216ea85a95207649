#!/usr/bin/python3
"""Fits the weights of lib/classic/mask/damage/judge.cpp. Usage: fit.py DAMAGE_CUES KIND [ROUNDS]; prints C++."""
import os, subprocess, sys, tempfile
import numpy as np
import paint

program, kind = sys.argv[1:3]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
rng = np.random.default_rng(7)
with tempfile.TemporaryDirectory() as folder:
    lines = []
    for i, path in enumerate(paint.pictures('fit') * rounds):
        picture = paint.load(path)
        lines.append(f'{path} -')
        damaged, painted, _ = paint.damage(picture, kind, rng)
        import cv2
        name = f'{folder}/{i}'
        paint.write(name + '.png', damaged)
        paint.write(name + '.truth.png', cv2.dilate(painted.astype(np.uint8) * 255, np.ones((3, 3), np.uint8)))
        lines.append(f'{name}.png {name}.truth.png')
    table = subprocess.run([program, kind], input='\n'.join(lines), capture_output=True, text=True, check=True).stdout
rows = np.array([[float(v) for v in line.split()] for line in table.splitlines()])
np.save(f'/tmp/damage_{kind}.npy', rows)
