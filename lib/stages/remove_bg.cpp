#include <opencv2/core.hpp>

#include "classic/matte/foreground.h"
#include "pipeline/stage.h"
#include "stages/compose_task.h"
#include "stages/subject_task.h"

namespace inpaint {
namespace {

Matte constant_matte(const Image& image, double opacity) {
  return Matte(cv::Mat(image.pixels().size(), CV_32F, cv::Scalar(opacity)));
}

Matte inverted(const Matte& matte) { return Matte(cv::Mat(1 - matte.values())); }

class RemoveBackgroundStage : public Stage {
 public:
  void describe(Fields& fields) override {
    task_.describe(fields, {"keep", "fail", "original"});
    fields.add("keep-colors", keep_colors_, "Leave the old background in the colours of soft edges");
    compose_.describe(fields);
  }

  void prepare(const Fields& given) override {
    task_.prepare(given);
    compose_.prepare(given);
  }

  std::vector<Port> gives() const override { return {Port::matte, Port::original}; }
  Port result() const override { return Port::image; }
  bool makes_alpha() const override { return !compose_.makes_opaque(); }
  bool makes_opaque() const override { return compose_.makes_opaque(); }
  std::vector<const Companion*> companions() const override {
    std::vector<const Companion*> all = task_.companions();
    for (const Companion* companion : compose_.companions()) all.push_back(companion);
    return all;
  }

  nlohmann::json recipe() const override { return task_.recipe(); }
  bool opens_network() const override { return task_.opens_network(); }
  void open() override { matter_ = task_.open_matter(); }

  void run(Item& item) const override {
    const std::optional<Matte> found = find(item);
    item.matte = found.value_or(constant_matte(item.image, 1));
    item.facts["coverage"] = cv::mean(item.matte.values())[0];
    item.original = item.image;
    const bool cleans = found && !keep_colors_;
    item.image = cut_out(cleans ? clean_colors(item.image, item.matte) : item.image, item.matte);
    if (found && compose_.wanted()) compose_.apply(item);
  }

 private:
  // What is to stay of the picture; nothing if it is to be left as it is.
  std::optional<Matte> find(Item& item) const {
    const auto request = task_.request(item);
    FoundMatte found = request ? matter_->matte(*request) : FoundMatte{constant_matte(item.image, 0), std::nullopt};
    if (task_.settle(found.confidence, found.method, item)) return std::nullopt;
    if (request && cv::countNonZero(found.matte.values()) == 0)
      item.notes.push_back(task_.keeps_background() ? "no subject found: nothing was taken away"
                                                    : "no subject found: the result is all transparent");
    return task_.keeps_background() ? inverted(found.matte) : found.matte;
  }

  SubjectTask task_{"remove-bg"};
  bool keep_colors_ = false;
  ComposeTask compose_{"remove-bg"};
  std::unique_ptr<Matter> matter_;
};

}  // namespace

StageInfo remove_bg_stage() {
  return {"remove-bg", "Cut the subject out of its background: a transparent PNG, or composed at once",
          [] { return std::unique_ptr<Stage>(new RemoveBackgroundStage); }};
}

}  // namespace inpaint
