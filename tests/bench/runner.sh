#!/usr/bin/env bash
# The cost of the runner: a stage that is nearly free (a rectangle mask, then the picture again as JPEG) against two
# parallel single-thread loops of libvips doing the same decode and encode: once as one process per loop
# (vips_loop.c), once as the shell loop over `vips copy` that people write. Ratios above 1: inpaint is faster.
# Usage: tests/bench/runner.sh FOLDER_OF_JPEGS [COUNT [ROUNDS]]      needs libvips-tools, gcc, bc
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); program=${INPAINT:-$here/../../build/release/inpaint}
folder=$1; count=${2:-300}; rounds=${3:-5}
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/in"
find "$folder" -name '*.jpg' | sort | awk -v n="$count" '{a[NR]=$0} END {for (i=0; i<n; i++) print a[1+int(i*NR/n)]}' | xargs cp -t "$tmp/in"
gcc -O2 "$here/vips_loop.c" -o "$tmp/vips_loop" $(pkg-config --cflags --libs vips)
find "$tmp/in" -name '*.jpg' | awk -v t="$tmp" '{print > (t "/half" NR % 2)}'
seconds() { local s e; s=$(date +%s.%N); "$@" >/dev/null; e=$(date +%s.%N); echo "$e - $s" | bc; }
ours() { "$program" mask "$tmp/in" -o "$tmp/ours" --rect 10%,10%,20%,20% --write image -q; }
both_halves() { "$1" "$tmp/half0" & "$1" "$tmp/half1" & wait; }
one_process() { xargs "$tmp/vips_loop" "$tmp/theirs" < "$1"; }
vips_copy() { while read -r f; do VIPS_CONCURRENCY=1 vips copy "$f" "$tmp/theirs/$(basename "$f")[Q=92]"; done < "$1"; }
fresh() { rm -rf "$tmp/theirs"; mkdir "$tmp/theirs"; }
for _ in $(seq "$rounds"); do
  rm -rf "$tmp/ours"; a=$(seconds ours)
  fresh; b=$(seconds both_halves one_process)
  fresh; c=$(seconds both_halves vips_copy)
  echo "inpaint $a s ($(echo "$count / $a" | bc)/s); two loops in process $b s, ratio $(echo "scale=2; $b / $a" | bc); two vips copy loops $c s, ratio $(echo "scale=2; $c / $a" | bc)"
done
