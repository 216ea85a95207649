#!/bin/sh
# U^2-NetP and U^2-Net at 320 x 320: Python's eager PyTorch against the native engine in the same run, each with 2
# threads, then 2 workers of 1 thread each. Weights come from a hash (hashed.py).
# Usage: native.sh [BUILD_FOLDER [ROUNDS]]; needs Debian's python3-torch and the target native_speed in BUILD_FOLDER.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../../build/dev}
rounds=${2:-2}
program=$(find "$build" -name native_speed -type f | head -n 1)
[ -x "$program" ] || { echo "native.sh: build it first: cmake --build $build --target native_speed" >&2; exit 3; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_WAIT_POLICY=passive
for round in $(seq "$rounds"); do
  for name in u2netp u2net; do
    echo "round $round"
    ${PYTHON:-/usr/bin/python3} "$here/native_reference.py" "$folder" "$name" 320
    "$program" "$folder" "$name" 2 1
    "$program" "$folder" "$name" 1 2
  done
done
