#include "train/options.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "pipeline/helpers.h"
#include "support.h"
#include "train/folder.h"

namespace inpaint::test {
namespace {

// Config text, then flags, as the command line takes them.
FinetuneOptions told(const std::string& config, const std::vector<GivenOption>& flags, Fields& fields,
                     FinetuneOptions& options) {
  options.describe(fields);
  for (const auto& layer : {parse_options(config, "shop.yaml"), flags}) {
    fields.begin_layer();
    for (const GivenOption& option : layer) fields.set(option.name, option.text, option.where);
  }
  return options;
}

std::string refused(const std::string& config) {
  return message_of<SpecError>([&] {
    Fields fields;
    FinetuneOptions options;
    told(config, {}, fields, options);
    options.check();
    options.training.check();
  });
}

}  // namespace

TEST_CASE("flags win over a config file, which wins over defaults") {
  Fields fields;
  FinetuneOptions options;
  told("size: 128\nbatch: 4\npictures: [a, b]\nloss: [hole=6, tv=0.2]\n",
       {{"batch", "2", "--batch"}, {"loss", "hole=9", "--loss"}}, fields, options);
  CHECK(options.training.size == 128);
  CHECK(options.training.batch == 2);
  CHECK(options.training.levels == 6);
  CHECK(options.paths.pictures == Words{"a", "b"});
  CHECK(options.paths.masks == "random");
  CHECK(options.training.loss == Words{"hole=9"});
  CHECK(print_options(fields) == "size: 128\npictures:\n  - a\n  - b\nbatch: 2\nloss: \"hole=9\"\n");
}

TEST_CASE("a config file is refused with its line and the nearest name") {
  CHECK(missing_of(refused("size: 128\nbatsh: 4\n"), {"shop.yaml:2: batsh", "did you mean 'batch'"}) == "");
  CHECK(missing_of(refused("batch: many\n"), {"shop.yaml:1: batch", "a number"}) == "");
  CHECK(missing_of(refused("batch: 0\n"), {"shop.yaml:1: batch", "1 to 256"}) == "");
  CHECK(missing_of(refused("batch: 2\nbatch: 4\n"), {"shop.yaml:2", "batch", "twice"}) == "");
  CHECK(missing_of(refused("just words"), {"shop.yaml:1", "name: value"}) == "");
  CHECK(missing_of(refused("a: [b\n"), {"shop.yaml:"}) == "");
}

TEST_CASE("what belongs to the other task is refused") {
  CHECK(missing_of(refused("task: remove-bg\nmasks: holes/\n"), {"masks", "mattes"}) == "");
  CHECK(missing_of(refused("mattes: m/\n"), {"mattes", "remove-bg"}) == "");
  CHECK(missing_of(refused("pictures: '-'\n"), {"many times"}) == "");
  CHECK(missing_of(refused("size: 100\n"), {"100", "64"}) == "");
}

TEST_CASE("options are recorded with absolute paths, and read back") {
  const ScratchFolder scratch;
  Fields fields;
  FinetuneOptions options;
  told("",
       {{"pictures", "in/../hats", ""},
        {"pictures", "@list.txt", ""},
        {"masks", "random", ""},
        {"base", "none", ""},
        {"batch", "2", ""}},
       fields, options);
  const std::string here = std::filesystem::current_path().string();
  const std::vector<GivenValue> given = options_to_record(fields);
  CHECK(given == std::vector<GivenValue>{{"pictures", here + "/hats"},
                                         {"pictures", "@" + here + "/list.txt"},
                                         {"masks", "random"},
                                         {"base", "none"},
                                         {"batch", "2"}});
  const std::string path = TrainingFolder(scratch.path().string()).record();
  write_file(path, nlohmann::json{{"options", given}}.dump());
  const auto again = recorded_options(scratch.path().string());
  REQUIRE(again.size() == 5);
  CHECK(again[4].name == "batch");
  CHECK(again[4].text == "2");
  write_file(path, "{\"options\": 3}");
  CHECK(missing_of(message_of<SpecError>([&] { recorded_options(scratch.path().string()); }), {path, "damaged"}) == "");
  CHECK(missing_of(message_of<SpecError>([&] { recorded_options("/nowhere"); }), {"/nowhere", "without --resume"}) ==
        "");
}

TEST_CASE("a training that is told no length sees every picture fifty times, and takes at least 1000 steps") {
  TrainingConfig config;
  config.batch = 8;
  CHECK(default_iterations(config, 100) == 1000);
  CHECK(default_iterations(config, 200) == 1250);
  CHECK(default_iterations(config, 201) == 1257);  // 10050 / 8, rounded up
}

}  // namespace inpaint::test
