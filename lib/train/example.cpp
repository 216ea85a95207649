#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/matte/foreground.h"
#include "core/error.h"
#include "train/example_private.h"

namespace inpaint {
namespace {

[[noreturn]] void refuse(const std::string& reason) { throw ItemError(reason, ItemError::Cause::input); }

cv::Mat alpha8(const Image& image) {
  cv::Mat alpha = image.alpha();
  if (image.is_16_bit()) alpha.convertTo(alpha, CV_8U, 1.0 / 257.0);
  return alpha;
}

bool has_transparent_pixels(const Image& image) {
  double least = 0;
  if (!image.has_alpha()) return false;
  cv::minMaxLoc(alpha8(image), &least);
  return least < 255;
}

cv::Mat decode_matte(const Bytes& bytes) {
  Notes notes;
  try {
    const Image file = decode_image(bytes, {}, notes);
    return has_transparent_pixels(file) ? alpha8(file) : decode_mask(bytes, {}, notes).values();
  } catch (const ItemError& error) {
    refuse(fmt::format("its matte: {}", error.what()));
  }
}

cv::Mat matte_of_file(const Bytes& bytes, const Image& picture) {
  const cv::Mat matte = decode_matte(bytes);
  if (matte.size() != picture.pixels().size()) {
    refuse(fmt::format("its matte is {} × {}, the picture {} × {} (upright); save mattes at the size of their pictures",
                       matte.cols, matte.rows, picture.width(), picture.height()));
  }
  return matte;
}

void check_matte(const cv::Mat& matte) {
  const double share = cv::mean(matte)[0] / 255;
  if (share < 0.001) refuse("its matte selects nothing");
  if (share > 0.999) refuse("its matte selects everything");
}

cv::Mat times_opacity(const cv::Mat& rgb, const cv::Mat& matte) {
  cv::Mat opacity, out;
  cv::cvtColor(matte, opacity, cv::COLOR_GRAY2RGB);
  cv::multiply(rgb, opacity, out, 1.0 / 255);
  return out;
}

}  // namespace

int64_t Example::bytes() const {
  int64_t sum = 0;
  for (const cv::Mat* plane : {&rgb, &matte, &subject})
    sum += static_cast<int64_t>(plane->total() * (plane->empty() ? 0 : plane->elemSize()));
  return sum;
}

cv::Mat shrunk(const cv::Mat& pixels, int limit) {
  const int side = std::min(pixels.cols, pixels.rows);
  if (side <= limit) return pixels;
  const double scale = static_cast<double>(limit) / side;
  cv::Mat out;
  cv::resize(pixels, out, {cvRound(pixels.cols * scale), cvRound(pixels.rows * scale)}, 0, 0, cv::INTER_AREA);
  return out;
}

Example decode_example(std::span<const uint8_t> picture, const Bytes* matte, const ExampleRules& rules) {
  Notes notes;
  const Image image = decode_image(picture, {}, notes);
  if (std::min(image.width(), image.height()) < least_side) {
    refuse(fmt::format("{} × {} pixels are too small; expected at least {} × {}", image.width(), image.height(),
                       least_side, least_side));
  }
  const cv::Mat rgb = image.rgb8();
  if (!rules.with_matte) return {shrunk(rgb, rules.short_side).clone(), {}, {}};
  if (matte == nullptr) {
    if (!image.has_alpha()) refuse("it has no alpha channel, and no matte was given for it");
    const cv::Mat alpha = alpha8(image);
    check_matte(alpha);
    return {{}, shrunk(alpha, rules.short_side).clone(), shrunk(times_opacity(rgb, alpha), rules.short_side).clone()};
  }
  const cv::Mat whole = matte_of_file(*matte, image);
  check_matte(whole);
  Example out{shrunk(rgb, rules.short_side).clone(), shrunk(whole, rules.short_side).clone(), {}};
  out.subject = times_opacity(clean_colors(Image(out.rgb), Matte(Mask(out.matte))).pixels(), out.matte);
  return out;
}

}  // namespace inpaint
