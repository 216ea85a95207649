#include "nn/tasks/net_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "core/error.h"
#include "core/names.h"
#include "nn/tasks/feed.h"

namespace inpaint {
namespace {

// Of the picture: 24 × 24 of 768 × 768 pixels. Specks that the largest plane leaves on patterns and at edges are
// smaller; whole garments, even a tie on a full-length portrait, are larger.
constexpr double least_share = 0.001;

enum class Scale { probabilities, logits, scores };

// The planes' sum at each pixel is 1 within what half precision leaves.
bool sums_to_one(const std::vector<cv::Mat>& planes) {
  cv::Mat sum = planes.front().clone();
  for (size_t p = 1; p < planes.size(); ++p) sum += planes[p];
  double least = 0, most = 0;
  cv::minMaxLoc(sum, &least, &most);
  return least > 0.98 && most < 1.02;
}

Scale scale_of(const Card& card, const std::vector<cv::Mat>& planes) {
  if (card.output.activation == "softmax") return Scale::probabilities;
  if (card.output.activation == "sigmoid") return Scale::scores;
  for (const cv::Mat& plane : planes) {
    double least = 0, most = 0;
    cv::minMaxLoc(plane, &least, &most);
    if (least < -1e-3 || most > 1 + 1e-3) return Scale::logits;
  }
  return sums_to_one(planes) ? Scale::probabilities : Scale::scores;
}

struct Winners {
  std::vector<int64_t> pixels;  // by class
  cv::Mat selected;             // CV_8U, 255 where a chosen class wins
  double probability = 0;       // summed over them
};

Winners winners_of(const std::vector<cv::Mat>& planes, const std::vector<bool>& chosen, Scale scale) {
  Winners winners{std::vector<int64_t>(planes.size()), cv::Mat::zeros(planes.front().size(), CV_8U)};
  std::vector<const float*> rows(planes.size());
  for (int y = 0; y < winners.selected.rows; ++y) {
    for (size_t p = 0; p < planes.size(); ++p) rows[p] = planes[p].ptr<float>(y);
    auto* to = winners.selected.ptr<uint8_t>(y);
    for (int x = 0; x < winners.selected.cols; ++x) {
      size_t best = 0;
      for (size_t p = 1; p < rows.size(); ++p) {
        if (rows[p][x] > rows[best][x]) best = p;
      }
      ++winners.pixels[best];
      if (!chosen[best]) continue;
      to[x] = 255;
      if (scale == Scale::probabilities) winners.probability += rows[best][x];
      if (scale != Scale::logits) continue;
      double sum = 0;  // softmax of the winner
      for (const float* row : rows) sum += std::exp(static_cast<double>(row[x]) - rows[best][x]);
      winners.probability += 1 / sum;
    }
  }
  return winners;
}

}  // namespace

ClassSegmenter::ClassSegmenter(Card card, std::shared_ptr<const Net> net, std::vector<int> labels)
    : card_(std::move(card)), net_(std::move(net)), labels_(std::move(labels)) {
  if (card_.output.kind != "classes")
    throw SpecError(fmt::format("model {}: output.kind is {}; expected classes", card_.name, card_.output.kind));
  check_input(card_);
  if (labels_.empty())
    throw SpecError(
        fmt::format("model {}: no class is chosen; expected some of {}", card_.name, join(card_.labels, ", ")));
  const int known = static_cast<int>(card_.labels.size());
  for (const int label : labels_) {
    if (label < 0 || label >= known)
      throw SpecError(fmt::format("model {}: there is no class {}; expected 0 to {}", card_.name, label, known - 1));
  }
}

FoundMask ClassSegmenter::segment(const SubjectRequest& request) const {
  if (!request.hint.empty()) throw std::invalid_argument("networks with classes take no hint");
  const Fed fed = feed(card_.input, request.image);
  const std::vector<cv::Mat> planes =
      planes_from(card_, net_->run(fed.tensors), fed, static_cast<int>(card_.labels.size()));
  std::vector<bool> chosen(planes.size(), false);
  for (const int label : labels_) chosen[static_cast<size_t>(label)] = true;
  const Scale scale = scale_of(card_, planes);
  const Winners winners = winners_of(planes, chosen, scale);

  std::vector<double> shares;
  for (const int64_t pixels : winners.pixels)
    shares.push_back(static_cast<double>(pixels) / static_cast<double>(winners.selected.total()));
  if (std::none_of(labels_.begin(), labels_.end(),
                   [&](int label) { return shares[static_cast<size_t>(label)] >= least_share; }))
    refuse(shares);

  FoundMask found;
  cv::Mat mask;
  cv::resize(winners.selected, mask, request.image.pixels().size(), 0, 0, cv::INTER_NEAREST_EXACT);
  found.mask = Mask(mask);
  if (scale != Scale::scores)
    found.confidence = std::clamp(winners.probability / cv::countNonZero(winners.selected), 0.0, 1.0);
  return found;
}

void ClassSegmenter::refuse(const std::vector<double>& shares) const {
  std::vector<std::string> wanted, found;
  for (const int label : labels_) wanted.push_back(card_.labels[static_cast<size_t>(label)]);
  std::vector<size_t> order(shares.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return shares[a] > shares[b]; });
  for (const size_t i : order) {
    if (shares[i] > 0) found.push_back(fmt::format("{} {:.3g} %", card_.labels[i], 100 * shares[i]));
  }
  throw ItemError(fmt::format("no_target: model {} finds no {} (0.1 % of the picture or more); it finds {}", card_.name,
                              join(wanted, ", no "), join(found, ", ")),
                  ItemError::Cause::input);
}

}  // namespace inpaint
