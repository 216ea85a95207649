#include "train/history.h"

#include <doctest/doctest.h>

#include <limits>

namespace inpaint::test {

TEST_CASE("a curve keeps every point of a short training, and means over equal numbers of steps of a long one") {
  Curve few;
  few.add(1, 4);
  few.add(2, std::numeric_limits<double>::quiet_NaN());
  few.add(3, 6);
  REQUIRE(few.points().size() == 2);
  CHECK(few.points()[1].step == 3);
  CHECK(few.points()[1].value == 6);

  Curve many;
  for (int64_t step = 1; step <= 100'000; ++step) many.add(step, static_cast<double>(step));
  CHECK(many.points().size() < 2048);
  CHECK(many.points().size() >= 1024);
  const int64_t stride = many.points().front().step;
  CHECK((stride & (stride - 1)) == 0);  // doubled each time it was thinned
  for (size_t i = 0; i < many.points().size(); ++i) {
    const Curve::Point& point = many.points()[i];
    CHECK(point.step == stride * static_cast<int64_t>(i + 1));
    // The mean of stride numbers that end with the step.
    CHECK(point.value == doctest::Approx(static_cast<double>(point.step) - static_cast<double>(stride - 1) / 2));
  }
}

TEST_CASE("a history sorts events into curves and evaluations, and knows the best") {
  History history;
  history.add({{"event", "evaluation"}, {"step", 0}, {"hole-psnr", 20.0}, {"seconds", 1.0}});
  history.add({{"event", "step"}, {"step", 10}, {"loss", 0.5}, {"terms", {{"hole", 0.1}}}, {"progress", 0.3}});
  history.add({{"event", "evaluation"}, {"step", 10}, {"hole-psnr", 22.0}});
  history.add({{"event", "checkpoint"}, {"step", 12}});
  history.add({{"event", "evaluation"}, {"step", 20}, {"hole-psnr", 21.0}});
  CHECK(history.last_step == 20);
  CHECK(history.curves.at("loss").points().size() == 1);
  CHECK(history.curves.at("terms/hole").points()[0].value == 0.1);
  CHECK(history.curves.at("hole-psnr").points().size() == 3);
  CHECK_FALSE(history.curves.contains("progress"));
  CHECK_FALSE(history.curves.contains("seconds"));
  CHECK(best_evaluation(history, "reconstruct")["step"] == 10);

  History mattes;
  CHECK(best_evaluation(mattes, "remove-bg").is_null());
  mattes.add({{"event", "evaluation"}, {"step", 0}, {"mae", 0.2}});
  mattes.add({{"event", "evaluation"}, {"step", 5}, {"mae", 0.1}});
  CHECK(best_evaluation(mattes, "remove-bg")["step"] == 5);
}

}  // namespace inpaint::test
