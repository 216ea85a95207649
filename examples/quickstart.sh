#!/usr/bin/env bash
# Installs what is needed (Debian 12), builds the program, and runs the main job on the sample pictures:
# a directory goes in, edited pictures come out. Results: examples/out/
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
install_packages "${build_packages[@]}"
cmake --preset release -DINPAINT_TESTS=OFF
cmake --build --preset release

inpaint=build/release/inpaint
out=examples/out
samples=examples/samples
run() { echo; echo "\$ inpaint $*"; "$inpaint" "$@"; }

run remove-bg "$samples/mug.jpg" "$samples/headphones.jpg" -o "$out/cutouts"
run run pipelines/white-catalogue.yaml "$samples/mug.jpg" "$samples/headphones.jpg" -o "$out/catalogue"
run inpaint "$samples/table.jpg" --mask "$samples/table.mask.png" -o "$out/table-without-pen.jpg" -v
run run pipelines/remove-caption.yaml "$samples/caption.jpg" -o "$out/without-caption.jpg" -v
run segment "$samples/mug.jpg" --preview -o "$out/masks"
run compare "$samples/caption.jpg" "$out/without-caption.jpg"
echo
echo "Done. Look into $out/; the same commands again do nothing twice. 'inpaint --help' is $PWD/$inpaint --help"
