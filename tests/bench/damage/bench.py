#!/usr/bin/python3
"""How well damage is found: painted over the pictures of the part `test`, against what scripts do with OpenCV.

usage: bench.py DAMAGE_CUES [KIND ...] [--sensitivity S] [--sheet FILE.png] [--pictures N]

precision: share of the found pixels that lie within 2 pixels of damage (masks not grown); recall: share of the visible
damage (over 25 grey levels; in brackets: over 60) with a found pixel within 2 pixels, which is what the mask as delivered
(grown by 2) covers; false area: share of clean pictures that is found, in percent. Rival: morphological top-hats of both
signs with the threshold that gives it the best F1 on these very pictures.
"""
import argparse, os, subprocess, sys, tempfile
import cv2, numpy as np
import paint

RIVAL = {'scratches': (9, (12, 18, 25, 35, 50)), 'dust': (11, (12, 18, 25, 35, 50)), 'text': (15, (18, 25, 35, 50, 70))}


def masks(program, kind, sensitivity, grow, files, folder):
    lines = '\n'.join(f'{f} {folder}/{i}.pgm' for i, f in enumerate(files))
    subprocess.run([program, kind, str(sensitivity), str(grow)], input=lines, text=True, check=True)
    return [cv2.imread(f'{folder}/{i}.pgm', 0) > 0 for i in range(len(files))]


def rival(rgb, kind, threshold):
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (RIVAL[kind][0],) * 2)
    return cv2.max(cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, element), cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, element)) > threshold


def near(mask): return cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))) > 0


def figures(found, painted, visible):
    """over all pictures: precision, recall for each of the visibilities, F1 with the first"""
    p = sum((f & near(q)).sum() for f, q in zip(found, painted)) / max(1, sum(f.sum() for f in found))
    r = [sum((m & near(f)).sum() for f, m in zip(found, masks)) / max(1, sum(m.sum() for m in masks)) for masks in visible]
    return p, r, 2 * p * r[0] / max(1e-9, p + r[0])


def report(name, found, painted, visible, sound):
    p, r, f1 = figures(found, painted, visible)
    shares = [f.mean() * 100 for f in sound]
    print(f'{name:10} precision {p:.3f} recall {r[0]:.3f} ({r[1]:.3f}) F1 {f1:.3f} '
          f'false area % median {np.median(shares):.3f} mean {np.mean(shares):.3f}', flush=True)


def overlay(rgb, found, painted):
    out = (rgb * .6 + 60).astype(np.uint8)
    out[found & near(painted)] = (0, 255, 0)
    out[found & ~near(painted)] = (255, 0, 0)
    out[painted & ~near(found)] = (0, 80, 255)
    return np.hstack([rgb, out])


def sheet(tiles, path):
    width = max(t.shape[1] for t in tiles)
    paint.write(path, np.vstack([np.pad(t, ((0, 4), (0, width - t.shape[1]), (0, 0))) for t in tiles]))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('program')
parser.add_argument('kinds', nargs='*')
parser.add_argument('--sensitivity', type=float, default=.5)
parser.add_argument('--pictures', type=int, default=1000)
parser.add_argument('--sheet')
a = parser.parse_args()
clean = paint.pictures('test')[:a.pictures]
with tempfile.TemporaryDirectory() as folder:
    for kind in a.kinds or ['scratches', 'dust', 'text']:
        rng, files, damaged, painted, visible = np.random.default_rng(11), [], [], [], ([], [])
        for i, path in enumerate(clean):
            d, p, change = paint.damage(paint.load(path), kind, rng)
            damaged.append(d), painted.append(p), visible[0].append(p & (change > 25)), visible[1].append(p & (change > 60))
            files.append(f'{folder}/{i}.png')
            paint.write(files[-1], d)
        run = lambda grow, names: masks(a.program, kind, a.sensitivity, grow, names, folder)
        found, sound = run(0, files), run(0, clean)
        report(kind, found, painted, visible, sound)
        best = max(RIVAL[kind][1], key=lambda t: figures([rival(d, kind, t) for d in damaged], painted, visible)[2])
        report('  top-hat', [rival(d, kind, best) for d in damaged], painted, visible, [rival(paint.load(c), kind, best) for c in clean])
        if a.sheet:
            order = np.argsort([-(f & ~near(q)).sum() for f, q in zip(found, painted)])
            pick = list(order[:3]) + list(range(0, len(clean), max(1, len(clean) // 9)))
            sheet([overlay(damaged[i], found[i], painted[i]) for i in pick], a.sheet.replace('.png', f'-{kind}.png'))
            pick = np.argsort([-s.sum() for s in sound])[:12]
            sheet([overlay(paint.load(clean[i]), sound[i], np.zeros_like(sound[i])) for i in pick], a.sheet.replace('.png', f'-{kind}-clean.png'))
