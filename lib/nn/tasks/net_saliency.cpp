#include "nn/tasks/net_saliency.h"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "nn/tasks/feed.h"

namespace inpaint {
namespace {

// Contrast (largest less smallest value) of a map that is not stretched at all, and of one that is stretched fully.
// Trained networks give 0.9 and more where there is a subject.
constexpr double faint = 0.2, clear = 0.4;
constexpr double out_of_range = 0.05;  // that a sigmoid in half precision may be outside [0,1], and much more
constexpr double least_share = 5e-4;   // of the picture: fewer pixels are specks

void check_range(const Card& card, const cv::Mat& map) {
  double least = 0, most = 0;
  cv::minMaxLoc(map, &least, &most);
  if (least >= -out_of_range && most <= 1 + out_of_range) return;
  throw ItemError(
      fmt::format("model {}: the network's output goes from {:.3g} to {:.3g}, expected 0 to 1; if it gives "
                  "logits, its card needs 'output: {{activation: sigmoid}}'",
                  card.name, least, most));
}

// Pixels between in and out that lie beside no edge: nowhere near both in and out.
int doubtful_pixels(const cv::Mat& opacity) {
  const int radius = std::max(2, std::max(opacity.cols, opacity.rows) / 64), side = 2 * radius + 1;
  const cv::Mat in = opacity > 0.8, out = opacity < 0.2, square = cv::Mat::ones(side, side, CV_8U);
  cv::Mat near_in, near_out;
  cv::dilate(in, near_in, square);
  cv::dilate(out, near_out, square);
  return cv::countNonZero(~in & ~out & ~(near_in & near_out));
}

}  // namespace

NetSaliency::NetSaliency(Card card, std::shared_ptr<const Net> net) : card_(std::move(card)), net_(std::move(net)) {
  if (card_.output.kind != "opacity") {
    throw SpecError(fmt::format("model {}: its card says 'output.kind: {}'; finding the subject needs opacity",
                                card_.name, card_.output.kind));
  }
  check_input(card_);
}

FoundOpacity NetSaliency::find(const Image& image) const {
  const Fed fed = feed(card_.input, image);
  const cv::Mat map = planes_from(card_, net_->run(fed.tensors), fed, 1).front();
  check_range(card_, map);
  const cv::Mat opacity = opacity_of(map, card_.output.stretch == "min-max");
  return {Matte(opacity), opacity_confidence(map, opacity)};
}

cv::Mat opacity_of(const cv::Mat& map, bool stretch) {
  double least = 0, most = 0;
  cv::minMaxLoc(map, &least, &most);
  const double range = most - least, share = stretch ? std::clamp((range - faint) / (clear - faint), 0.0, 1.0) : 0;
  // Two lines mixed: value, and (value - least) / range.
  const double slope = share > 0 ? 1 - share + share / range : 1, offset = share > 0 ? -share * least / range : 0;
  cv::Mat opacity;
  map.convertTo(opacity, CV_32F, slope, offset);
  return cv::max(cv::min(opacity, 1.0), 0.0);
}

double opacity_confidence(const cv::Mat& map, const cv::Mat& opacity) {
  const cv::Mat inside = opacity > 0.5;
  const int pixels = cv::countNonZero(inside);
  const double share = pixels / static_cast<double>(map.total());
  if (share < least_share) return 0;
  const double height = cv::mean(map, inside)[0], ground = share < 1 ? cv::mean(map, ~inside)[0] : 0;
  const double doubt = doubtful_pixels(opacity) / static_cast<double>(cv::countNonZero(opacity >= 0.2));
  return std::clamp((height - ground) * (1 - doubt), 0.0, 1.0);
}

}  // namespace inpaint
