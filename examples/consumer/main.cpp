// A program on the installed library: fills a rectangle in the middle of a picture.
// Usage: consumer IN OUT.png
#include <classic/fill/diffusion.h>
#include <classic/mask/shapes.h>
#include <core/error.h>
#include <image/codec.h>

#include <cstdio>
#include <fstream>
#include <iterator>

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: consumer IN OUT.png\n"), 2;
  try {
    std::ifstream in(argv[1], std::ios::binary);
    const inpaint::Bytes bytes{std::istreambuf_iterator<char>(in), {}};
    inpaint::Notes notes;
    const inpaint::Image image = inpaint::decode_image(bytes, {}, notes);
    const auto middle = inpaint::Codec<inpaint::BoxText>::parse("40%,40%,20%,20%");
    const inpaint::Mask hole = inpaint::rectangle_mask(image.width(), image.height(), middle);
    const inpaint::Image filled = inpaint::fill_diffusion(image, hole, inpaint::Diffusion::telea, 5);
    const inpaint::Bytes png = inpaint::encode_image(filled, {}, notes);
    std::ofstream(argv[2], std::ios::binary).write(reinterpret_cast<const char*>(png.data()), std::ssize(png));
    for (const std::string& note : notes) std::printf("note: %s\n", note.c_str());
    std::printf("%s: %d x %d filled\n", argv[2], filled.width(), filled.height());
  } catch (const inpaint::ItemError& error) {
    return std::fprintf(stderr, "%s: %s\n", argv[1], error.what()), 1;
  }
}
