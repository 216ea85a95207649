#!/usr/bin/env bash
# A folder of photographs through U²-NetP (random weights), cut out at full size, PNG out: this program against the
# straightforward loop in Python, same weights, same threads, one after the other.
# Usage: tests/bench/networks/folder.sh PICTURES_DIR [BUILD_DIR]   Needs python3-torch and python3-pil.
set -euo pipefail
pictures=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
build=$(realpath "${2:-$here/../../../build/release}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive
cd "$here"
python=${PYTHON:-/usr/bin/python3}
"$python" - "$work" <<'PY'
import sys
import torch
from lama import calibrated
from u2net import U2Net
torch.save(calibrated(U2Net(small=True), torch.rand(2, 3, 160, 160)).state_dict(), sys.argv[1] + "/u2netp.pth")
PY
"$python" ../../../examples/convert_weights.py "$work/u2netp.pth" "$work/u2netp.safetensors"
cat > "$work/card.yaml" <<'YAML'
name: bench-u2netp
tasks: [remove-bg]
driver: safetensors
architecture: u2netp
files:
  - name: u2netp.safetensors
input:
  size: 320
  divide: max
  mean: [0.485, 0.456, 0.406]
  std: [0.229, 0.224, 0.225]
output:
  stretch: min-max
YAML
for round in 1 2; do
  rm -rf "$work/ours" "$work/theirs"
  "$build/inpaint" remove-bg "$pictures" -o "$work/ours" --model "$work/" --progress never 2>&1 | tail -n 1
  "$python" python_loop.py "$work/u2netp.pth" "$pictures" "$work/theirs" --threads "$(nproc)"
done
