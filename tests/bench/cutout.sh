#!/bin/bash
# Cut-outs against known mattes, beside the weight-free rivals, in one run. auto and catalog-u2netp learned from SHARED's
# scenes, too.
#
# usage: tests/bench/cutout.sh SHARED OUT [SCENES]    SHARED holds tools/; SCENES (default SHARED/data/products) holds
# N.jpg and N.alpha.png. The trees of `classic` were fitted to the scenes of SHARED/data/products: for figures that hold
# elsewhere, render others with SHARED/tools/render_products.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
shared=$(realpath "$1"); mkdir -p "$2"; out=$(realpath "$2"); scenes=$(realpath "${3:-$1/data/products}")
program=${INPAINT:-build/release/inpaint}

mapfile -t pictures < <(find "$scenes" -name '*.jpg' ! -name '*.plate.jpg' | sort)
for model in auto catalog-u2netp classic color-key; do
  start=$(date +%s.%N)
  "$program" remove-bg "${pictures[@]}" -o "$out/$model" --model "$model" --redo --json -q > "$out/$model.jsonl" || true
  echo "$model: $(echo "scale=3; ($(date +%s.%N) - $start) / ${#pictures[@]}" | bc) s/picture in a batch"
done
/usr/bin/python3 "$shared/tools/alpha_peers.py" "$scenes" "$out" grabcut 2> /dev/null | sed 's/grabcut/OpenCV grabCut/'
for model in auto catalog-u2netp classic color-key; do
  /usr/bin/python3 "$shared/tools/score_alpha.py" "$scenes" "$out/$model" "$model"
done
/usr/bin/python3 "$shared/tools/score_alpha.py" "$scenes" "$out/grabcut" "OpenCV grabCut"
/usr/bin/python3 tests/bench/confidence.py "$scenes" "$out/classic" "$out/classic.jsonl"
