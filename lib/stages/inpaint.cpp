#include "classic/mask/combine.h"
#include "pipeline/stage.h"
#include "stages/mask_facts.h"
#include "stages/models.h"

namespace inpaint {
namespace {

class InpaintStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fields.add("model", model_, "What fills the hole").one_of(models_for("inpaint")).value("NAME");
    fields.add("radius", options_.radius, "How far around each point known pixels are looked at").range(1, 100);
    fields
        .add("feather", feather_,
             "Blend the fill into its surroundings over N pixels outside the mask; 0 keeps every known pixel")
        .range(0, 1000);
  }

  void prepare(const Fields& given) override {
    check_model_options("inpaint", model_, given);
    inpainter_ = make_inpainter(model_, options_);
  }

  std::vector<Port> needs() const override { return {Port::mask}; }
  Port result() const override { return Port::image; }

  void run(Item& item) const override {
    item.mask = feather_outwards(item.mask, feather_);
    tell_mask(item);
    item.facts["model"] = model_;
    if (item.facts["box"].is_null()) {
      item.notes.push_back("the mask is empty: nothing was filled");
      return;
    }
    item.image = inpainter_->fill(item.image, item.mask);
  }

 private:
  std::string model_ = models_for("inpaint").front();
  FillOptions options_;
  double feather_ = 0;
  std::unique_ptr<Inpainter> inpainter_;
};

}  // namespace

StageInfo inpaint_stage() {
  return {"inpaint", "Fill what a mask selects", [] { return std::unique_ptr<Stage>(new InpaintStage); }};
}

}  // namespace inpaint
