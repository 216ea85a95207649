#include "stages/truth.h"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "core/error.h"
#include "image/compare.h"

namespace inpaint {

void Truth::describe(Fields& fields) {
  fields
      .add("truth", files_,
           "The originals, one for each picture as for --mask: measures PSNR, SSIM and L1, and tells their means by "
           "hole ratio at the end")
      .value("DIR");
}

void Truth::prepare() {
  if (given()) files_.prepare_pictures("--truth");
}

Image Truth::of(Item& item) const {
  const std::string file = files_.file_for(item.rel);
  Image original;
  try {
    original = decode_image(read_file(file), {}, item.notes);
  } catch (const ItemError& error) {
    throw ItemError(fmt::format("--truth {}: {}", file, error.what()));
  }
  if (original.pixels().size() != item.image.pixels().size()) {
    throw ItemError(fmt::format("--truth {}: the original is {} × {}, the picture {} × {} (upright)", file,
                                original.width(), original.height(), item.image.width(), item.image.height()));
  }
  return original;
}

void Truth::tell(const Image& original, Item& item) {
  const double hole = cv::countNonZero(item.mask.values() > 127);
  item.facts["truth"] = to_json(compare_images(original, item.image, &item.mask));
  item.facts["truth"]["hole_ratio"] = hole / static_cast<double>(item.mask.values().total());
}

}  // namespace inpaint
