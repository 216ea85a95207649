#include "train/record.h"

#include <doctest/doctest.h>

#include "pipeline/helpers.h"
#include "support.h"
#include "train/folder.h"

namespace inpaint::test {

TEST_CASE("a record tells where a model comes from, sitting by sitting") {
  const ScratchFolder scratch;
  const std::string folder = scratch.path().string(), path = TrainingFolder(folder).record();
  CHECK(recorded_end(folder).empty());
  History history;
  {
    TrainingRecord record(path, false);
    record.begin_sitting({"1.2.3", "inpaint finetune a"}, {{"batch", "2"}}, {{"batch", "2"}, {"seed", "7"}});
    BaseModel base;
    base.name = "shop";
    base.sha256 = "00ff";
    record.tell_base(&base);
    record.tell_learner("torch");
    history.add({{"event", "evaluation"}, {"step", 0}, {"hole-psnr", 20.0}});
    history.add({{"event", "evaluation"}, {"step", 8}, {"hole-psnr", 22.0}});
    history.add({{"event", "evaluation"}, {"step", 16}, {"hole-psnr", 21.0}});
    record.tell_progress("interrupted", history, "reconstruct");
    record.write();
  }
  CHECK(recorded_end(folder) == "interrupted");
  TrainingRecord record(path, true);
  record.begin_sitting({"1.2.4", "inpaint finetune --resume"}, {{"batch", "2"}}, {{"batch", "2"}, {"seed", "7"}});
  record.write();
  const nlohmann::json json = nlohmann::json::parse(file_text(path));
  CHECK(json["ended"] == "running");
  CHECK(json["options"] == nlohmann::json::array({{"batch", "2"}}));
  CHECK(json["seed"] == "7");
  CHECK(json["base"]["name"] == "shop");
  CHECK(json["base"]["sha256"] == "00ff");
  CHECK(json["figures"]["first"]["hole-psnr"] == 20.0);
  CHECK(json["figures"]["best"]["step"] == 8);
  CHECK(json["figures"]["last"]["step"] == 16);
  REQUIRE(json["sittings"].size() == 2);
  CHECK(json["sittings"][0]["learner"] == "torch");
  CHECK(json["sittings"][0]["last-step"] == 16);
  CHECK(json["sittings"][1]["inpaint"] == "1.2.4");
  CHECK(json["sittings"][1]["command"] == "inpaint finetune --resume");
  CHECK(json["sittings"][1]["started"].get<std::string>().size() == std::string("2026-01-01T00:00:00Z").size());
  CHECK(json["sittings"][1]["machine"]["cores"].get<int>() >= 1);
}

TEST_CASE("a damaged record is refused") {
  const ScratchFolder scratch;
  const std::string path = scratch / "training.json";
  for (const char* text : {"", "[]", "{\"options\": []}", "{\"options\": [], \"sittings\": 3, \"ended\": \"\"}"}) {
    write_file(path, text);
    CHECK(missing_of(message_of<SpecError>([&] { TrainingRecord(path, true); }), {path, "damaged"}) == "");
  }
}

TEST_CASE("one training at a time works in a folder") {
  const ScratchFolder scratch;
  const TrainingFolder folder(scratch / "model");
  {
    const TrainingLock lock(folder);
    CHECK(missing_of(message_of<MissingError>([&] { TrainingLock{folder}; }), {folder.path(), "another training"}) ==
          "");
  }
  const TrainingLock again(folder);
  write_file(scratch / "file", "");
  CHECK(missing_of(message_of<MissingError>([&] { TrainingLock{TrainingFolder(scratch / "file")}; }), {"file"}) == "");
}

}  // namespace inpaint::test
