// What lib/classic/mask/damage finds: training data for fit.py, masks for bench.py.
//
// usage: damage_cues KIND < LIST > TABLE    KIND: scratches, dust, letters, text. LIST: lines of "PICTURE TRUTH" (a
// mask, or "-": no damage). TABLE: a line per candidate: number of the picture, pixels, share of them that is damage,
// cues. usage: damage_cues KIND SENSITIVITY GROW < LIST    LIST: lines of "PICTURE MASK": writes the masks.
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <opencv2/core.hpp>

#include "classic/mask/damage/candidate_private.h"
#include "image/codec.h"
#include "pipeline/companion.h"

using namespace inpaint;

namespace {

Damage kind_of(const std::string& name) {
  return name == "dust" ? Damage::dust : name == "text" ? Damage::text : Damage::scratches;
}

void print_candidates(int number, const Image& image, const std::string& kind, const std::string& truth_file) {
  const cv::Mat rgb = image.rgb8();
  cv::Mat truth = cv::Mat::zeros(rgb.size(), CV_8U);
  Notes notes;
  if (truth_file != "-") truth = decode_mask(read_file(truth_file), {}, notes).values();
  const auto candidates =
      kind == "letters" ? damage::find_pieces_of_text(rgb) : damage::find_candidates(rgb, kind_of(kind));
  for (const damage::Candidate& candidate : candidates) {
    size_t right = 0;
    for (const cv::Point& p : candidate.pixels) {
      right += cv::Rect({}, truth.size()).contains(p) && truth.at<uint8_t>(p) != 0 ? 1 : 0;
    }
    const size_t all = std::max<size_t>(1, candidate.pixels.size());
    fmt::print("{} {} {:.3f}", number, all, static_cast<double>(right) / static_cast<double>(all));
    for (const float cue : candidate.cues) fmt::print(" {:.4f}", cue);
    fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) return std::cerr << "usage: damage_cues KIND [SENSITIVITY GROW] < LIST\n", 2;
  const std::string kind = argv[1];
  int number = 0;
  for (std::string picture, other; std::cin >> picture >> other; ++number) {
    Notes notes;
    const Image image = decode_image(read_file(picture), {}, notes);
    if (argc == 2) {
      print_candidates(number, image, kind, other);
    } else {
      const Mask mask = detect_damage(image, kind_of(kind), {std::stod(argv[2]), std::stoi(argv[3])});
      std::ofstream(other, std::ios::binary) << "P5\n" << mask.width() << ' ' << mask.height() << "\n255\n";
      std::ofstream out(other, std::ios::binary | std::ios::app);
      const cv::Mat values = mask.values().clone();
      out.write(reinterpret_cast<const char*>(values.data), static_cast<std::streamsize>(values.total()));
    }
  }
}
