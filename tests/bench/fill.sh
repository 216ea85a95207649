#!/usr/bin/env bash
# Fills SHARED/data/inpaint by `patch` and by the rivals in the same run: seconds per picture, PSNR, SSIM, L1 in the hole,
# SWD. Leaves the results in OUT and a contact sheet of all of them in OUT/sheet.jpg.
# Usage: tests/bench/fill.sh SHARED OUT [RIVAL ...]
#   RIVAL: telea ns gmic_matchpatch shiftmap (default: all); needs python3-opencv, python3-skimage, gmic, bc
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); program=${INPAINT:-$here/../../build/release/inpaint}
shared=$1; out=$2; shift 2; rivals=("$@"); [ ${#rivals[@]} -gt 0 ] || rivals=(telea ns gmic_matchpatch shiftmap)
python=/usr/bin/python3; set=$shared/data/inpaint
count=$(find "$set/images" -name '*.png' | wc -l)
for model in patch patch-fast patch-best auto; do
  flags=(--model "${model%%-*}"); [ "$model" = "${model#*-}" ] || flags+=(--effort "${model#*-}")
  start=$(date +%s.%N)
  "$program" inpaint "$set/images" --mask "$set/masks" -o "$out/$model" "${flags[@]}" --redo -q
  echo "$model: $(echo "scale=3; ($(date +%s.%N) - $start) / $count" | bc) s/image over $count, in a batch"
done
"$python" "$shared/tools/inpaint_peers.py" "$set" "$out" "${rivals[@]}"
for prefix in photos_ validation_; do
  for method in patch patch-fast patch-best auto "${rivals[@]}"; do
    "$python" "$shared/tools/score_inpaint.py" "$set" "$out/$method" "$prefix$method" "$prefix"
  done
done
"$python" "$here/contact_sheet.py" "$set" "$out/sheet.jpg" "$out/patch" "${rivals[@]/#/$out/}"
