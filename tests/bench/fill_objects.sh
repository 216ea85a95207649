#!/usr/bin/env bash
# Removes the product from COUNT scenes of SHARED/data/products (mask: alpha grown by 12 px; truth: the clean plate) by
# `patch`, `auto` and the rivals: PSNR, SSIM, L1, SWD against the plate.
# Usage: tests/bench/fill_objects.sh SHARED OUT [COUNT [RIVAL ...]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); program=${INPAINT:-$here/../../build/release/inpaint}
shared=$1; out=$2; count=${3:-20}; shift $(($# < 3 ? $# : 3))
rivals=("$@"); [ ${#rivals[@]} -gt 0 ] || rivals=(telea ns gmic_matchpatch shiftmap)
python=/usr/bin/python3
rm -rf "$out/set" "$out/seen"; mkdir -p "$out/set/images" "$out/set/masks" "$out/seen/images"
# set/images: the truth to score against; seen/images: the scenes with their products, which the methods are given.
"$python" - "$shared/data/products" "$out" "$count" <<'P'
import glob, os, sys
import cv2, numpy as np
scenes, out, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
names = sorted((os.path.basename(f)[:-5] for f in glob.glob(scenes + '/*.json')), key=lambda n: int(n))
small = [n for n in names if (cv2.imread(f'{scenes}/{n}.alpha.png', 0) > 0).mean() < .35]
for n in small[::max(1, len(small) // count)][:count]:
    alpha = cv2.imread(f'{scenes}/{n}.alpha.png', 0)
    mask = cv2.dilate((alpha > 0).astype(np.uint8) * 255, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25)))
    cv2.imwrite(f'{out}/set/masks/{n}.png', mask)
    cv2.imwrite(f'{out}/set/images/{n}.png', cv2.imread(f'{scenes}/{n}.plate.jpg'))
    cv2.imwrite(f'{out}/seen/images/{n}.png', cv2.imread(f'{scenes}/{n}.jpg'))
P
ln -sfn ../set/masks "$out/seen/masks"
for model in patch auto; do
  "$program" inpaint "$out/seen/images" --mask "$out/seen/masks" -o "$out/$model" --model "$model" --redo -q
done
"$python" "$shared/tools/inpaint_peers.py" "$out/seen" "$out" "${rivals[@]}"
for method in patch auto "${rivals[@]}"; do "$python" "$shared/tools/score_inpaint.py" "$out/set" "$out/$method" "$method"; done
"$python" "$here/contact_sheet.py" "$out/set" "$out/sheet.jpg" "$out/patch" "${rivals[@]/#/$out/}"
