#include "train/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support.h"

namespace inpaint::test {
namespace {

size_t times(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

nlohmann::json evaluation(int64_t step, double psnr) {
  return {{"event", "evaluation"}, {"step", step}, {"hole-psnr", psnr}, {"hole-l1", 9.5}, {"seconds", 77.25}};
}

Tensor grey(std::vector<int64_t> shape) {
  Tensor tensor(std::move(shape));
  std::fill(tensor.data(), tensor.data() + tensor.size(), 0.5F);
  return tensor;
}

}  // namespace

TEST_CASE("a report stands alone: curves, figures, pictures, settings, what was skipped") {
  const ScratchFolder folder;
  History history;
  history.add(evaluation(0, 21.5));
  history.add({{"event", "step"}, {"step", 10}, {"loss", 0.5}, {"terms", {{"hole", 0.1}, {"tv", 0.2}}}});
  history.add({{"event", "step"}, {"step", 20}, {"loss", 0.4}, {"terms", {{"hole", 0.1}, {"tv", 0.2}}}});
  history.add(evaluation(20, 23.25));
  Album album(folder / "pictures", "reconstruct", false);
  for (const int64_t step : {0, 20})
    album.add(step, {{grey({1, 3, 32, 32}), grey({1, 1, 32, 32})}, {"dir/<hat>.jpg"}}, grey({1, 3, 32, 32}));
  const nlohmann::json record = {
      {"config", {{"task", "reconstruct"}, {"learning-rate", "2e-04"}}},
      {"ended", "finished"},
      {"figures", {{"first", evaluation(0, 21.5)}, {"best", evaluation(20, 23.25)}, {"last", evaluation(20, 23.25)}}},
      {"pictures", {{"learned-from", 90}}},
      {"skipped", {{{"path", "broken.jpg"}, {"reason", "not a <JPEG>"}}}},
      {"sittings", {{{"command", "inpaint finetune 'a b'"}}}}};
  const std::string html = training_report("hats & shoes", record, history, album);
  for (const char* part : {"hats &amp; shoes", "finished", "20 steps", "23.25", "21.5", "2e-04", "90",
                           "1 picture skipped", "not a &lt;JPEG&gt;", "&lt;hat&gt;", "now, step 20, best",
                           "inpaint finetune 'a b'", "prefers-color-scheme: dark", "terms of the loss"}) {
    CAPTURE(std::string(part));
    CHECK(html.find(part) != std::string::npos);
  }
  // Before, masked, two evaluations; what JPEG files begin with.
  CHECK(times(html, "src=\"data:image/jpeg;base64,/9j/") == 4);
  CHECK(times(html, "<svg") == 4);  // hole-psnr, hole-l1, loss, terms
  CHECK(html.find("77.25") == std::string::npos);
  for (const char* outside : {"<script", "http://", "https://", "<link"})
    CHECK(html.find(outside) == std::string::npos);
}

TEST_CASE("a report before the first evaluation, and one whose pictures are gone") {
  const ScratchFolder folder;
  const nlohmann::json record = {{"config", {{"task", "remove-bg"}}}, {"sittings", nlohmann::json::array()}};
  Album album(folder / "pictures", "remove-bg", false);
  CHECK(training_report("new", record, {}, album).find("0 steps") != std::string::npos);
  album.add(0, {{grey({1, 3, 32, 32}), grey({1, 1, 32, 32})}, {"a"}}, grey({1, 1, 32, 32}));
  std::filesystem::remove_all(folder.path() / "pictures");
  const std::string html = training_report("gone", record, {}, album);
  CHECK(html.find("<img") == std::string::npos);
  CHECK(html.find("truth") != std::string::npos);
}

}  // namespace inpaint::test
