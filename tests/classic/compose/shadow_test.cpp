#include "classic/compose/shadow.h"

#include <doctest/doctest.h>

#include "classic/compose/kept_shadow.h"
#include "drawing.h"

namespace inpaint::test {
namespace {

constexpr int side = 300;
const Box block{100, 80, 200, 220};
const Layout in_place{{side, side}, 1, 0, 0};

Image cutout() {
  cv::Mat rgba(side, side, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  rgba(block.rect()).setTo(cv::Scalar(200, 30, 30, 255));
  return Image(rgba);
}

cv::Mat on_white(const Shadow& shadow, int type = CV_8UC3) {
  cv::Mat canvas(side, side, type, cv::Scalar::all(type == CV_16UC3 ? 65535 : 255));
  darken(canvas, shadow);
  return canvas;
}

int grey_at(const cv::Mat& rgb, int x, int y) { return rgb.at<cv::Vec3b>(y, x)[1]; }

// A picture of the block on a ground of this brightness that gets `falloff` darker to the left, with a soft shadow of
// this darkness to its right.
Image photographed(double ground, double falloff, double darkness, int noise = 0) {
  cv::Mat light(side, side, CV_32F), shade = cv::Mat::zeros(side, side, CV_32F), rgb;
  for (int x = 0; x < side; ++x) light.col(x).setTo(ground * (1 - falloff * (side - 1 - x) / (side - 1)));
  shade(cv::Rect(150, 150, 90, 70)).setTo(darkness);
  cv::GaussianBlur(shade, shade, {}, 6);
  light = light.mul(1 - shade);
  if (noise > 0) {
    cv::Mat grain(side, side, CV_32F);
    cv::theRNG().state = 7;
    cv::randn(grain, 0, noise);
    light += grain;
  }
  cv::cvtColor(light, rgb, cv::COLOR_GRAY2RGB);
  rgb.convertTo(rgb, CV_8U);
  rgb(block.rect()).setTo(cv::Scalar(200, 30, 30));
  return Image(rgb);
}

}  // namespace

TEST_CASE("no darkness changes no pixel") {
  const Image picture = painted_picture(side, side);
  cv::Mat canvas = picture.pixels().clone();
  darken(canvas, {cv::Mat::zeros(20, 20, CV_32F), {-50, 10, 400, 200}});
  darken(canvas, {{}, {0, 0, 100, 100}});
  darken(canvas, {cv::Mat::ones(20, 20, CV_32F), {400, 10, 40, 20}});
  CHECK(identical(canvas, picture.pixels()));
}

TEST_CASE("darkness multiplies colours and leaves black on what is transparent") {
  const Shadow half{cv::Mat(4, 4, CV_32F, cv::Scalar(0.5)), {0, 0, 2, 4}};
  cv::Mat rgb(4, 4, CV_8UC3, cv::Scalar(200, 100, 51)), wide(4, 4, CV_16UC3, cv::Scalar(60000, 30000, 1));
  darken(rgb, half);
  darken(wide, half);
  CHECK(rgb.at<cv::Vec3b>(2, 1) == cv::Vec3b(100, 50, 26));
  CHECK(rgb.at<cv::Vec3b>(2, 2) == cv::Vec3b(200, 100, 51));
  CHECK(wide.at<cv::Vec3w>(2, 1) == cv::Vec3w(30000, 15000, 1));
  cv::Mat clear = cv::Mat::zeros(4, 4, CV_8UC4), red(4, 4, CV_8UC4, cv::Scalar(255, 0, 0, 255));
  darken(clear, half);
  darken(red, half);
  CHECK(clear.at<cv::Vec4b>(2, 1) == cv::Vec4b(0, 0, 0, 128));
  CHECK(clear.at<cv::Vec4b>(2, 2) == cv::Vec4b(0, 0, 0, 0));
  CHECK(red.at<cv::Vec4b>(2, 1) == cv::Vec4b(128, 0, 0, 255));
}

TEST_CASE("a drop shadow is the outline, lower, as dark as asked, and soft") {
  const cv::Mat canvas = on_white(drop_shadow(cutout(), block, in_place, {0.4, 0.02}));
  CHECK(grey_at(canvas, 150, 150) == doctest::Approx(255 * 0.6).epsilon(0.01));
  CHECK(grey_at(canvas, 150, 222) < 200);                        // below the foot
  CHECK(grey_at(canvas, 150, 78) > grey_at(canvas, 150, 222));   // more than above the head
  CHECK(grey_at(canvas, 97, 150) == grey_at(canvas, 202, 150));  // both sides alike
  for (const cv::Point far : {cv::Point(10, 10), {150, 40}, {60, 150}, {240, 150}, {150, 270}})
    CHECK(grey_at(canvas, far.x, far.y) == 255);
  const cv::Mat soft = on_white(drop_shadow(cutout(), block, in_place, {0.4, 0.08}));
  CHECK(grey_at(soft, 150, 250) < grey_at(canvas, 150, 250));
}

TEST_CASE("a contact shadow is darkest at the foot and does not reach the head") {
  const cv::Mat canvas = on_white(contact_shadow(cutout(), block, in_place, contact_look));
  CHECK(grey_at(canvas, 150, 221) < 190);
  CHECK(grey_at(canvas, 150, 221) < grey_at(canvas, 150, 226));
  CHECK(grey_at(canvas, 150, 226) < 255);
  CHECK(grey_at(canvas, 203, 215) < 255);
  for (const cv::Point far : {cv::Point(150, 75), {97, 100}, {203, 130}, {150, 260}, {50, 220}, {250, 220}})
    CHECK(grey_at(canvas, far.x, far.y) == 255);
}

TEST_CASE("a shadow's strength scales it; 0 leaves none") {
  for (const auto make : {drop_shadow, contact_shadow}) {
    const auto at_foot = [&](double strength) {
      return 255 - grey_at(on_white(make(cutout(), block, in_place, {strength, 0.02})), 150, 222);
    };
    CHECK(at_foot(0) == 0);
    CHECK(at_foot(0.8) == doctest::Approx(2 * at_foot(0.4)).epsilon(0.03));
    CHECK(cv::countNonZero(make(cutout(), block, in_place, {0, 0.02}).darkness) == 0);
  }
}

TEST_CASE("shadows end in nothing, whatever the shape, softness and size") {
  for (const Box& box : {Box{0, 0, 300, 300}, {0, 0, 300, 1}, {0, 0, 1, 300}, {149, 149, 150, 150}}) {
    cv::Mat rgba = cv::Mat::zeros(side, side, CV_8UC4);
    rgba(box.rect()).setTo(cv::Scalar(9, 9, 9, 255));
    for (const double softness : {0.0, 0.02, 0.1}) {
      for (const auto make : {drop_shadow, contact_shadow}) {
        const Shadow shadow = make(Image(rgba), box, in_place, {1, softness});
        cv::Mat rim = shadow.darkness.clone();
        rim(cv::Rect(1, 1, rim.cols - 2, rim.rows - 2)).setTo(0);
        CHECK(cv::countNonZero(rim) == 0);
        CHECK(cv::checkRange(shadow.darkness, true, nullptr, 0, 1.0001));
      }
    }
  }
}

TEST_CASE("a shadow lies under its subject wherever that is placed") {
  const Layout moved{{900, 900}, 2, 40, -60};
  const Shadow shadow = drop_shadow(cutout(), block, moved, {0.5, 0.01});
  const cv::Rect2d middle = moved.placed(cv::Rect2d(block.rect()));
  CHECK(shadow.area.x + shadow.area.width / 2 == doctest::Approx(middle.x + middle.width / 2));
  CHECK(shadow.area.y + shadow.area.height / 2 == doctest::Approx(middle.y + middle.height / 2));
}

TEST_CASE("clean ground keeps no shadow at all, whether even, graded or noisy") {
  for (const auto& [falloff, noise] : std::vector<std::pair<double, int>>{{0, 0}, {0.4, 0}, {0, 2}, {0.3, 2}}) {
    CAPTURE(falloff);
    CAPTURE(noise);
    const Shadow shadow = kept_shadow(photographed(220, falloff, 0, noise), cutout().alpha(), in_place, 1);
    REQUIRE_FALSE(shadow.darkness.empty());
    CHECK(cv::countNonZero(shadow.darkness) == 0);
  }
}

TEST_CASE("a kept shadow is as dark as the ground was, and where it was") {
  for (const double falloff : {0.0, 0.3}) {
    CAPTURE(falloff);
    const Shadow shadow = kept_shadow(photographed(220, falloff, 0.4, 1), cutout().alpha(), in_place, 1);
    const cv::Mat canvas = on_white(shadow);
    CHECK(grey_at(canvas, 215, 185) == doctest::Approx(255 * 0.6).epsilon(0.06));
    CHECK(grey_at(canvas, 198, 185) == doctest::Approx(255 * 0.6).epsilon(0.08));  // goes on under the edge
    for (const cv::Point far : {cv::Point(50, 150), {150, 40}, {275, 60}, {60, 260}})
      CHECK(grey_at(canvas, far.x, far.y) == 255);
  }
  const cv::Mat weak = on_white(kept_shadow(photographed(220, 0, 0.4), cutout().alpha(), in_place, 0.5));
  CHECK(grey_at(weak, 215, 185) == doctest::Approx(255 * 0.8).epsilon(0.04));
}

TEST_CASE("dark places away from the subject are no shadow of its") {
  cv::Mat rgb = photographed(220, 0, 0).pixels().clone();
  cv::circle(rgb, {45, 45}, 15, cv::Scalar::all(120), cv::FILLED);
  const Shadow shadow = kept_shadow(Image(rgb), cutout().alpha(), in_place, 1);
  CHECK(cv::countNonZero(shadow.darkness) == 0);
}

TEST_CASE("ground that tells nothing keeps no shadow and says so") {
  cv::Mat checks(side, side, CV_8UC3);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) checks.at<cv::Vec3b>(y, x) = cv::Vec3b::all((x / 20 + y / 20) % 2 ? 240 : 100);
  }
  CHECK(kept_shadow(Image(checks), cutout().alpha(), in_place, 1).darkness.empty());
  const cv::Mat all(side, side, CV_8U, cv::Scalar(255));
  CHECK(kept_shadow(photographed(220, 0, 0.4), all, in_place, 1).darkness.empty());
  CHECK(kept_shadow(flat_picture(3, 2, 9, 9, 9), cv::Mat::zeros(2, 3, CV_8U), {{3, 2}, 1, 0, 0}, 1).darkness.empty());
}

}  // namespace inpaint::test
