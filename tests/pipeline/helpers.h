// What the tests of the pipeline and of its stages share: what an error says, pipelines from text, one item through a
// stage, a listener that remembers.
#pragma once
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "pipeline/pipeline.h"
#include "pipeline/runner.h"
#include "support.h"

template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& words) {
    std::string text = "{";
    for (const std::string& word : words) text += (text.size() > 1 ? ", \"" : "\"") + word + "\"";
    return (text + "}").c_str();
  }
};

namespace inpaint::test {

using Words = std::vector<std::string>;

/// The message of the E that `work` throws.
template <class E, class Work>
std::string message_of(const Work& work) {
  try {
    work();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing of this type was thrown";
}

/// The first of the words that the text does not hold; "" if it holds them all.
inline std::string missing_of(const std::string& text, const Words& words) {
  for (const std::string& word : words) {
    if (text.find(word) == std::string::npos) return "'" + word + "' in: " + text;
  }
  return "";
}

inline Spec yaml(const std::string& text) { return parse_spec(text, "spec.yaml"); }

/// A spec of one stage with its options, each as "name" or "name=value".
inline StageSpec stage_spec(const std::string& name, const Words& options = {}) {
  StageSpec stage{name, "--set", {}};
  for (const std::string& option : options) {
    const size_t equals = option.find('=');
    const std::string key = option.substr(0, equals);
    stage.options.push_back({key, equals == std::string::npos ? "true" : option.substr(equals + 1), "--" + key});
  }
  return stage;
}

/// A stage with its options set and prepared.
struct ReadyStage {
  std::unique_ptr<Stage> stage;
  std::unique_ptr<Fields> fields = std::make_unique<Fields>();

  explicit ReadyStage(const std::string& name, const Words& options = {}) : stage(stage_called(name, "test").make()) {
    stage->describe(*fields);
    for (const GivenOption& option : stage_spec(name, options).options)
      fields->set(option.name, option.text, option.where);
    stage->prepare(*fields);
    stage->open();
  }
  Item run(const Image& image, const Mask& mask = {}, const std::string& rel = "a/b.png", uint64_t seed = 1) const {
    Item item;
    item.rel = rel;
    item.seed = seed;
    item.image = image;
    item.mask = mask;
    stage->run(item);
    return item;
  }
};

/// Remembers everything it is told.
class Recorder : public RunListener {
 public:
  void on_start(size_t total_items, size_t due_items) override {
    ++starts;
    total = total_items;
    due = due_items;
  }
  void on_outcome(const Outcome& outcome) override { outcomes.push_back(outcome); }
  void on_end(const RunSummary& told) override {
    ++ends;
    summary = told;
  }

  size_t count(Outcome::Status status) const {
    size_t n = 0;
    for (const Outcome& outcome : outcomes) n += outcome.status == status;
    return n;
  }
  /// The outcome of the input with this file name; one without an input if there is none.
  Outcome of(const std::string& file_name) const {
    for (const Outcome& outcome : outcomes) {
      if (std::filesystem::path(outcome.input).filename() == file_name) return outcome;
    }
    return {};
  }

  int starts = 0, ends = 0;
  size_t total = 0, due = 0;
  std::vector<Outcome> outcomes;
  RunSummary summary;
};

}  // namespace inpaint::test
