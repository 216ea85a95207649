#include "nn/tasks/net_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "core/error.h"
#include "core/names.h"
#include "nn/tasks/feed.h"

namespace inpaint {
namespace {

constexpr double least_share = 0.002;  // of the picture: less is a few stray pixels

struct Winners {
  cv::Mat labels;  // CV_8U
  cv::Mat values;  // CV_32F, the largest of the planes
};

Winners winners_of(const std::vector<cv::Mat>& planes) {
  Winners out{cv::Mat::zeros(planes.front().size(), CV_8U), planes.front().clone()};
  for (size_t label = 1; label < planes.size(); ++label) {
    const cv::Mat larger = planes[label] > out.values;
    out.labels.setTo(static_cast<double>(label), larger);
    planes[label].copyTo(out.values, larger);
  }
  return out;
}

void measure(const Winners& winners, size_t count, bool probabilities, ClassMap& map) {
  for (size_t label = 0; label < count; ++label) {
    const cv::Mat own = winners.labels == static_cast<double>(label);
    map.shares.push_back(cv::countNonZero(own) / static_cast<double>(own.total()));
    if (probabilities) map.certainty.push_back(cv::mean(winners.values, own)[0]);
  }
}

cv::Mat any_of(const cv::Mat& labels, const std::vector<int>& chosen) {
  cv::Mat selected(labels.size(), CV_8U, cv::Scalar(0));
  for (const int label : chosen) selected.setTo(255, labels == label);
  return selected;
}

}  // namespace

ClassSegmenter::ClassSegmenter(Card card, std::shared_ptr<const Net> net, std::vector<int> labels)
    : card_(std::move(card)), net_(std::move(net)), labels_(std::move(labels)) {
  if (card_.output.kind != "classes") {
    throw SpecError(fmt::format("model {}: its card says 'output.kind: {}'; finding targets by name needs classes",
                                card_.name, card_.output.kind));
  }
  if (card_.labels.size() > 256)
    throw SpecError(fmt::format("model {}: labels: expected 256 at most, not {}", card_.name, card_.labels.size()));
  const auto known = [&](int label) { return label >= 0 && label < static_cast<int>(card_.labels.size()); };
  if (labels_.empty() || !std::all_of(labels_.begin(), labels_.end(), known))
    throw SpecError(fmt::format("model {}: labels are chosen by number, 0 to {}", card_.name, card_.labels.size() - 1));
  check_input(card_);
}

ClassMap ClassSegmenter::classify(const Image& image) const {
  const Fed fed = feed(card_.input, image);
  const std::vector<cv::Mat> planes =
      planes_from(card_, net_->run(fed.tensors), fed, static_cast<int>(card_.labels.size()));
  const Winners winners = winners_of(planes);
  ClassMap map;
  measure(winners, planes.size(), card_.output.activation != "none", map);
  cv::resize(winners.labels, map.labels, image.pixels().size(), 0, 0, cv::INTER_NEAREST_EXACT);
  return map;
}

FoundMask ClassSegmenter::segment(const SubjectRequest& request) const {
  if (!request.hint.empty()) throw std::invalid_argument(card_.name + " takes no hint");
  const ClassMap map = classify(request.image);
  double share = 0, sure = 0;
  for (const int chosen : labels_) {
    const auto label = static_cast<size_t>(chosen);
    share += map.shares[label];
    if (!map.certainty.empty()) sure += map.shares[label] * map.certainty[label];
  }
  if (share < least_share) {
    throw ItemError(fmt::format("no_target: looked for {}, found {} ({})", names(labels_), found(map), card_.name),
                    ItemError::Cause::input);
  }
  FoundMask out{Mask(any_of(map.labels, labels_)), std::nullopt};
  if (!map.certainty.empty()) out.confidence = std::clamp(sure / share, 0.0, 1.0);
  return out;
}

std::string ClassSegmenter::names(const std::vector<int>& labels) const {
  std::vector<std::string> out;
  for (const int label : labels) out.push_back(card_.labels[static_cast<size_t>(label)]);
  return join(out, ", ");
}

// What the picture has, with its share.
std::string ClassSegmenter::found(const ClassMap& map) const {
  std::vector<std::string> out;
  for (size_t i = 0; i < map.shares.size(); ++i) {
    if (map.shares[i] >= least_share) out.push_back(fmt::format("{} {:.1f} %", card_.labels[i], 100 * map.shares[i]));
  }
  return join(out, ", ");
}

}  // namespace inpaint
