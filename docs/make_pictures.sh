#!/usr/bin/env bash
# Makes the pictures of the README by running its one-liners. Needs the release build and imagemagick.
set -euo pipefail
cd "$(dirname "$0")/.."
inpaint=$PWD/build/release/inpaint; s=$PWD/examples/samples; to=$PWD/docs/pictures
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"

checker() { convert -size "$(identify -format '%wx%h' "$1")" tile:pattern:checkerboard \( "$1" \) -composite "$2"; }
pair() { local out=$1; shift; montage "$@" -geometry 420x420+4+4 -background white -tile "$#x1" png:- | convert png:- -quality 86 "$to/$out"; }

"$inpaint" run "$OLDPWD/pipelines/remove-caption.yaml" "$s/caption.jpg" -o clean.jpg
pair caption.jpg "$s/caption.jpg" clean.jpg
"$inpaint" inpaint "$s/table.jpg" --mask "$s/table.mask.png" -o table.jpg
pair table.jpg "$s/table.jpg" table.jpg
"$inpaint" remove-bg "$s/mug.jpg" -o mug.png
checker mug.png mug-checker.png
pair cutout.jpg "$s/mug.jpg" mug-checker.png
"$inpaint" run "$OLDPWD/pipelines/white-catalogue.yaml" "$s/mug.jpg" -o catalogue.jpg
"$inpaint" remove-bg "$s/headphones.jpg" --format jpeg --background "#f2e3c9" -o headphones.jpg
pair background.jpg "$s/mug.jpg" catalogue.jpg "$s/headphones.jpg" headphones.jpg

# Cutting out: on magenta, where every fringe shows, a corner of it enlarged; then shadows and backgrounds.
"$inpaint" remove-bg "$s/mug.jpg" "$s/headphones.jpg" -o cutouts
"$inpaint" compose cutouts --background "#ff00ff" -o magenta
convert magenta/mug.png -crop 210x210+800+380 +repage -filter point -resize 200% edge.png
pair magenta.jpg magenta/mug.png magenta/headphones.png edge.png
composed() { "$inpaint" compose cutouts/mug.png -o "$@" --canvas 600x600 --margin 8% --format jpeg; }
composed contact.jpg --background white --shadow contact
composed drop.jpg --background "gradient:#ffffff-#cfd8e3,radial" --shadow drop
composed kept.jpg --background "#f4f1ec" --shadow keep --original "$s/mug.jpg"
composed blurred.jpg --background blur:3% --original "$s/mug.jpg"
pair compose.jpg contact.jpg drop.jpg kept.jpg blurred.jpg

"$inpaint" segment "$s/headphones.jpg" --box 14%,14%,70%,74% --preview -o masks
pair segment.jpg masks/headphones.png masks/headphones.preview.jpg
"$inpaint" mask "$s/table.jpg" --ellipse 62%,24%,20%,34% --grow 10 --feather 12 --preview -o shapes
pair shapes.jpg shapes/table.png shapes/table.preview.jpg
"$inpaint" mask "$s/caption.jpg" --from-color "#ff2fd0" --tolerance 80 --grow 4 --preview -o color
pair color.jpg color/caption.png color/caption.preview.jpg
"$inpaint" mask "$s/mug.jpg" --random strokes --ratio 0.15 -o holes.png
"$inpaint" inpaint "$s/mug.jpg" --mask holes.png -o filled.jpg
pair random.jpg holes.png filled.jpg
