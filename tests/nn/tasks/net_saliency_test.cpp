#include "nn/tasks/net_saliency.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "drawing.h"
#include "nn/tasks/fake_net.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

Card saliency_card(const std::string& size = "64", const std::string& stretch = "min-max") {
  Card card;
  card.name = "fake";
  card.input.size = size;
  card.output.stretch = stretch;
  return card;
}

// A map as a network gives it for a disc: `height` inside, `ground` outside, an edge some pixels wide.
cv::Mat disc_map(int side, double radius, double height, double ground, double edge = 4) {
  cv::Mat map(side, side, CV_32F);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double deep = radius - std::hypot(x - side / 2.0, y - side / 2.0);
      const double share = std::clamp(0.5 + deep / edge, 0.0, 1.0);
      map.at<float>(y, x) = static_cast<float>(ground + (height - ground) * share);
    }
  }
  return map;
}

// A smooth hill: nothing has an edge.
cv::Mat hill_map(int side, double sigma, double height) {
  cv::Mat map(side, side, CV_32F);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double d = std::hypot(x - side / 2.0, y - side / 2.0) / sigma;
      map.at<float>(y, x) = static_cast<float>(height * std::exp(-d * d / 2));
    }
  }
  return map;
}

double confidence(const cv::Mat& map) { return opacity_confidence(map, opacity_of(map, true)); }

FakeNet::Answer answering(const cv::Mat& map) {
  return [map](const std::vector<Tensor>&) {
    Tensor out({1, 1, map.rows, map.cols});
    std::copy_n(map.ptr<float>(), map.total(), out.data());
    return std::vector<Tensor>{out};
  };
}

FoundOpacity found_in(const Image& image, const Card& card, const cv::Mat& map) {
  return NetSaliency(card, std::make_shared<FakeNet>(answering(map))).find(image);
}

std::string refusal(const Card& card, const cv::Mat& map) {
  try {
    found_in(painted_picture(40, 30), card, map);
  } catch (const ItemError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a map with contrast is stretched from 0 to 1, as the authors do") {
  const cv::Mat map = (cv::Mat_<float>(1, 4) << 0.1f, 0.3f, 0.7f, 0.9f);
  const cv::Mat expected = (cv::Mat_<float>(1, 4) << 0, 0.25f, 0.75f, 1);  // (value - 0.1) / 0.8
  const cv::Mat before = map.clone();
  CHECK(largest_difference(opacity_of(map, true), expected) < 1e-6);
  CHECK(identical(map, before));
  CHECK(identical(opacity_of(map, false), map));
}

TEST_CASE("a map without contrast is not made a subject") {
  const cv::Mat flat(8, 8, CV_32F, cv::Scalar(0.45));
  CHECK(identical(opacity_of(flat, true), flat));
  const cv::Mat empty_scene = hill_map(64, 12, 0.18);
  CHECK(identical(opacity_of(empty_scene, true), empty_scene));
  // Half way between faint and clear, 0.3: half of each line; 0.5 * 0.3 + 0.5 * 1.
  double most = 0;
  const cv::Mat between = (cv::Mat_<float>(1, 2) << 0.0f, 0.3f);
  cv::minMaxLoc(opacity_of(between, true), nullptr, &most);
  CHECK(most == doctest::Approx(0.65));
  // All subject: nothing to stretch.
  const cv::Mat full(8, 8, CV_32F, cv::Scalar(0.97));
  CHECK(identical(opacity_of(full, true), full));
  CHECK(confidence(full) > 0.9);
}

TEST_CASE("confidence tells subjects from empty scenes") {
  CHECK(confidence(disc_map(320, 80, 0.99, 0.005)) > 0.9);
  CHECK(confidence(disc_map(320, 20, 0.97, 0.01)) > 0.85);
  CHECK(confidence(disc_map(320, 80, 0.7, 0.02)) > 0.5);    // less sure, yet of a clear shape
  CHECK(confidence(disc_map(320, 80, 0.45, 0.05)) < 0.45);  // faint
  CHECK(confidence(hill_map(320, 60, 0.9)) < 0.35);         // high, but without any edge
  CHECK(confidence(hill_map(320, 60, 0.3)) < 0.1);
  CHECK(confidence(cv::Mat::zeros(320, 320, CV_32F)) == 0);
  CHECK(confidence(disc_map(320, 3, 0.99, 0.005)) == 0);  // 28 of 102400 pixels: a speck
}

TEST_CASE("thin subjects, which are all edge, are not doubted") {
  cv::Mat map = disc_map(320, 100, 0.97, 0.01);
  const cv::Mat inner = disc_map(320, 94, 0.97, 0.01);
  cv::Mat ring = map - inner + 0.01;
  CHECK(confidence(ring) > 0.7);
}

TEST_CASE("noise is not a subject") {
  cv::Mat map(320, 320, CV_32F);
  cv::RNG(5).fill(map, cv::RNG::NORMAL, 0.5, 0.15);
  cv::GaussianBlur(map, map, {0, 0}, 6);
  CHECK(confidence(map) < 0.1);
}

TEST_CASE("the map covers the picture, whatever its padding") {
  Card card = saliency_card("64");
  card.input.resize = "fit";
  const cv::Mat map = disc_map(64, 20, 1, 0);
  const FoundOpacity found = found_in(painted_picture(128, 64), card, map);  // fed as 64 x 32 at the top
  CHECK(found.map.values().size() == cv::Size(64, 32));
  CHECK(largest_difference(found.map.values(), map.rowRange(0, 32)) < 1e-6);
  CHECK(found_in(painted_picture(128, 64), saliency_card("64"), map).map.values().size() == cv::Size(64, 64));
}

TEST_CASE("the activation comes before the stretch") {
  Card card = saliency_card("2");
  card.output.activation = "sigmoid";
  const cv::Mat logits = (cv::Mat_<float>(2, 2) << -4, 4, 4, 0);
  const cv::Mat found = found_in(painted_picture(9, 9), card, logits).map.values();
  CHECK(found.at<float>(0, 0) == doctest::Approx(0));
  CHECK(found.at<float>(0, 1) == doctest::Approx(1));
  CHECK(found.at<float>(1, 1) == doctest::Approx(0.5));  // the middle of sigmoid(-4) and sigmoid(4)
}

TEST_CASE("what is no opacity is refused with the cure") {
  const cv::Mat logits = disc_map(64, 20, 9, -8);
  CHECK(refusal(saliency_card(), logits).find("activation: sigmoid") != std::string::npos);
  cv::Mat broken = disc_map(64, 20, 1, 0);
  broken.at<float>(3, 4) = std::numeric_limits<float>::quiet_NaN();
  CHECK(refusal(saliency_card(), broken).find("NaN") != std::string::npos);
  CHECK(refusal(saliency_card("32"), disc_map(64, 20, 1, 0)).find("1x1x32x32") != std::string::npos);
  Card card = saliency_card();
  card.output.kind = "colors";
  CHECK_THROWS_WITH_AS(NetSaliency(card, nullptr), doctest::Contains("opacity"), SpecError);
}
