#include "train/plot.h"

#include <doctest/doctest.h>

#include <cstdio>

namespace inpaint::test {

TEST_CASE("axes are divided at round values") {
  CHECK(axis_ticks(0, 100, 5) == std::vector<double>{0, 20, 40, 60, 80, 100});
  CHECK(axis_ticks(-0.7, 1.2, 4) == std::vector<double>{-0.5, 0, 0.5, 1});
  CHECK(axis_ticks(22.4, 22.5, 5).front() == doctest::Approx(22.4));
  CHECK(axis_ticks(22.4, 22.5, 5).size() == 6);
}

TEST_CASE("a plot draws each line, marks the best, and escapes what it is told") {
  Plot plot{.title = "a < b", .unit = "dB", .lines = {{"first", {{0, 1}, {50, 2}, {100, 3}}}, {"second", {{0, 2}}}}};
  plot.marked_step = 50;
  plot.last_step = 100;
  const std::string svg = svg_of(plot);
  // The axis is 488 pixels long and begins at 58: step 50 lies at 302, step 100 at 546.
  CHECK(svg.find("a &lt; b, dB") != std::string::npos);
  CHECK(svg.find("class=\"line-0\" d=\"M58.0") != std::string::npos);
  CHECK(svg.find("class=\"line-1\"") != std::string::npos);
  CHECK(svg.find("L302.0 ") != std::string::npos);
  CHECK(svg.find("L546.0 ") != std::string::npos);
  CHECK(svg.find("class=\"marked\" d=\"M302.0") != std::string::npos);
  CHECK(svg.find("first</span>") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
}

TEST_CASE("equal powers of ten are equally far apart on a logarithmic plot") {
  Plot plot{.title = "loss", .unit = "", .lines = {{"loss", {{0, 100}, {1, 10}, {2, 1}}}}, .logarithmic = true};
  plot.last_step = 2;
  const std::string svg = svg_of(plot);
  const size_t at = svg.find("d=\"M58.0 ", svg.find("class=\"line-0\"")) + 9;
  double y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  REQUIRE(std::sscanf(svg.c_str() + at, "%lfL%lf %lfL%lf %lf", &y0, &x1, &y1, &x2, &y2) == 5);
  CHECK(y1 - y0 == doctest::Approx(y2 - y1).epsilon(0.01));
}

TEST_CASE("nothing to draw is no plot; a constant line is one") {
  CHECK(svg_of({.title = "empty", .unit = "", .lines = {{"none", {}}}}).empty());
  const std::string svg = svg_of({.title = "flat", .unit = "", .lines = {{"flat", {{0, 5}, {1, 5}}}}, .last_step = 1});
  CHECK(svg.find("class=\"line-0\"") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
}

}  // namespace inpaint::test
