#include "pipeline/stage.h"
#include "stages/compose_task.h"

namespace inpaint {
namespace {

class ComposeStage : public Stage {
 public:
  void describe(Fields& fields) override {
    task_.describe(fields);
    task_.describe_original(fields);
  }
  void prepare(const Fields& given) override { task_.prepare(given); }

  std::vector<Port> needs() const override {
    return task_.needs_original() ? std::vector{Port::original} : std::vector<Port>{};
  }
  Port result() const override { return Port::image; }
  bool makes_opaque() const override { return task_.makes_opaque(); }
  std::vector<const Companion*> companions() const override { return task_.companions(); }

  void run(Item& item) const override { task_.apply(item); }

 private:
  ComposeTask task_{"compose"};
};

}  // namespace

StageInfo compose_stage() {
  return {"compose", "Turn a cut-out into a picture to be shown: background, crop, canvas, shadow",
          [] { return std::unique_ptr<Stage>(new ComposeStage); }};
}

}  // namespace inpaint
