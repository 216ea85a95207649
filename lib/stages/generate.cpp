#include <fmt/format.h>

#include "core/error.h"
#include "pipeline/stage.h"
#include "remote/answer_check.h"
#include "stages/prompt_source.h"
#include "stages/remote_task.h"

namespace inpaint {
namespace {

class GenerateStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fields.add("count", count_, "Pictures of each prompt, with seeds of their own").range(1, 10000).not_in_recipe();
    fields.add("size", size_, "Width and height asked for; default: the endpoint's").value("WxH");
    remote_.describe(fields);
  }

  void prepare(const Fields& given) override {
    remote_.prepare(given, {});
    if (!remote_.given())
      throw SpecError(
          "generate: needs --endpoint; 'inpaint endpoints list' shows which can (openai, sagemaker, a1111)");
    EndpointCard card = remote_.card();
    if (!size_.empty()) card.size = size_;
    wanted_ = card.fixed_size().value_or(EndpointCard::Size{});
  }

  bool makes_pictures() const override { return true; }
  std::unique_ptr<Source> source(const std::vector<std::string>& inputs) const override {
    return std::make_unique<PromptSource>(remote_.prompt(), inputs, count_);
  }
  Port result() const override { return Port::image; }
  std::optional<RemoteUse> remote_use() const override { return remote_.use(); }
  void keep_in(const std::string& directory) override { remote_.keep_in(directory); }
  void abort() const override { remote_.abort(); }
  nlohmann::json recipe() const override { return remote_.recipe(); }
  void open() override { remote_.open(); }

  void run(Item& item) const override { run_and_wait(*this, item); }
  std::unique_ptr<Waiting> start(Item& item) const override {
    RemoteRequest request{.prompt = item.text};
    request.width = wanted_.width;
    request.height = wanted_.height;
    return remote_.ask(std::move(request), item, [](const RemoteAnswer& answer, Item& asked) {
      check_new_picture(answer.images.front());
      asked.image = answer.images.front();
    });
  }

 private:
  int count_ = 1;
  std::string size_;
  EndpointCard::Size wanted_;
  RemoteTask remote_{"generate"};
};

}  // namespace

StageInfo generate_stage() {
  return {"generate", "Make pictures from prompts, at a remote endpoint",
          [] { return std::unique_ptr<Stage>(new GenerateStage); }};
}

}  // namespace inpaint
