// The multigrid solver against problems whose solution is known.
#include "classic/fill/patch/poisson_private.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <opencv2/core/utility.hpp>

using inpaint::patch::PoissonGrid;

namespace {

using Inside = std::function<bool(int x, int y)>;

struct Problem {
  std::vector<PoissonGrid::Cell> cells;
  std::vector<cv::Point> places;
  PoissonGrid::Values b;
};

// Cells where `inside`; neighbours in the picture but not inside are known with the value `truth` there, neighbours
// beyond the picture do not exist.
Problem problem(int width, int height, const Inside& inside, const std::function<float(int, int)>& truth,
                float anchor = 0) {
  Problem out;
  std::vector<int32_t> number(static_cast<size_t>(width * height), -1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (!inside(x, y)) continue;
      number[static_cast<size_t>(y * width + x)] = static_cast<int32_t>(out.places.size());
      out.places.push_back({x, y});
    }
  }
  constexpr int steps[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
  for (const cv::Point& p : out.places) {
    PoissonGrid::Cell cell;
    cv::Vec3f b = anchor * cv::Vec3f::all(truth(p.x, p.y));
    cell.anchor = anchor;
    for (size_t k = 0; k < 4; ++k) {
      const int x = p.x + steps[k][0], y = p.y + steps[k][1];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      cell.neighbour[k] = number[static_cast<size_t>(y * width + x)];
      if (cell.neighbour[k] >= 0) {
        cell.weight[k] = PoissonGrid::full;
      } else {
        cell.known += 1;
        b += cv::Vec3f::all(truth(x, y));
      }
    }
    out.cells.push_back(cell);
    out.b.push_back(b);
  }
  return out;
}

float worst_error(const Problem& problem, const PoissonGrid::Values& u, const std::function<float(int, int)>& truth) {
  float worst = 0;
  for (size_t i = 0; i < u.size(); ++i) {
    const float error = u[i][1] - truth(problem.places[i].x, problem.places[i].y);
    worst = std::max(worst, std::abs(error));
  }
  return worst;
}

PoissonGrid::Values solved(const Problem& problem, int cycles) {
  PoissonGrid::Values u(problem.cells.size());
  const PoissonGrid grid(problem.cells, problem.places);
  for (int i = 0; i < cycles; ++i) grid.cycle(u, problem.b);
  return u;
}

float slope(int x, int y) { return 20 + 1.5f * static_cast<float>(x) - 0.5f * static_cast<float>(y); }
bool disc(int x, int y) { return (x - 50) * (x - 50) + (y - 45) * (y - 45) < 35 * 35; }

}  // namespace

TEST_CASE("poisson: a slope is continued into a disc, and each cycle comes closer") {
  const Problem hole = problem(100, 90, disc, slope);
  float before = 200;
  for (const int cycles : {1, 2, 4, 8, 16}) {
    CAPTURE(cycles);
    const float error = worst_error(hole, solved(hole, cycles), slope);
    CHECK(error < 0.8f * before);
    before = error;
  }
  CHECK(worst_error(hole, solved(hole, 30), slope) < 0.05);
}

TEST_CASE("poisson: a hole that reaches the picture's border converges too") {
  const auto flat = [](int, int) { return 100.f; };
  const Problem hole = problem(
      120, 80, [](int x, int y) { return x >= 60 && y < 50; }, flat);
  CHECK(worst_error(hole, solved(hole, 10), flat) < 10);
  CHECK(worst_error(hole, solved(hole, 60), flat) < 0.5);
}

TEST_CASE("poisson: an anchored picture without any known neighbour takes its anchor") {
  const Problem all = problem(
      70, 50, [](int, int) { return true; }, slope, 1000);
  CHECK(worst_error(all, solved(all, 8), slope) < 0.05);
}

TEST_CASE("poisson: scattered cells, a line and a single one are solved") {
  const Inside shapes[] = {[](int x, int y) { return x % 3 == 1 && y % 3 == 1; },
                           [](int x, int y) { return x == 40 && y > 0 && y < 59; },
                           [](int x, int y) { return x == 7 && y == 9; }};
  for (const Inside& inside : shapes) {
    const Problem hole = problem(90, 60, inside, slope);
    CHECK(worst_error(hole, solved(hole, 12), slope) < 0.05);
  }
}

TEST_CASE("poisson: the same bits for any number of threads") {
  const Problem hole = problem(100, 90, disc, slope);
  const int threads = cv::getNumThreads();
  cv::setNumThreads(1);
  const PoissonGrid::Values one = solved(hole, 5);
  cv::setNumThreads(2);
  const PoissonGrid::Values two = solved(hole, 5);
  cv::setNumThreads(threads);
  CHECK(one == two);
}
