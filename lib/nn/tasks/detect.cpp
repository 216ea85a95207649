#include "nn/tasks/detect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace inpaint {
namespace {

constexpr int64_t mask_coefficients = 32;  // that segmenting YOLOs append to the scores

// In fed pixels.
struct Candidate {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int label = 0;
  double score = 0;
};

// What the three layouts have in common.
class Reading {
 public:
  Reading(const Card& card, const std::vector<Tensor>& outputs, const DetectOptions& options)
      : card_(card), outputs_(outputs), options_(options) {}

  std::vector<Candidate> candidates() {
    if (card_.output.boxes == "lists") {
      from_lists();
    } else {
      from_rows(card_.output.boxes == "yolov5");
    }
    return std::move(found_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw ItemError(
        fmt::format("{}: as boxes: {} is expected {}; is the card right?", card_.name, card_.output.boxes, what));
  }

  const Tensor& output(int index) const {
    if (index < 0 || static_cast<size_t>(index) >= outputs_.size())
      refuse(fmt::format("an output {}, there are {}", index, outputs_.size()));
    return outputs_[static_cast<size_t>(index)];
  }

  void check_classes(int64_t classes, const Tensor& rows, int64_t head) const {
    const int64_t named = static_cast<int64_t>(card_.labels.size());
    if (classes < 1 || (named > 0 && classes != named && classes != named + mask_coefficients))
      refuse(fmt::format("{} values per box, the network gave {}",
                         named > 0 ? std::to_string(head + named) : fmt::format("{} or more", head + 1),
                         shape_text(rows.shape())));
  }

  // A score as it counts; every one is looked at, so that NaN cannot hide.
  double score(float value) const {
    if (!std::isfinite(value))
      throw ItemError(fmt::format("{}: the network gave scores that are not finite", card_.name));
    return card_.output.activation == "sigmoid" ? 1 / (1 + std::exp(-static_cast<double>(value))) : value;
  }

  void add(const Candidate& c) {
    const std::vector<int>& wanted = options_.labels;
    if (!(c.score >= options_.threshold)) return;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), c.label) == wanted.end()) return;
    if (!std::isfinite(c.x0 + c.y0 + c.x1 + c.y1))
      throw ItemError(fmt::format("{}: the network gave boxes that are not finite", card_.name));
    found_.push_back(c);
  }

  // Value k of box n stands at n * box_step + k * value_step.
  void from_rows(bool objectness) {
    const Tensor& rows = output(card_.output.index);
    if (rows.rank() < 2 || (rows.rank() == 3 && rows.extent(0) != 1) || rows.rank() > 3)
      refuse("one table, the network gave " + shape_text(rows.shape()));
    const int64_t count = rows.extent(objectness ? -2 : -1), values = rows.extent(objectness ? -1 : -2);
    const int64_t box_step = objectness ? values : 1, value_step = objectness ? 1 : count;
    const int64_t head = objectness ? 5 : 4;
    check_classes(values - head, rows, head);
    const int64_t classes = card_.labels.empty() ? values - head : static_cast<int64_t>(card_.labels.size());
    for (int64_t n = 0; n < count; ++n) {
      const auto value = [&](int64_t k) { return rows.data()[n * box_step + k * value_step]; };
      Candidate best{.score = -1};
      for (int64_t k = 0; k < classes; ++k) {
        const double s = score(value(head + k));
        if (s > best.score) best.score = s, best.label = static_cast<int>(k);
      }
      if (objectness) best.score *= score(value(4));
      best.x0 = value(0) - value(2) / 2.0, best.x1 = value(0) + value(2) / 2.0;
      best.y0 = value(1) - value(3) / 2.0, best.y1 = value(1) + value(3) / 2.0;
      add(best);
    }
  }

  void from_lists() {
    const Tensor& boxes = output(card_.output.lists[0]);
    const Tensor& labels = output(card_.output.lists[1]);
    const Tensor& scores = output(card_.output.lists[2]);
    const int64_t count = scores.size();
    if (boxes.size() != 4 * count || labels.size() != count || (count > 0 && boxes.extent(-1) != 4))
      refuse(fmt::format("boxes of 4 values, and as many labels and scores; the network gave {}, {} and {}",
                         shape_text(boxes.shape()), shape_text(labels.shape()), shape_text(scores.shape())));
    for (int64_t n = 0; n < count; ++n) {
      const float* b = boxes.data() + 4 * n;
      const float label = labels.data()[n];
      if (!(label >= 0 && label < 1e6F)) refuse(fmt::format("labels from 0, the network gave {}", label));
      add({b[0], b[1], b[2], b[3], static_cast<int>(label), score(scores.data()[n])});
    }
  }

  const Card& card_;
  const std::vector<Tensor>& outputs_;
  const DetectOptions& options_;
  std::vector<Candidate> found_;
};

