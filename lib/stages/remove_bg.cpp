#include <opencv2/core.hpp>

#include "classic/matte/foreground.h"
#include "pipeline/stage.h"
#include "stages/compose_task.h"
#include "stages/remote_edit.h"
#include "stages/remote_task.h"
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
    only_here_ = fields.names();
    std::erase(only_here_, "keep-background");
    fields.add("keep-colors", keep_colors_, "Leave the old background in the colours of soft edges");
    compose_.describe(fields);
    remote_.describe(fields);
  }

  void prepare(const Fields& given) override {
    remote_.prepare(given, only_here_);
    if (!remote_.given()) task_.prepare(given);
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

  std::optional<RemoteUse> remote_use() const override { return remote_.use(); }
  void keep_in(const std::string& directory) override { remote_.keep_in(directory); }
  void abort() const override { remote_.abort(); }

  nlohmann::json recipe() const override { return remote_.given() ? remote_.recipe() : task_.recipe(); }
  bool opens_network() const override { return !remote_.given() && task_.opens_network(); }
  void open() override {
    if (remote_.given()) return remote_.open();
    matter_ = task_.open_matter();
  }

  void run(Item& item) const override { run_and_wait(*this, item); }

  std::unique_ptr<Waiting> start(Item& item) const override {
    if (remote_.given()) return ask(item);
    take(find(item), item);
    return nullptr;
  }

 private:
  std::unique_ptr<Waiting> ask(Item& item) const {
    if (item.image.has_alpha() && cv::countNonZero(item.image.alpha()) == 0) {
      item.notes.push_back("the picture is all transparent: there is nothing to find");
      take(constant_matte(item.image, 0), item);
      return nullptr;
    }
    return remote_.ask({.image = picture_for_service(item.image, remote_.card())}, item,
                       [this](const RemoteAnswer& answer, Item& asked) {
                         take(judged(matte_of_answer(answer.matte, asked.image), asked), asked);
                       });
  }

  // Cuts out what was found; nothing: the picture is left as it is.
  void take(const std::optional<Matte>& found, Item& item) const {
    item.matte = found.value_or(constant_matte(item.image, 1));
    item.facts["coverage"] = cv::mean(item.matte.values())[0];
    item.original = item.image;
    const bool cleans = found && !keep_colors_;
    item.image = cut_out(cleans ? clean_colors(item.image, item.matte) : item.image, item.matte);
    if (found && compose_.wanted()) compose_.apply(item);
  }

  Matte judged(const Matte& found, Item& item) const {
    if (remote_.given() && cv::countNonZero(found.values() < 0.5) == 0)
      item.notes.push_back("the service kept all of the picture: the result wants a look");
    if (cv::countNonZero(found.values()) == 0)
      item.notes.push_back(task_.keeps_background() ? "no subject found: nothing was taken away"
                                                    : "no subject found: the result is all transparent");
    return task_.keeps_background() ? inverted(found) : found;
  }

  // What is to stay of the picture; nothing if it is to be left as it is.
  std::optional<Matte> find(Item& item) const {
    const auto request = task_.request(item);
    FoundMatte found = request ? matter_->matte(*request) : FoundMatte{constant_matte(item.image, 0), std::nullopt};
    if (task_.settle(found.confidence, found.method, item)) return std::nullopt;
    if (request) return judged(found.matte, item);
    return task_.keeps_background() ? inverted(found.matte) : found.matte;
  }

  SubjectTask task_{"remove-bg"};
  RemoteTask remote_{"remove-bg"};
  std::vector<std::string> only_here_;
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
