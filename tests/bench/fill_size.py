#!/usr/bin/python3
"""Wall time and peak memory of `inpaint inpaint` by size of picture and hole, plotted.

Usage: fill_size.py FOLDER_OF_JPEGS OUT.png [PROGRAM]      needs python3-opencv, python3-matplotlib, GNU time
Pictures are mosaics of photographs, scaled up, with noise, as JPEG; one elliptic hole in the middle; the whole command
is timed, decoding and encoding included, the best of three runs.
"""
import glob, os, subprocess, sys, tempfile
import cv2, numpy as np
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt

folder, out = sys.argv[1:3]
program = sys.argv[3] if len(sys.argv) > 3 else os.path.join(os.path.dirname(__file__), '../../build/release/inpaint')
tmp = tempfile.mkdtemp()
photos = [cv2.imread(f) for f in sorted(glob.glob(folder + '/*.jpg'))[:8]]
photos = [p if p.shape[1] > p.shape[0] else cv2.rotate(p, cv2.ROTATE_90_CLOCKWISE) for p in photos]
rng = np.random.default_rng(1)

def picture(megapixels):
    h = int((megapixels * 1e6 / 1.5) ** .5); w = int(1.5 * h)
    rows = [np.hstack([cv2.resize(photos[2 * j + i], (w // 2, h // 2), interpolation=cv2.INTER_CUBIC) for i in range(2)]) for j in range(2)]
    image = np.vstack(rows)
    noise = rng.normal(0, 4, (256, 256, 3))
    noise = np.tile(noise, (image.shape[0] // 256 + 1, image.shape[1] // 256 + 1, 1))[:image.shape[0], :image.shape[1]]
    cv2.imwrite(f'{tmp}/i.jpg', np.clip(image + noise, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return image.shape[:2]

def measure(shape, share):
    mask = np.zeros(shape, np.uint8)
    rx = int((shape[0] * shape[1] * share * 1.5 / np.pi) ** .5)
    cv2.ellipse(mask, (shape[1] // 2, shape[0] // 2), (rx, int(rx / 1.5)), 20, 0, 360, 255, -1)
    cv2.imwrite(f'{tmp}/m.png', mask)
    best, memory = 1e9, 0
    for _ in range(3):
        r = subprocess.run(['/usr/bin/time', '-f', '%e %M', program, 'inpaint', f'{tmp}/i.jpg', '--mask', f'{tmp}/m.png',
                            '-o', f'{tmp}/o.jpg', '-q'], capture_output=True, text=True, check=True)
        seconds, kilobytes = r.stderr.split()[-2:]
        best, memory = min(best, float(seconds)), max(memory, int(kilobytes) / 1024)
    return best, memory

sizes, shares = (.25, .5, 1, 2, 4, 8, 12, 24, 48), (.02, .05, .1, .25)
time = {s: [] for s in shares}; peak = {s: [] for s in shares}
for size in sizes:
    shape = picture(size)
    for share in shares:
        seconds, megabytes = measure(shape, share)
        time[share].append(seconds); peak[share].append(megabytes)
        print(f'{size} MP, hole {share:.0%}: {seconds:.2f} s, {megabytes:.0f} MB', flush=True)
figure, axes = plt.subplots(1, 2, figsize=(11, 4.2))
for axis, values, label in ((axes[0], time, 'seconds, whole command, two cores'), (axes[1], peak, 'peak memory, MB')):
    for share in shares:
        axis.plot(sizes, values[share], marker='o', label=f'hole {share:.0%}')
    axis.set_xscale('log'); axis.set_yscale('log'); axis.set_xlabel('megapixels'); axis.set_ylabel(label)
    axis.grid(True, which='both', alpha=.3); axis.legend()
    axis.set_xticks(sizes); axis.set_xticklabels([f'{s:g}' for s in sizes]); axis.minorticks_off()
figure.tight_layout(); figure.savefig(out, dpi=90)
