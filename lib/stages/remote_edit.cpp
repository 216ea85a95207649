#include "stages/remote_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "image/profile.h"
#include "remote/answer_check.h"

namespace inpaint {
namespace {

constexpr double room = 0.5;        // around the hole, of its longer side, on each side
constexpr int least_room = 64;      // pixels
constexpr int least_side = 64;      // services refuse less
constexpr double most_bent = 0.03;  // by which proportions may differ

cv::Mat resized(const cv::Mat& from, cv::Size size) {
  if (from.size() == size) return from;
  const bool shrinks = size.area() < from.size().area();
  cv::Mat to;
  cv::resize(from, to, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
  return to;
}

int rounded_up(double value, int modulus) {
  return std::max(1, static_cast<int>(std::ceil(value / modulus))) * modulus;
}

// A stretch of `length` around [low, high) that lies in [0, full) as far as it can.
cv::Range placed(int low, int high, int length, int full) {
  int begin = (low + high - length) / 2;
  if (length <= full) {
    begin = std::clamp(begin, 0, full - length);
  } else {
    begin = (full - length) / 2;
  }
  return {begin, begin + length};
}

cv::Rect area_around(const cv::Rect& hole, cv::Size length, cv::Size full) {
  const cv::Range x = placed(hole.x, hole.x + hole.width, length.width, full.width);
  const cv::Range y = placed(hole.y, hole.y + hole.height, length.height, full.height);
  return {x.start, y.start, x.size(), y.size()};
}

struct Layout {
  cv::Rect area;
  cv::Size sent;
};

Layout layout_of(const cv::Rect& hole, cv::Size full, const EndpointCard& card) {
  const double around = std::max<double>(least_room, room * std::max(hole.width, hole.height));
  const cv::Size2d wanted(std::min<double>(hole.width + 2 * around, full.width),
                          std::min<double>(hole.height + 2 * around, full.height));
  if (const auto fixed = card.fixed_size()) {
    const double scale = std::max({1.0, wanted.width / fixed->width, wanted.height / fixed->height});
    const cv::Size length(static_cast<int>(std::lround(fixed->width * scale)),
                          static_cast<int>(std::lround(fixed->height * scale)));
    return {area_around(hole, length, full), {fixed->width, fixed->height}};
  }
  const auto side = [&](double wish, int limit) {
    return std::max(rounded_up(least_side, card.modulus), rounded_up(std::min<double>(wish, limit), card.modulus));
  };
  const cv::Size length(side(wanted.width, full.width), side(wanted.height, full.height));
  const double pixels = static_cast<double>(length.area());
  const double shrink =
      card.most_pixels > 0 ? std::min(1.0, std::sqrt(static_cast<double>(card.most_pixels) / pixels)) : 1;
  const auto smaller = [&](int value) {
    return shrink == 1 ? value : std::max(1, static_cast<int>(value * shrink / card.modulus)) * card.modulus;
  };
  return {area_around(hole, length, full), {smaller(length.width), smaller(length.height)}};
}

// The area's pixels; what lies outside repeats the border.
cv::Mat cut(const cv::Mat& from, const cv::Rect& area, int border) {
  const cv::Rect inside = area & cv::Rect({}, from.size());
  cv::Mat out;
  cv::copyMakeBorder(from(inside), out, inside.y - area.y, area.br().y - inside.br().y, inside.x - area.x,
                     area.br().x - inside.br().x, border | cv::BORDER_ISOLATED);
  return out;
}

cv::Mat srgb8(const Image& image) { return in_profile_of(image, Image(cv::Mat(1, 1, CV_8UC3))).rgb8(); }

void check_proportions(cv::Size got, cv::Size wanted) {
  const double bent = std::abs(
      std::log(static_cast<double>(got.width) * wanted.height / (static_cast<double>(got.height) * wanted.width)));
  if (bent > most_bent)
    throw ItemError(
        fmt::format("the service answered with {} × {} pixels, which have not the proportions of the {} × {} "
                    "that it got",
                    got.width, got.height, wanted.width, wanted.height));
}

// 0 at the hole's edge, 1 from `ramp` pixels inside, times the mask's own softness.
cv::Mat weights_of(const Mask& mask, const cv::Rect& inside, double ramp) {
  const cv::Mat values = mask.values()(inside);
  cv::Mat distance, weights, soft;
  cv::copyMakeBorder(values > 0, distance, 1, 1, 1, 1, cv::BORDER_REPLICATE | cv::BORDER_ISOLATED);
  cv::distanceTransform(distance, weights, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  weights = weights(cv::Rect({1, 1}, values.size())) / (ramp + 1);
  cv::min(weights, 1.0, weights);
  values.convertTo(soft, CV_32F, 1.0 / 255);
  return weights.mul(soft);
}

template <class T>
void blend(const cv::Mat& fill, const cv::Mat& weights, cv::Mat pixels, double white) {
  const int channels = pixels.channels();
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* weight = weights.ptr<float>(y);
    const auto* from = fill.ptr<cv::Vec3f>(y);
    auto* to = pixels.ptr<T>(y);
    for (int x = 0; x < pixels.cols; ++x, to += channels) {
      if (weight[x] <= 0) continue;
      for (int c = 0; c < 3; ++c)
        to[c] = cv::saturate_cast<T>(to[c] + (std::clamp(from[x][c] * white, 0.0, white) - to[c]) * weight[x]);
    }
  }
}

}  // namespace

RemoteCrop crop_for_service(const Image& image, const Mask& mask, const EndpointCard& card) {
  const cv::Rect hole = cv::boundingRect(mask.values() > 0);
  const Layout layout = layout_of(hole, image.pixels().size(), card);
  const cv::Rect inside = layout.area & cv::Rect({}, image.pixels().size());
  const cv::Mat colors = srgb8(image.with_pixels(image.pixels()(inside).clone()));
  const cv::Rect within(layout.area.tl() - inside.tl(), layout.area.size());
  RemoteCrop crop;
  crop.area = layout.area;
  crop.image = Image(resized(cut(colors, within, cv::BORDER_REFLECT_101), layout.sent));
  // Beyond the border as the pixels are: a mirrored piece of what is to go is no part of the surroundings.
  const cv::Mat all = cut(mask.values() > 0, layout.area, cv::BORDER_REFLECT_101);
  crop.mask = Mask(cv::Mat(resized(all, layout.sent) > 0));
  return crop;
}

Image paste_answer(const Image& image, const Mask& mask, const RemoteCrop& crop, const Image& answer) {
  check_proportions(answer.pixels().size(), crop.image.pixels().size());
  check_answer(crop.image, crop.mask, Image(resized(answer.rgb8(), crop.image.pixels().size())));
  const Image colors = in_profile_of(answer.with_pixels(resized(answer.rgb8(), crop.area.size())), image);
  const cv::Rect inside = crop.area & cv::Rect({}, image.pixels().size());
  cv::Mat fill;
  colors.rgb8()(cv::Rect(inside.tl() - crop.area.tl(), inside.size())).convertTo(fill, CV_32F, 1.0 / 255);
  const double scale = static_cast<double>(crop.area.width) / answer.width();
  const cv::Mat weights = weights_of(mask, inside, std::clamp(scale, 1.0, 8.0));
  cv::Mat pixels = image.pixels().clone();
  if (image.is_16_bit()) {
    blend<uint16_t>(fill, weights, pixels(inside), 65535);
  } else {
    blend<uint8_t>(fill, weights, pixels(inside), 255);
  }
  return image.with_pixels(pixels);
}

Image picture_for_service(const Image& image, const EndpointCard& card) {
  const cv::Mat colors = srgb8(image);
  const double pixels = static_cast<double>(colors.total());
  if (card.most_pixels == 0 || pixels <= static_cast<double>(card.most_pixels)) return Image(colors);
  const double shrink = std::sqrt(static_cast<double>(card.most_pixels) / pixels);
  return Image(resized(colors, {std::max(1, static_cast<int>(colors.cols * shrink)),
                                std::max(1, static_cast<int>(colors.rows * shrink))}));
}

Matte matte_of_answer(const Matte& answer, const Image& image) {
  check_proportions(answer.values().size(), image.pixels().size());
  cv::Mat values = resized(answer.values(), image.pixels().size());
  cv::max(values, 0.0, values);
  cv::min(values, 1.0, values);
  return Matte(values);
}

Mask mask_of_answer(const Mask& answer, const Image& image) {
  check_proportions(answer.values().size(), image.pixels().size());
  return Mask(resized(answer.values(), image.pixels().size()));
}

}  // namespace inpaint
