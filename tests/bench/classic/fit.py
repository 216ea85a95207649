#!/usr/bin/env python3
"""Fits the trees of the model `classic` to cues and writes lib/classic/segment/subject/trees_data.cpp.

usage: fit.py TABLE ... [--out FILE]    each TABLE: what `classic_cues SCENES TABLE` wrote (see classic_cues.cpp)

Gradient boosting (scikit-learn's HistGradientBoostingClassifier) on superpixels weighted by area; a superpixel counts
as subject if most of it is. Scenes without a subject (clean plates) keep it from inventing one. Without --out: five-fold cross-validation by scene, prints the mean IoU over superpixels.
"""
import argparse, sys
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

HEAD = '''// Written by tests/bench/classic/fit.py; not to be edited.
#include "classic/segment/subject/trees_data_private.h"

namespace inpaint::subject {

// clang-format off
'''

def read(path):
    columns = int(open(path + '.txt').read())
    return np.fromfile(path + '.bin', 'f4').reshape(-1, columns)

def fit(rows):
    model = HistGradientBoostingClassifier(max_iter=100, learning_rate=.1, max_leaf_nodes=16, min_samples_leaf=80,
                                           l2_regularization=10, random_state=1)
    weight = rows[:, 2] * np.where(has_subject(rows), 1, .1)   # more weight makes it overlook faint subjects
    return model.fit(rows[:, 3:], rows[:, 1] > .5, sample_weight=weight / weight.mean())

def has_subject(rows):
    scenes = np.unique(rows[rows[:, 1] > .5, 0])
    return np.isin(rows[:, 0], scenes)

def iou(rows, probability):
    out = []
    for scene in np.unique(rows[has_subject(rows), 0]):
        here = rows[:, 0] == scene
        subject, area, found = (rows[here, 1] * rows[here, 2]), rows[here, 2], probability[here] > .5
        out.append(subject[found].sum() / max(1, subject.sum() + (area[found] - subject[found]).sum()))
    return np.mean(out)

def cross_validate(rows, folds=5):
    probability, fold = np.zeros(len(rows)), rows[:, 0].astype(int) % folds
    for k in range(folds):
        probability[fold == k] = fit(rows[fold != k]).predict_proba(rows[fold == k, 3:])[:, 1]
    return iou(rows, probability)

def write(model, path):
    trees = [t[0].nodes for t in model._predictors]
    starts, text = [0], []
    for nodes in trees:
        for i, n in enumerate(nodes):
            if n['is_leaf']: text.append(f"{{-1,{n['value']:.5g}f,0}}")
            else:
                assert n['left'] == i + 1
                text.append(f"{{{n['feature_idx']},{n['num_threshold']:.6g}f,{n['right']}}}")
        starts.append(len(text))
    number = lambda s: s if '.' in s or 'e' in s else s.replace('f', '.0f')
    text = [','.join(number(p) if p.endswith('f') else p for p in t.split(',')) for t in text]
    wrap = lambda items, k: ',\n'.join('  ' + ', '.join(items[i:i + k]) for i in range(0, len(items), k))
    base = float(np.ravel(model._baseline_prediction)[0])
    with open(path, 'w') as f:
        f.write(HEAD + f'const float tree_base = {base:.6g}f;\nconst int tree_count = {len(trees)};\n')
        f.write('const int tree_starts[] = {\n' + wrap([str(s) for s in starts[:-1]], 20) + '};\n')
        f.write('const TreeNode tree_nodes[] = {\n' + wrap(text, 5) + '};\n// clang-format on\n\n}  // namespace inpaint::subject\n')

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('tables', nargs='+')
parser.add_argument('--out')
arguments = parser.parse_args()
rows = np.vstack([read(t) for t in arguments.tables])
if arguments.out: write(fit(rows), arguments.out)
else: print(f'{len(np.unique(rows[:, 0]))} scenes, mean IoU {cross_validate(rows):.4f}')
