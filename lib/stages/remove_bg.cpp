#include <opencv2/core.hpp>

#include "pipeline/stage.h"
#include "stages/models.h"

namespace inpaint {
namespace {

class RemoveBackgroundStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fields.add("model", model_, "What finds the subject").one_of(models_for("remove-bg")).value("NAME");
    options_.describe(fields);
  }

  void prepare(const Fields& given) override {
    check_model_options("remove-bg", model_, given);
    matter_ = make_matter(model_, options_);
  }

  std::vector<Port> gives() const override { return {Port::matte}; }
  Port result() const override { return Port::image; }
  bool makes_alpha() const override { return true; }

  void run(Item& item) const override {
    item.matte = matter_->matte(item.image);
    item.image = cut_out(item.image, item.matte);
    const double opaque = cv::mean(item.matte.values())[0];
    item.facts["model"] = model_;
    item.facts["coverage"] = opaque;
    if (opaque == 0) item.notes.push_back("no subject found: the result is all transparent");
  }

 private:
  std::string model_ = models_for("remove-bg").front();
  SubjectOptions options_;
  std::unique_ptr<Matter> matter_;
};

}  // namespace

StageInfo remove_bg_stage() {
  return {"remove-bg", "Cut the subject out of its background (transparent PNG)",
          [] { return std::unique_ptr<Stage>(new RemoveBackgroundStage); }};
}

}  // namespace inpaint
