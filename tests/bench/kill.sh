#!/usr/bin/env bash
# Kills runs over COUNT pictures with -9 at random moments, KILLS times in a row, then lets one finish, and counts what
# is wrong: missing, undecodable, temporary files, and pictures done twice although their ledger line was there.
# The runs write WebP, whose encoder is slow enough for a run to be hit in the middle.
# Usage: tests/bench/kill.sh FOLDER_OF_JPEGS [COUNT [KILLS]]      needs libvips-tools, sqlite3
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); program=${INPAINT:-$here/../../build/release/inpaint}
folder=$1; count=${2:-300}; kills=${3:-20}
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/in"
find "$folder" -name '*.jpg' | sort | awk -v n="$count" '{a[NR]=$0} END {for (i=0; i<n; i++) print a[1+int(i*NR/n)]}' | xargs cp -t "$tmp/in"
start() { exec "$program" mask "$tmp/in" -o "$tmp/out" --rect 10%,10%,20%,20% --write image --format webp -q; }
lines() { sqlite3 -readonly "$tmp/out/.inpaint/ledger.sqlite" "select output || ' ' || finished_at from items" 2>/dev/null | sort; }
hits=0; lost=0
touch "$tmp/before"
for _ in $(seq "$kills"); do
  start & pid=$!
  sleep "0.$((RANDOM % 200 + 100))"  # 100 to 299 ms
  kill -9 $pid 2>/dev/null && hits=$((hits + 1)) || true
  wait $pid 2>/dev/null || true
  lines > "$tmp/after"
  # A line that is gone or has a new time was done twice although it was noted.
  lost=$((lost + $(comm -23 "$tmp/before" "$tmp/after" | wc -l)))
  mv "$tmp/after" "$tmp/before"
done
noted=$(wc -l < "$tmp/before")
(start)
lines > "$tmp/after"; lost=$((lost + $(comm -23 "$tmp/before" "$tmp/after" | wc -l)))
bad=0; for f in "$tmp"/out/*.webp; do vips avg "$f" >/dev/null 2>&1 || bad=$((bad + 1)); done
echo "$hits kills; $noted noted before the last run; then outputs $(ls "$tmp/out" | wc -l) of $count, undecodable $bad, temporary files $(find "$tmp/out" -name '*.inpaint-tmp' | wc -l), noted but done twice $lost"
