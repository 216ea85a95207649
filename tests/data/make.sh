#!/usr/bin/env bash
# Makes the small pictures of this folder, which are committed; run it only to change them.
# Needs: libvips-tools, libimage-exiftool-perl, python3.
set -euo pipefail
cd "$(dirname "$0")"
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT

python3 - "$tmp" <<'PY'
import struct, sys, zlib
def png(path, width, height, bits, color_type, pixel):
    rows = b''
    for y in range(height):
        rows += b'\0'
        for x in range(width):
            rows += b''.join(struct.pack('>H' if bits == 16 else 'B', v) for v in pixel(x, y))
    def chunk(name, data): return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    open(path, 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, bits, color_type, 0, 0, 0))
                           + chunk(b'IDAT', zlib.compress(rows, 9)) + chunk(b'IEND', b''))
t = sys.argv[1]
# Quadrants: red, green / blue, white. Stored 64 x 48; upright (orientation 6) it is 48 x 64.
def quadrants(x, y): return [(220, 30, 30), (30, 200, 40), (40, 50, 210), (240, 240, 240)][(x >= 32) + 2 * (y >= 24)]
png(f'{t}/quadrants.png', 64, 48, 8, 2, quadrants)
# 16-bit RGBA whose low bytes matter and whose alpha is soft.
png('rgba16.png', 40, 32, 16, 6, lambda x, y: (x * 1601 + 7, y * 1999 + 11, (x * y * 37 + 5) % 65536, min(65535, x * 1700 + 3)))
png(f'{t}/ramp.png', 64, 48, 8, 0, lambda x, y: (x * 4,))
# A header of 10000 x 10000 pixels over a few rows of data, checksums right.
def chunk(name, data): return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
open('bomb.png', 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 10000, 10000, 8, 2, 0, 0, 0))
                             + chunk(b'IDAT', zlib.compress(bytes(100000))) + chunk(b'IEND', b''))
PY

vips icc_transform "$tmp/quadrants.png" "$tmp/p3.tif" p3 --input-profile srgb
vips jpegsave "$tmp/p3.tif" orientation6_p3.jpg --Q 95
vips thumbnail orientation6_p3.jpg "$tmp/thumb.jpg" 16
exiftool -q -overwrite_original -n -Orientation=6 -Make=TestCam -Model='Orient 6' -Artist='A. Tester' -GPSLatitude=47.5 -GPSLatitudeRef=N \
  "-ThumbnailImage<=$tmp/thumb.jpg" -XMP-dc:Title='Quadrants' orientation6_p3.jpg
vips jpegsave "$tmp/ramp.png" grey.jpg --Q 95
vips webpsave "$tmp/quadrants.png" lossless.webp --lossless
vips icc_transform "$tmp/quadrants.png" "$tmp/cmyk.tif" cmyk --input-profile srgb
vips jpegsave "$tmp/cmyk.tif" cmyk.jpg --Q 95 --strip  # 1 MB of profile less; readers assume a standard press
