#include "classic/fill/texture.h"
#include "core/error.h"
#include "image/overlay.h"
#include "pipeline/stage.h"
#include "stages/damage_finder.h"
#include "stages/fill_task.h"
#include "stages/mask_facts.h"
#include "stages/truth.h"

namespace inpaint {
namespace {

class ReconstructStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fill_.describe(fields);
    fields
        .add("refine", refine_,
             "Networks: what is put over the fill: nothing, or texture from the rest of the picture where the fill's "
             "surroundings have some")
        .one_of({"none", "patch"})
        .value("NAME");
    fields
        .add("refine-strength", strength_,
             "How much of that texture; 1: as textured as the surroundings, which looks best; 0.5 came closest to "
             "originals")
        .range(0, 1);
    damage_.describe(fields);
    truth_.describe(fields);
  }

  void prepare(const Fields& given) override {
    damage_.prepare(given);
    truth_.prepare();
    if (refine_ == "none" && given.given("refine-strength"))
      throw SpecError("refine-strength: --refine none puts nothing over the fill; leave out one");
    if (!damage_.previews()) {
      fill_.prepare(given);
    } else if (truth_.given()) {
      throw SpecError(
          "reconstruct: --detect-preview repairs nothing that could be compared with --truth; leave out one");
    }
  }

  std::vector<Port> needs() const override { return damage_.given() ? std::vector<Port>{} : std::vector{Port::mask}; }
  std::vector<Port> uses() const override { return {Port::mask}; }
  std::vector<Port> gives() const override { return damage_.given() ? std::vector{Port::mask} : std::vector<Port>{}; }
  Port result() const override { return Port::image; }
  bool makes_opaque() const override { return damage_.previews(); }
  std::vector<const Companion*> companions() const override { return {&truth_.files()}; }

  nlohmann::json recipe() const override { return damage_.previews() ? nullptr : fill_.model().recipe(); }
  bool opens_network() const override { return !damage_.previews() && fill_.model().opens_network(); }
  void open() override {
    if (!damage_.previews()) fill_.open();
  }

  void run(Item& item) const override {
    const Image original = truth_.given() ? truth_.of(item) : Image();
    if (damage_.given()) item.mask = damage_.united_with_mask(item);
    if (damage_.previews()) {
      tell_mask(item);
      item.image = mask_overlay(item.image, item.mask);
      return;
    }
    fill_.run(item);
    if (refine_ == "patch" && fill_.model().card()) refine(item);
    if (truth_.given()) Truth::tell(original, item);
  }

 private:
  void refine(Item& item) const {
    PatchOptions options;
    options.seed = item.seed;
    item.image = add_texture(item.image, item.mask, options, strength_);
  }

  FillTask fill_{"reconstruct"};
  std::string refine_ = "patch";
  double strength_ = 0.5;
  DamageFinder damage_;
  Truth truth_;
};

}  // namespace

StageInfo reconstruct_stage() {
  return {"reconstruct", "Repair damage: scratches, stains, text, missing parts",
          [] { return std::unique_ptr<Stage>(new ReconstructStage); }};
}

}  // namespace inpaint
