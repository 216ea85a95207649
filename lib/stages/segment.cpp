#include "image/overlay.h"
#include "pipeline/stage.h"
#include "stages/mask_facts.h"
#include "stages/models.h"

namespace inpaint {
namespace {

class SegmentStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fields.add("model", model_, "What finds the subject").one_of(models_for("segment")).value("NAME");
    options_.describe(fields);
    fields.add("preview", preview_, "Write an overlay beside each result, as STEM.preview.jpg").not_in_recipe();
  }

  void prepare(const Fields& given) override {
    check_model_options("segment", model_, given);
    segmenter_ = make_segmenter(model_, options_);
  }

  std::vector<Port> gives() const override { return {Port::mask}; }
  Port result() const override { return Port::mask; }
  std::vector<std::string> extras() const override {
    return preview_ ? std::vector<std::string>{".preview"} : std::vector<std::string>{};
  }

  void run(Item& item) const override {
    item.mask = segmenter_->segment(item.image);
    tell_mask(item);
    item.facts["model"] = model_;
    if (item.facts["box"].is_null()) item.notes.push_back("no subject found: the mask is empty");
    if (preview_) item.extras.push_back({".preview", mask_overlay(item.image, item.mask)});
  }

 private:
  std::string model_ = models_for("segment").front();
  SubjectOptions options_;
  bool preview_ = false;
  std::unique_ptr<Segmenter> segmenter_;
};

}  // namespace

StageInfo segment_stage() {
  return {"segment", "Find the subject and write it as a mask",
          [] { return std::unique_ptr<Stage>(new SegmentStage); }};
}

}  // namespace inpaint
