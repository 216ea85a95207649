#include "train/metrics.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support.h"

namespace inpaint::test {
namespace {

nlohmann::json event(const char* kind, int64_t step) { return {{"event", kind}, {"step", step}, {"loss", 1.0}}; }

// "step 1, evaluation 1, ..." as the file has it.
std::string told(const std::string& path) {
  std::string text, lines = file_text(path);
  for (size_t at = 0; at < lines.size();) {
    const size_t end = lines.find('\n', at);
    REQUIRE(end != std::string::npos);
    const nlohmann::json line = nlohmann::json::parse(lines.substr(at, end - at));
    text += (text.empty() ? "" : ", ") + line["event"].get<std::string>() + " " + line["step"].dump();
    at = end + 1;
  }
  return text;
}

}  // namespace

TEST_CASE("events become lines at once; without going on, an old file is replaced") {
  const ScratchFolder folder;
  const std::string path = folder / "metrics.jsonl";
  write_file(path, "{\"event\":\"step\",\"step\":99}\n");
  MetricsFile metrics(path, false);
  CHECK(file_text(path).empty());
  metrics.add(event("evaluation", 0));
  metrics.add(event("step", 1));
  CHECK(told(path) == "evaluation 0, step 1");
  CHECK(metrics.history().last_step == 1);
}

TEST_CASE("a training that goes on cuts off what a killed run told after the checkpoint") {
  const ScratchFolder folder;
  const std::string path = folder / "metrics.jsonl";
  {
    MetricsFile first(path, false);
    first.add(event("evaluation", 0));
    first.add(event("checkpoint", 0));
    for (int64_t step = 1; step <= 4; ++step) first.add(event("step", step));
    first.add(event("evaluation", 4));
    first.add(event("checkpoint", 4));
    for (int64_t step = 5; step <= 7; ++step) first.add(event("step", step));
  }
  const std::string whole = file_text(path);
  SUBCASE("from the checkpoint of step 4") {
    write_file(path, whole + "{\"event\":\"st");  // killed while it wrote
    MetricsFile second(path, true);
    second.add(event("step", 5));
    CHECK(told(path) ==
          "evaluation 0, checkpoint 0, step 1, step 2, step 3, step 4, evaluation 4, checkpoint 4, step 5");
    CHECK(second.history().last_step == 5);
    CHECK(second.history().evaluations.size() == 2);
    CHECK(second.history().curves.at("loss").points().size() == 7);  // 5 steps, 2 evaluations
  }
  SUBCASE("from a checkpoint before the evaluation of step 4, which is then told again") {
    MetricsFile second(path, true);
    second.add(event("evaluation", 4));
    CHECK(told(path) == "evaluation 0, checkpoint 0, step 1, step 2, step 3, step 4, evaluation 4");
  }
  SUBCASE("from the last line on") {
    MetricsFile second(path, true);
    second.add(event("step", 8));
    CHECK(file_text(path).starts_with(whole));
    CHECK(second.history().last_step == 8);
  }
  SUBCASE("nothing is cut before it tells something") {
    const MetricsFile second(path, true);
    CHECK(file_text(path) == whole);
  }
}

TEST_CASE("metrics that cannot be written are an error that names the file") {
  const ScratchFolder folder;
  CHECK_THROWS_AS(MetricsFile(folder / "none/metrics.jsonl", false), MissingError);
  MetricsFile full("/dev/full", false);
  CHECK_THROWS_WITH_AS(full.add(event("step", 1)), doctest::Contains("/dev/full"), MissingError);
}

}  // namespace inpaint::test
