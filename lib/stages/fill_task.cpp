#include "stages/fill_task.h"

#include <algorithm>
#include <vector>

#include "classic/fill/proposal.h"
#include "stages/mask_facts.h"

namespace inpaint {
namespace {

constexpr size_t most_listed = 100;  // holes told one by one; dust can be thousands

// facts["holes"]: each with its box, pixels and method, the largest first; facts["more-holes"]: how many were not
// listed and their pixels, by method.
void tell_holes(std::vector<FilledHole> holes, nlohmann::json& facts) {
  std::stable_sort(holes.begin(), holes.end(),
                   [](const FilledHole& a, const FilledHole& b) { return a.pixels > b.pixels; });
  facts["holes"] = nlohmann::json::array();
  for (const FilledHole& hole : holes) {
    if (facts["holes"].size() == most_listed) {
      nlohmann::json& more = facts["more-holes"][hole.method];
      more["holes"] = more.value("holes", 0) + 1;
      more["pixels"] = more.value("pixels", int64_t{0}) + hole.pixels;
      continue;
    }
    nlohmann::json entry = {{"box", {hole.box.x0, hole.box.y0, hole.box.x1, hole.box.y1}},
                            {"pixels", hole.pixels},
                            {"method", hole.method}};
    if (!hole.reason.empty()) entry["reason"] = hole.reason;
    facts["holes"].push_back(std::move(entry));
  }
}

}  // namespace

void FillTask::describe(Fields& fields) {
  model_.describe(fields, "What fills the hole");
  options_.describe(fields);
  large_.describe(fields);
}

void FillTask::open() {
  inpainter_ = model_.card() ? std::make_unique<NetInpainter>(*model_.card(), model_.open(), large_, fill_proposal)
                             : make_inpainter(model_.name(), options_);
}

void FillTask::run(Item& item, const Mask& donors,
                   const std::function<void(const std::string&, const Image&)>& watch) const {
  tell_mask(item);
  item.facts["model"] = model_.name();
  for (const char* fact : {"holes", "more-holes"}) item.facts.erase(fact);  // of an earlier stage
  if (item.facts["box"].is_null()) {
    item.notes.push_back("the mask is empty: nothing was filled");
    return;
  }
  FillResult result = inpainter_->fill({item.image, item.mask, donors, item.seed, watch});
  item.image = std::move(result.image);
  if (result.holes.empty()) return;
  tell_holes(result.holes, item.facts);
  for (const FilledHole& hole : result.holes) {
    if (hole.reason.empty()) continue;
    item.notes.push_back("the hole at " + std::to_string(hole.box.x0) + "," + std::to_string(hole.box.y0) +
                         " was filled by " + hole.method + ": " + hole.reason);
  }
}

}  // namespace inpaint
