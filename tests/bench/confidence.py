#!/usr/bin/env python3
"""What the confidence of cut-outs is worth: confidence.py SCENES RESULTS JSONL

SCENES holds N.alpha.png and N.json, RESULTS N.png (RGBA), JSONL the lines of `inpaint remove-bg --json`.
"""
import json, os, sys
import cv2, numpy as np

scenes, results, lines = sys.argv[1:4]
confidence, iou, studio = [], [], []
for line in open(lines):
    told = json.loads(line)
    if told.get('status') != 'done': continue
    n = os.path.basename(told['input'])[:-len('.jpg')]
    truth = cv2.imread(f'{scenes}/{n}.alpha.png', 0) > 127
    found = cv2.imread(f'{results}/{n}.png', cv2.IMREAD_UNCHANGED)[..., 3] > 127
    iou.append((truth & found).sum() / max(1, (truth | found).sum()))
    confidence.append(told['facts']['confidence'])
    studio.append(json.load(open(f'{scenes}/{n}.json'))['background'] in ('sweep', 'gradient'))
iou, confidence, studio = np.array(iou), np.array(confidence), np.array(studio)
order = np.argsort(-confidence, kind='stable'); half = len(order) // 2; bad = iou < .7
print(f'studio backgrounds: IoU {iou[studio].mean():.4f} ({studio.sum()} scenes), others {iou[~studio].mean():.4f}')
print(f'IoU of the surer half {iou[order[:half]].mean():.3f}, of the other {iou[order[half:]].mean():.3f}')
print(f'below 0.5: {(confidence[bad] < .5).mean():.0%} of scenes with IoU < 0.7, {(confidence[~bad] < .5).mean():.0%} of the rest')
