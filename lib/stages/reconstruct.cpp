#include "classic/fill/texture.h"
#include "pipeline/stage.h"
#include "stages/fill_task.h"
#include "stages/truth.h"

namespace inpaint {
namespace {

class ReconstructStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fill_.describe(fields);
    fields
        .add("refine", refine_,
             "What is put over a network's fill: nothing, or texture from the rest of the picture where its "
             "surroundings have some")
        .one_of({"none", "patch"})
        .value("NAME");
    truth_.describe(fields);
  }

  void prepare(const Fields& given) override {
    fill_.prepare(given);
    truth_.prepare();
  }

  std::vector<Port> needs() const override { return {Port::mask}; }
  Port result() const override { return Port::image; }
  std::vector<const Companion*> companions() const override { return {&truth_.files()}; }

  nlohmann::json recipe() const override { return fill_.model().recipe(); }
  bool opens_network() const override { return fill_.model().opens_network(); }
  void open() override { fill_.open(); }

  void run(Item& item) const override {
    const Image original = truth_.given() ? truth_.of(item) : Image();
    fill_.run(item);
    if (refine_ == "patch" && fill_.model().card()) refine(item);
    if (truth_.given()) Truth::tell(original, item);
  }

 private:
  void refine(Item& item) const {
    PatchOptions options;
    options.seed = item.seed;
    item.image = add_texture(item.image, item.mask, options);
  }

  FillTask fill_{"reconstruct"};
  std::string refine_ = "none";
  Truth truth_;
};

}  // namespace

StageInfo reconstruct_stage() {
  return {"reconstruct", "Repair damage: scratches, stains, text, missing parts",
          [] { return std::unique_ptr<Stage>(new ReconstructStage); }};
}

}  // namespace inpaint
