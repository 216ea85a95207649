#include "stages/detection_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "nn/models.h"
#include "stages/target_finder.h"

namespace inpaint {
namespace {

constexpr size_t most_told = 100;

std::string label_of(const Detector& detector, int label) {
  const auto index = static_cast<size_t>(label);
  return index < detector.labels().size() ? detector.labels()[index] : fmt::format("class {}", label);
}

}  // namespace

void DetectionTask::describe(Fields& fields) {
  fields
      .add("detector", detector_name_,
           "Networks of the family segment-anything: another network that finds boxes; what is in them is found")
      .value("NAME|PATH");
  fields.add("least-score", options_.threshold, "Networks that find boxes: lowest score that counts").range(0, 1);
  fields
      .add("overlap", options_.overlap,
           "Networks that find boxes: of two boxes of one class that share more than this part of their union, the "
           "better stays")
      .range(0, 1);
}

void DetectionTask::prepare(const Card& card, const std::string& target) {
  card_ = card;
  options_.labels = target.empty() ? std::vector<int>{} : target_labels(target, card);
}

void DetectionTask::prepare_detector(const std::string& target) {
  const Card card = find_card(detector_name_);
  if (card.output.kind != "boxes")
    throw SpecError(fmt::format("--detector {}: gives {}, not boxes", card.name, card.output.kind));
  prepare(card, target);
  check_input(card);
  checksum_ = model_checksum(card);
}

nlohmann::json DetectionTask::recipe() const {
  if (!wanted() || !card_) return nullptr;
  return network_recipe(*card_, checksum_);
}

bool DetectionTask::opens_network(const ChosenModel& model) const {
  return wanted() && card_ && model.would_use_torch(*card_);
}

void DetectionTask::open(const ChosenModel& model) {
  std::shared_ptr<const Net> net = wanted() ? model.open_beside(*card_) : model.open();
  detector_ = std::make_unique<NetDetector>(*card_, std::move(net), options_);
}

std::vector<Detection> DetectionTask::find(Item& item) const {
  std::vector<Detection> found = detector_->detect(item.image);
  nlohmann::json& told = item.facts["detections"] = nlohmann::json::array();
  for (size_t i = 0; i < std::min(found.size(), most_told); ++i) {
    const Box& box = found[i].box;
    told.push_back({{"label", label_of(*detector_, found[i].label)},
                    {"score", std::round(found[i].score * 1000) / 1000},
                    {"box", {box.x0, box.y0, box.x1, box.y1}}});
  }
  return found;
}

std::string DetectionTask::coco(const Item& item, const std::vector<Detection>& found) const {
  const nlohmann::json data = coco_of(found, detector_->labels(), item.rel, item.image.pixels().size());
  return data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Mask mask_of(const std::vector<Detection>& found, const Image& image) {
  cv::Mat values = cv::Mat::zeros(image.pixels().size(), CV_8UC1);
  for (const Detection& one : found) values(one.box.rect()).setTo(255);
  return Mask(values);
}

}  // namespace inpaint
