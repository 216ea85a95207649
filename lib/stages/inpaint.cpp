#include <filesystem>

#include "classic/mask/combine.h"
#include "pipeline/area.h"
#include "pipeline/atomic_file.h"
#include "pipeline/stage.h"
#include "stages/fill_task.h"
#include "stages/target_finder.h"

namespace inpaint {
namespace {

class InpaintStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fill_.describe(fields);
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
    fill_.prepare(given);
    target_.prepare(given);
    search_.prepare("--search-area");
    avoid_.prepare("--avoid-area");
  }

  std::vector<Port> needs() const override { return target_.given() ? std::vector<Port>{} : std::vector{Port::mask}; }
  std::vector<Port> gives() const override { return target_.given() ? std::vector{Port::mask} : std::vector<Port>{}; }
  Port result() const override { return Port::image; }
  std::vector<const Companion*> companions() const override { return {&search_.mask(), &avoid_.mask()}; }

  nlohmann::json recipe() const override {
    nlohmann::json filler = fill_.model().recipe(), finder = target_.recipe();
    if (filler.is_null() && finder.is_null()) return nullptr;
    return {{"filler", std::move(filler)}, {"finder", std::move(finder)}};
  }
  bool opens_network() const override { return fill_.model().opens_network() || target_.opens_network(fill_.model()); }
  void open() override {
    fill_.open();
    target_.open(fill_.model());
  }

  void run(Item& item) const override {
    if (target_.given()) item.mask = target_.find(item);
    item.mask = feather_outwards(item.mask, feather_);
    fill_.run(item, donors(item), watcher(item));
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

  FillTask fill_{"inpaint"};
  TargetFinder target_;
  Area search_, avoid_;
  double feather_ = 0;
  std::string debug_;
};

}  // namespace

StageInfo inpaint_stage() {
  return {"inpaint", "Fill what a mask selects", [] { return std::unique_ptr<Stage>(new InpaintStage); }};
}

}  // namespace inpaint
