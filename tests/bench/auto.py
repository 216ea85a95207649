#!/usr/bin/python3
"""What the rule of `--model auto` (lib/classic/fill/automatic.cpp) rests on: PSNR in the hole, in dB, of patch, navier-stokes,
telea and auto, for scratches of 1 to 14 pixels by strength of texture, and for smooth surfaces.

Usage: auto.py FOLDER_OF_JPEGS [PROGRAM]      needs python3-opencv; at most 40 pictures of the folder (searched recursively)
"""
import glob, os, subprocess, sys, tempfile
import cv2, numpy as np

folder = sys.argv[1]
program = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(__file__), '../../build/release/inpaint')
models = ('patch', 'navier-stokes', 'telea', 'auto')
tmp = tempfile.mkdtemp()

def texture(image, mask):
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    step = np.abs(np.diff(grey, axis=1, append=grey[:, -1:])) + np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    rim = (cv2.dilate(mask, np.ones((17, 17), np.uint8)) > 0) & (cv2.dilate(mask, np.ones((3, 3), np.uint8)) == 0)
    return step[rim].mean()

def scratches(shape, width, seed):
    rng = np.random.default_rng(seed); h, w = shape; mask = np.zeros((h, w), np.uint8)
    while (mask > 0).mean() < .03 + .004 * width:
        p, angle = rng.integers(0, [w, h]), rng.uniform(0, 2 * np.pi)
        for _ in range(12):
            angle += rng.normal(0, .3)
            q = p + (rng.uniform(10, 30) * np.array([np.cos(angle), np.sin(angle)])).astype(int)
            cv2.line(mask, tuple(map(int, p)), tuple(map(int, q)), 255, width); p = q
    return mask

def run(name, pairs):
    """PSNR in the hole by model, and the texture around it, of each (image, mask)."""
    for kind in ('images', 'masks'): os.makedirs(f'{tmp}/{name}/{kind}')
    for i, (image, mask) in enumerate(pairs):
        cv2.imwrite(f'{tmp}/{name}/images/{i:03d}.png', image); cv2.imwrite(f'{tmp}/{name}/masks/{i:03d}.png', mask)
    result = {}
    for model in models:
        out = f'{tmp}/{name}/{model}'
        subprocess.run([program, 'inpaint', f'{tmp}/{name}/images', '--mask', f'{tmp}/{name}/masks', '-o', out, '--model', model, '-q'], check=True)
        filled = [cv2.imread(f'{out}/{i:03d}.png').astype(float) for i in range(len(pairs))]
        result[model] = np.array([10 * np.log10(65025 / max(1e-2, ((f - g)[m > 0] ** 2).mean())) for f, (g, m) in zip(filled, pairs)])
    return result, np.array([texture(g, m) for g, m in pairs])

photos = []
files = sorted(glob.glob(folder + '/**/*.jpg', recursive=True))
for f in files[::max(1, len(files) // 40)][:40]:
    image = cv2.imread(f); scale = min(1, 384 / min(image.shape[:2]))
    photos.append(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
for width in (1, 2, 3, 4, 6, 9, 14):
    result, strength = run(f'scratch{width}', [(p, scratches(p.shape[:2], width, i)) for i, p in enumerate(photos)])
    gain = result['patch'] - result['navier-stokes']; order = np.argsort(strength); quarter = max(1, len(order) // 4)
    parts = [order[i * quarter:(i + 1) * quarter] for i in range(4)]
    print(f'scratches of {width:2d} px: ' + ', '.join(f'{m} {result[m].mean():.2f}' for m in models) +
          ';  patch less navier-stokes by texture: ' + ', '.join(f'{strength[p].mean():.0f}: {gain[p].mean():+.2f}' for p in parts), flush=True)

h, w = 400, 600; y, x = np.mgrid[:h, :w].astype(np.float32); rng = np.random.default_rng(3)
surfaces = {'slope': np.stack([120 + 80 * x / w + 20 * y / h, 140 + 60 * x / w, 170 + 40 * y / h], 2),
            'vignette': np.stack([235 - 70 * ((x - 300) ** 2 + (y - 180) ** 2) / 90000] * 3, 2),
            'paper': np.stack([250 - 6 * x / w] * 3, 2)}
holes = {'disc of 140 px': lambda m: cv2.circle(m, (280, 200), 70, 255, -1), 'at the border': lambda m: cv2.rectangle(m, (480, 0), (600, 160), 255, -1),
         'line of 5 px': lambda m: cv2.line(m, (50, 80), (560, 330), 255, 5)}
for noise in (0, 1.5, 4):
    for name, draw in holes.items():
        pairs = []
        for surface in surfaces.values():
            mask = np.zeros((h, w), np.uint8); draw(mask)
            pairs.append((np.clip(surface + rng.normal(0, noise, surface.shape), 0, 255).round().astype(np.uint8), mask))
        result, _ = run(f'smooth{noise}{name}', pairs)
        print(f'smooth, noise {noise}, {name}: ' + '; '.join(f'{m} ' + '/'.join(f'{v:.1f}' for v in result[m]) for m in models) + f'  ({"/".join(surfaces)})', flush=True)
