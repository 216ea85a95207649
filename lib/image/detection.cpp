#include "image/detection.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

namespace inpaint {

nlohmann::json coco_of(const std::vector<Detection>& detections, const std::vector<std::string>& labels,
                       const std::string& file_name, cv::Size size) {
  nlohmann::json annotations = nlohmann::json::array(), categories = nlohmann::json::array();
  std::map<int, std::string> names;
  for (const Detection& d : detections) {
    const bool named = static_cast<size_t>(d.label) < labels.size();
    names[d.label] = named ? labels[static_cast<size_t>(d.label)] : fmt::format("class {}", d.label);
    const Box& b = d.box;
    annotations.push_back({{"id", annotations.size() + 1},
                           {"image_id", 1},
                           {"category_id", d.label + 1},
                           {"bbox", {b.x0, b.y0, b.width(), b.height()}},
                           {"area", static_cast<int64_t>(b.width()) * b.height()},
                           {"segmentation", {{b.x0, b.y0, b.x1, b.y0, b.x1, b.y1, b.x0, b.y1}}},
                           {"iscrowd", 0},
                           {"score", d.score}});
  }
  for (const auto& [label, name] : names) categories.push_back({{"id", label + 1}, {"name", name}});
  const nlohmann::json image = {{"id", 1}, {"file_name", file_name}, {"width", size.width}, {"height", size.height}};
  return {{"images", nlohmann::json::array({image})},
          {"categories", std::move(categories)},
          {"annotations", std::move(annotations)}};
}

}  // namespace inpaint
