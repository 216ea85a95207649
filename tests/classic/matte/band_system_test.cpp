#include "classic/matte/band_system_private.h"

#include <doctest/doctest.h>

#include "drawing.h"

namespace inpaint::test {

TEST_CASE("a band system over scattered pixels agrees with a dense solver") {
  cv::Mat unknown(9, 12, CV_8U);
  cv::RNG random(5);
  for (int y = 0; y < unknown.rows; ++y) {
    for (int x = 0; x < unknown.cols; ++x) unknown.at<uint8_t>(y, x) = random.uniform(0, 3) > 0 ? 255 : 0;
  }
  matte::BandSystem system(unknown);
  REQUIRE(system.size() == cv::countNonZero(unknown));
  cv::Mat dense = cv::Mat::zeros(system.size(), system.size(), CV_64F), right(system.size(), 1, CV_64F), expected;
  for (int i = 0; i < system.size(); ++i) {
    const cv::Point at = system.places()[static_cast<size_t>(i)];
    CHECK(system.index(at.x, at.y) == i);
    right.at<double>(i) = random.uniform(-1.0, 1.0);
    system.add_right_side(i, static_cast<float>(right.at<double>(i)));
    for (int k = 0; k < 12; ++k) {
      const int dx = k % 5 - 2, dy = k / 5 - 2, other = system.index(at.x + dx, at.y + dy);
      if (other < 0) continue;
      const double weight = random.uniform(-1.0, 0.2);
      system.add_before(i, dx, dy, static_cast<float>(weight));
      dense.at<double>(i, other) += weight, dense.at<double>(other, i) += weight;
      for (const int n : {i, other}) {
        dense.at<double>(n, n) += std::abs(weight) + 0.01;
        system.add_diagonal(n, static_cast<float>(std::abs(weight) + 0.01));
      }
    }
  }
  for (int i = 0; i < system.size(); ++i) dense.at<double>(i, i) += 0.1, system.add_diagonal(i, 0.1f);
  cv::solve(dense, right, expected, cv::DECOMP_CHOLESKY);
  std::vector<float> x(static_cast<size_t>(system.size()), 0.3f);
  CHECK(system.solve(x, 1e-6, 300) < 100);
  for (int i = 0; i < system.size(); ++i) {
    CHECK(x[static_cast<size_t>(i)] == doctest::Approx(expected.at<double>(i)).epsilon(1e-3).scale(1));
  }
}

}  // namespace inpaint::test
