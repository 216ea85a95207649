#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <vector>

#include "drawing.h"
#include "train/colors_private.h"

using namespace inpaint;

namespace {

// Brightness, then contrast about the mean, then saturation about the luma, one after the other, in double precision.
cv::Vec3d changed(cv::Vec3d color, cv::Vec3d mean, double brightness, double contrast, double saturation) {
  for (int c = 0; c < 3; ++c) color[c] *= brightness;
  for (int c = 0; c < 3; ++c) color[c] = contrast * color[c] + (1 - contrast) * mean[c] * brightness;
  const double luma = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2];
  for (int c = 0; c < 3; ++c) color[c] = std::clamp(saturation * color[c] + (1 - saturation) * luma, 0.0, 1.0);
  return color;
}

}  // namespace

TEST_CASE("the change of colours is brightness, contrast and saturation in turn") {
  const cv::Mat rgb = test::painted_picture(32, 32).pixels();
  const cv::Scalar mean = cv::mean(rgb) / 255;
  Random random{3}, same{3};
  const ColorChange change = random_color_change(rgb, 0.4, random);
  const double brightness = same.uniform(0.6, 1.4), contrast = same.uniform(0.6, 1.4),
               saturation = same.uniform(0.6, 1.4);
  std::vector<float> planes(3 * 32 * 32);
  write_planes(rgb, change, planes.data());
  double worst = 0;
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      const cv::Vec3d expected = changed(cv::Vec3d(rgb.at<cv::Vec3b>(y, x)) / 255, {mean[0], mean[1], mean[2]},
                                         brightness, contrast, saturation);
      for (int c = 0; c < 3; ++c)
        worst = std::max(worst, std::abs(expected[c] - planes[static_cast<size_t>((c * 32 + y) * 32 + x)]));
    }
  }
  CHECK(worst < 1e-5);
}

TEST_CASE("no change of colours: planes are the values over 255") {
  const cv::Mat rgb = test::painted_picture(16, 16).pixels();
  Random random{1};
  std::vector<float> planes(3 * 16 * 16);
  write_planes(rgb, random_color_change(rgb, 0, random), planes.data());
  for (int i = 0; i < 256; ++i) {
    for (int c = 0; c < 3; ++c)
      CHECK(planes[static_cast<size_t>(c * 256 + i)] == doctest::Approx(rgb.data[3 * i + c] / 255.0).epsilon(1e-6));
  }
}

TEST_CASE("degrading changes some pictures a little and leaves others alone") {
  const cv::Mat rgb = test::painted_picture(64, 64).pixels();
  int untouched = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Random random{seed};
    const cv::Mat out = degraded(rgb.clone(), random);
    REQUIRE(out.size() == rgb.size());
    const double mean_difference = cv::norm(out, rgb, cv::NORM_L1) / (64.0 * 64 * 3);
    untouched += mean_difference == 0;
    CHECK(mean_difference < 60);
  }
  CHECK(untouched > 20);  // 0.9 × 0.8 × 0.85² = 0.52 expected
  CHECK(untouched < 45);
}
