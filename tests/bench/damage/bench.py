#!/usr/bin/python3
"""How well damage is found: painted over the pictures of the part `test`, against what scripts do with OpenCV.

usage: bench.py DAMAGE_CUES [KIND ...] [--sensitivity S] [--sheet FILE.png] [--pictures N]

precision: share of the found pixels that lie within 2 pixels of damage (masks not grown); recall: share of the visible
damage (over 25 grey levels) with a found pixel within 2 pixels; covered: share of it under the mask as it is delivered
(grown by 2); false area: of the found pixels in clean pictures, median and mean. Rival: morphological top-hats of both
signs with the threshold that gives it the best mean F1 on these very pictures.
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
    """sums over all pictures: precision, recall, F1"""
    right = sum((f & near(p)).sum() for f, p in zip(found, painted))
    hit = sum((v & near(f)).sum() for f, v in zip(found, visible))
    p, r = right / max(1, sum(f.sum() for f in found)), hit / max(1, sum(v.sum() for v in visible))
    return p, r, 2 * p * r / max(1e-9, p + r)


def false_area(found):
    shares = [f.mean() * 100 for f in found]
    return f'{np.median(shares):.3f} {np.mean(shares):.3f}'


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
        rng, files, damaged, painted, visible = np.random.default_rng(11), [], [], [], []
        for i, path in enumerate(clean):
            d, p, v = paint.damage(paint.load(path), kind, rng)
            damaged.append(d), painted.append(p), visible.append(v)
            files.append(f'{folder}/{i}.png')
            paint.write(files[-1], d)
        run = lambda grow, names: masks(a.program, kind, a.sensitivity, grow, names, folder)
        found, grown, sound = run(0, files), run(2, files), run(0, clean)
        covered = sum((v & g).sum() for v, g in zip(visible, grown)) / sum(v.sum() for v in visible)
        everything = figures(masks(a.program, kind, 1, 0, files, folder), painted, visible)[1]
        p, r, f1 = figures(found, painted, visible)
        print(f'{kind:10} precision {p:.3f} recall {r:.3f} F1 {f1:.3f} covered {covered:.3f} false area % (median mean) {false_area(sound)}'
              f'   (recall of all candidates {everything:.3f})', flush=True)
        best = max(RIVAL[kind][1], key=lambda t: figures([rival(d, kind, t) for d in damaged], painted, visible)[2])
        p, r, f1 = figures([rival(d, kind, best) for d in damaged], painted, visible)
        print(f'  top-hat  precision {p:.3f} recall {r:.3f} F1 {f1:.3f} false area % (median mean) '
              f'{false_area([rival(paint.load(c), kind, best) for c in clean])}', flush=True)
        if a.sheet:
            order = np.argsort([-(f & ~near(q)).sum() for f, q in zip(found, painted)])
            pick = list(order[:3]) + list(range(0, len(clean), max(1, len(clean) // 9)))
            sheet([overlay(damaged[i], found[i], painted[i]) for i in pick], a.sheet.replace('.png', f'-{kind}.png'))
            pick = np.argsort([-s.sum() for s in sound])[:12]
            sheet([overlay(paint.load(clean[i]), sound[i], np.zeros_like(sound[i])) for i in pick], a.sheet.replace('.png', f'-{kind}-clean.png'))
