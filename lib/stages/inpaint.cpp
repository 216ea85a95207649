#include <algorithm>
#include <filesystem>

#include "classic/mask/combine.h"
#include "nn/tasks/net_inpainter.h"
#include "pipeline/area.h"
#include "pipeline/atomic_file.h"
#include "pipeline/stage.h"
#include "stages/chosen_model.h"
#include "stages/mask_facts.h"
#include "stages/models.h"
#include "stages/target_finder.h"

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

class InpaintStage : public Stage {
 public:
  void describe(Fields& fields) override {
    model_.describe(fields, "What fills the hole");
    options_.describe(fields);
    large_.describe(fields);
    target_.describe(fields);
    fields.add("search-area", search_, "Take pixels only from here: a box, a mask (white), or a directory of masks");
    fields.add("avoid-area", avoid_, "Take no pixels from here: a box, a mask (white), or a directory of masks");
    fields
        .add("feather", feather_,
             "Blend the fill into its surroundings over N pixels outside the mask; 0 keeps every known pixel")
        .range(0, 1000);
    fields.add("debug", debug_, "Also write what each scale begins and ends with into DIR, as pictures")
        .value("DIR")
        .not_in_recipe();
  }

  void prepare(const Fields& given) override {
    model_.prepare(given);
    target_.prepare(given);
    search_.prepare("--search-area");
    avoid_.prepare("--avoid-area");
  }

  std::vector<Port> needs() const override { return target_.given() ? std::vector<Port>{} : std::vector{Port::mask}; }
  std::vector<Port> gives() const override { return target_.given() ? std::vector{Port::mask} : std::vector<Port>{}; }
  Port result() const override { return Port::image; }
  std::vector<const Companion*> companions() const override { return {&search_.mask(), &avoid_.mask()}; }

  nlohmann::json recipe() const override {
    nlohmann::json filler = model_.recipe(), finder = target_.recipe();
    if (filler.is_null() && finder.is_null()) return nullptr;
    return {{"filler", std::move(filler)}, {"finder", std::move(finder)}};
  }
  bool opens_network() const override { return model_.opens_network() || target_.opens_network(model_); }
  void open() override {
    inpainter_ = model_.card() ? std::make_unique<NetInpainter>(*model_.card(), model_.open(), large_)
                               : make_inpainter(model_.name(), options_);
    target_.open(model_);
  }

  void run(Item& item) const override {
    if (target_.given()) item.mask = target_.find(item);
    item.mask = feather_outwards(item.mask, feather_);
    tell_mask(item);
    item.facts["model"] = model_.name();
    for (const char* fact : {"holes", "more-holes"}) item.facts.erase(fact);  // of an earlier stage
    if (item.facts["box"].is_null()) {
      item.notes.push_back("the mask is empty: nothing was filled");
      return;
    }
    FillResult result = inpainter_->fill({item.image, item.mask, donors(item), item.seed, watcher(item)});
    item.image = std::move(result.image);
    if (result.holes.empty()) return;
    tell_holes(result.holes, item.facts);
    for (const FilledHole& hole : result.holes) {
      if (hole.reason.empty()) continue;
      item.notes.push_back("the hole at " + std::to_string(hole.box.x0) + "," + std::to_string(hole.box.y0) +
                           " was filled by " + hole.method + ": " + hole.reason);
    }
  }

 private:
  // Where pixels may be taken from; empty if everywhere.
  Mask donors(Item& item) const {
    if (!search_.given() && !avoid_.given()) return {};
    Mask area = search_.given() ? search_.in(item.rel, item.image, item.notes)
                                : invert(Mask(item.image.width(), item.image.height()));
    return avoid_.given() ? subtract(area, avoid_.in(item.rel, item.image, item.notes)) : area;
  }

  std::function<void(const std::string&, const Image&)> watcher(const Item& item) const {
    if (debug_.empty()) return {};
    const std::filesystem::path folder = std::filesystem::path(debug_) / item.rel;
    return [folder](const std::string& name, const Image& picture) {
      Notes ignored;
      write_atomically((folder / (name + ".png")).string(), encode_image(picture, {Format::png}, ignored));
    };
  }

  ChosenModel model_{"inpaint"};
  FillOptions options_;
  LargeOptions large_;
  TargetFinder target_;
  Area search_, avoid_;
  double feather_ = 0;
  std::string debug_;
  std::unique_ptr<Inpainter> inpainter_;
};

}  // namespace

StageInfo inpaint_stage() {
  return {"inpaint", "Fill what a mask selects", [] { return std::unique_ptr<Stage>(new InpaintStage); }};
}

}  // namespace inpaint