double overlap_of(const Candidate& a, const Candidate& b) {
  const double width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0),
               height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (width <= 0 || height <= 0) return 0;
  const auto area = [](const Candidate& c) { return (c.x1 - c.x0) * (c.y1 - c.y0); };
  return width * height / (area(a) + area(b) - width * height);
}

// Greedy, class by class. OpenCV's NMSBoxes lies in its dnn library, which networks of other runtimes need not load.
std::vector<Candidate> without_doubles(std::vector<Candidate> all, const DetectOptions& options) {
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  std::vector<Candidate> kept;
  for (const Candidate& c : all) {
    if (kept.size() >= static_cast<size_t>(options.most)) break;
    const bool taken = std::any_of(kept.begin(), kept.end(), [&](const Candidate& better) {
      return better.label == c.label && overlap_of(better, c) > options.overlap;
    });
    if (!taken) kept.push_back(c);
  }
  return kept;
}

}  // namespace

std::vector<Detection> detections_from(const Card& card, const std::vector<Tensor>& outputs, const Fed& fed,
                                       cv::Size picture, const DetectOptions& options) {
  const double scale_x = static_cast<double>(picture.width) / fed.content.width;
  const double scale_y = static_cast<double>(picture.height) / fed.content.height;
  const auto pixel = [](double at, int last) { return static_cast<int>(std::lround(std::clamp<double>(at, 0, last))); };
  std::vector<Candidate> found = Reading(card, outputs, options).candidates();
  std::vector<Detection> detections;
  for (const Candidate& c : without_doubles(std::move(found), options)) {
    const Box box{pixel(c.x0 * scale_x, picture.width), pixel(c.y0 * scale_y, picture.height),
                  pixel(c.x1 * scale_x, picture.width), pixel(c.y1 * scale_y, picture.height)};
    if (!box.empty()) detections.push_back({box, c.label, c.score});
  }
  return detections;
}

NetDetector::NetDetector(Card card, std::shared_ptr<const Net> net, DetectOptions options)
    : card_(std::move(card)), net_(std::move(net)), options_(std::move(options)) {
  if (card_.output.kind != "boxes")
    throw SpecError(fmt::format("{}: output.kind is {}; a detector needs boxes", card_.name, card_.output.kind));
  if (card_.output.activation == "softmax")
    throw SpecError(card_.name + ": output.activation is softmax; scores of boxes are none or sigmoid");
  check_input(card_);
  for (const int label : options_.labels) {
    const int known = static_cast<int>(card_.labels.size());
    if (label < 0 || (known > 0 && label >= known))
      throw SpecError(fmt::format("{}: there is no class {}; expected 0 to {}", card_.name, label, known - 1));
  }
}

std::vector<Detection> NetDetector::detect(const Image& image) const {
  const Fed fed = feed(card_.input, image);
  return detections_from(card_, net_->run(fed.tensors), fed, {image.width(), image.height()}, options_);
}

}  // namespace inpaint
