#!/usr/bin/env bash
# Feeds thousands of damaged pictures of every format to the sanitizer build. A finding stops it with the report.
# Usage: tests/bench/fuzz.sh [ROUNDS]      needs python3 and build/asan (cmake --preset asan)
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$PWD/build/asan/inpaint; data=$PWD/tests/data; rounds=${1:-3}
export ASAN_OPTIONS=detect_leaks=0
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
for format in jpeg png webp tiff avif heic; do
  "$program" mask "$data/orientation6_p3.jpg" "$data/rgba16.png" "$data/grey.jpg" -o "whole/$format" --rect 0,0,4,4 --write image --format "$format" -q
done
cp "$data/cmyk.jpg" whole/
for round in $(seq "$rounds"); do
  rm -rf damaged out
  python3 - "$round" <<'PY'
import glob, os, random, sys
random.seed(int(sys.argv[1])); os.makedirs('damaged'); n = 0
for path in sorted(f for f in glob.glob('whole/**/*', recursive=True) if os.path.isfile(f)):
    whole = open(path, 'rb').read()
    for _ in range(80):
        bad = bytearray(whole); reach = min(len(bad), random.choice([64, 600, len(bad)]))
        for _ in range(random.choice([1, 1, 2, 5, 20])): bad[random.randrange(reach)] = random.choice([0, 127, 128, 255, random.randrange(256)])
        if random.random() < .1: bad = bad[:random.randrange(len(bad))]
        open(f'damaged/{n:04}{os.path.splitext(path)[1]}', 'wb').write(bad); n += 1
PY
  for format in jpeg webp tiff; do
    "$program" mask damaged -o out --rect 10%,10%,30%,30% --write image --format "$format" --max-pixels 4M 2> log && code=0 || code=$?
    if [ "$code" -gt 1 ] || grep -qE 'AddressSanitizer|runtime error|internal error' log; then cat log; exit 1; fi
    tail -n 1 log
  done
done
