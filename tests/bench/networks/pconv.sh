#!/bin/sh
# Partial-convolution U-Nets: Python's eager PyTorch with a full mask convolved beside every map against the native
# engine in the same run, each with 2 threads: the paper's 8 levels at 512 x 512, and a small one at 256 x 256.
# Usage: pconv.sh [BUILD_FOLDER [ROUNDS]]; needs Debian's python3-torch and the target native_speed in BUILD_FOLDER.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../../build/dev}
rounds=${2:-2}
program=$(find "$build" -name native_speed -type f | head -n 1)
[ -x "$program" ] || { echo "pconv.sh: build it first: cmake --build $build --target native_speed" >&2; exit 3; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_WAIT_POLICY=passive
for round in $(seq "$rounds"); do
  echo "round $round"
  for net in "512 8 64 512" "256 6 32 256"; do
    # shellcheck disable=SC2086  # four arguments
    ${PYTHON:-/usr/bin/python3} "$here/pconv.py" "$folder" $net
    "$program" "$folder" pconv 2 1
  done
done
