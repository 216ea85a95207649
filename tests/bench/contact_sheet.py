#!/usr/bin/python3
"""One row per picture of SET (images/, masks/): truth, hole, then each result folder. Usage: contact_sheet.py SET OUT.jpg FOLDER ..."""
import glob, os, sys
import cv2, numpy as np

s, out, *folders = sys.argv[1:]
rows = []
for f in sorted(glob.glob(s + '/images/*.png')):
    n = os.path.basename(f)
    truth, mask = cv2.imread(f), cv2.imread(f'{s}/masks/{n}', 0)
    holed = truth.copy()
    holed[mask > 127] = (255, 0, 255)
    tiles = [truth, holed] + [cv2.imread(f'{d}/{n}') for d in folders]
    scale = 300 / truth.shape[1]
    tiles = [np.zeros_like(truth) if t is None else t for t in tiles]
    row = np.hstack([cv2.resize(t, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for t in tiles])
    cv2.putText(row, n[:30], (4, 14), 0, .45, (0, 0, 255), 1)
    rows.append(row)
head = np.full((24, rows[0].shape[1], 3), 255, np.uint8)
for i, name in enumerate(['truth', 'hole'] + [os.path.basename(d) for d in folders]):
    cv2.putText(head, name, (i * 300 + 4, 17), 0, .5, (0, 0, 0), 1)
cv2.imwrite(out, np.vstack([head] + rows), [cv2.IMWRITE_JPEG_QUALITY, 88])
