#!/usr/bin/python3
"""Fits the trees that judge candidates and writes lib/classic/mask/damage/KIND_trees.cpp.

usage: fit.py DAMAGE_CUES KIND [--rounds N]    DAMAGE_CUES: the program of damage_cues.cpp; KIND: scratches, dust, letters, then text

Damage is painted (paint.py) over the pictures of the part `fit`; the same pictures without damage teach what is content.
Gradient boosting (scikit-learn) on candidates weighted by the root of their area.
"""
import argparse, os, subprocess, tempfile
import cv2, numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
import paint


def candidates(program, kind, rounds):
    # Lines of text are fitted to probabilities of letters, which are honest on pictures that those have not seen only.
    part = {'letters': slice(0, None, 2), 'text': slice(1, None, 2)}.get(kind, slice(None))
    pictures = paint.pictures('fit')[part]
    rng, lines = np.random.default_rng(7), [f'{path} -' for path in paint.pictures('sound')[part]]
    with tempfile.TemporaryDirectory() as folder:
        for i, texture in enumerate(paint.textures(rng, 84)):
            paint.write(f'{folder}/texture{i}.png', texture)
            lines.append(f'{folder}/texture{i}.png -')
        for i, path in enumerate(pictures * rounds):
            name = f'{folder}/{i}'
            damaged, painted, _ = paint.damage(paint.load(path), 'text' if kind == 'letters' else kind, rng)
            paint.write(name + '.png', damaged)
            paint.write(name + '.truth.png', cv2.dilate(painted.astype(np.uint8) * 255, np.ones((3, 3), np.uint8)))
            lines += ([f'{path} -'] if i < len(pictures) else []) + [f'{name}.png {name}.truth.png']
        table = subprocess.run([program, kind], input='\n'.join(lines), capture_output=True, text=True, check=True).stdout
    return np.array([[float(v) for v in line.split()] for line in table.splitlines()])


# How much more it weighs to overlook damage than to take content for it. Set so that at a sensitivity of 0.5 the median
# sound picture of bench.py stays (nearly) free of finds.
OVERLOOKED = {'scratches': 2, 'dust': 4, 'letters': 1, 'text': 1}
SHIFT = {'text': -1.386}  # to the log-odds, for the same end


def fit(rows, kind):
    rows = rows[(rows[:, 2] > .6) | (rows[:, 2] < .3)]  # what lies between teaches nothing
    model = HistGradientBoostingClassifier(max_iter=130, learning_rate=.1, max_leaf_nodes=12, min_samples_leaf=30,
                                           l2_regularization=10, random_state=1)
    weight = np.sqrt(rows[:, 1]) * np.where(rows[:, 2] > .5, OVERLOOKED[kind], 1)
    return model.fit(rows[:, 3:], rows[:, 2] > .5, sample_weight=weight)


def write(model, kind, path):
    starts, text = [0], []
    number = lambda v: (lambda s: s if '.' in s or 'e' in s else s + '.0')(f'{v:.6g}') + 'f'
    for nodes in [t[0].nodes for t in model._predictors]:
        for i, n in enumerate(nodes):
            assert n['is_leaf'] or n['left'] == i + 1
            text.append(f"{{-1,{number(n['value'])},0}}" if n['is_leaf'] else
                        f"{{{n['feature_idx']},{number(n['num_threshold'])},{n['right']}}}")
        starts.append(len(text))
    wrap = lambda items, k: ',\n'.join('  ' + ', '.join(items[i:i + k]) for i in range(0, len(items), k))
    with open(path, 'w') as f:
        f.write('// Written by tests/bench/damage/fit.py; not to be edited.\n#include "classic/mask/damage/trees_private.h"\n\n'
                'namespace inpaint::damage {\nnamespace {\n\n// clang-format off\nconst int starts[] = {\n'
                + wrap([str(s) for s in starts[:-1]], 20) + '};\nconst TreeNode nodes[] = {\n' + wrap(text, 5)
                + '};\n// clang-format on\n\n}  // namespace\n\n'
                f'const Trees {kind}_trees{{{number(float(np.ravel(model._baseline_prediction)[0]) + SHIFT.get(kind, 0))}, {len(starts) - 1}, starts, nodes}};\n\n'
                '}  // namespace inpaint::damage\n')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('kind', choices=['scratches', 'dust', 'letters', 'text'])
    parser.add_argument('--rounds', type=int, default=1)
    a = parser.parse_args()
    rows = candidates(a.program, a.kind, a.rounds)
    write(fit(rows, a.kind), a.kind, os.path.dirname(os.path.abspath(__file__)) + f'/../../../lib/classic/mask/damage/{a.kind}_trees.cpp')
