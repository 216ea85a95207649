#include "classic/segment/grabcut.h"

#include <doctest/doctest.h>

#include "drawing.h"
#include "image/compare.h"

namespace inpaint::test {
namespace {

struct Scene {
  Image image;
  Mask subject;
};

// A red disc on a bluish ground, both with some grain.
Scene disc_scene(int width, int height, cv::Point centre, int radius) {
  cv::Mat rgb(height, width, CV_8UC3, cv::Scalar(90, 120, 170)), subject = cv::Mat::zeros(height, width, CV_8UC1),
                                                                 grain(height, width, CV_8UC3);
  cv::circle(rgb, centre, radius, cv::Scalar(210, 50, 40), cv::FILLED);
  cv::circle(subject, centre, radius, cv::Scalar(255), cv::FILLED);
  cv::RNG(7).fill(grain, cv::RNG::UNIFORM, 0, 20);
  return {Image(cv::Mat(rgb + grain)), Mask(subject)};
}

double overlap(const Mask& found, const Mask& expected) { return compare_masks(found, expected).iou; }

BoxText box(const std::string& text) { return Codec<BoxText>::parse(text); }
PointText point(const std::string& text) { return Codec<PointText>::parse(text); }

}  // namespace

TEST_CASE("the subject is found without any hint") {
  const Scene scene = disc_scene(120, 90, {60, 45}, 25);
  const Mask found = grabcut(scene.image, {});
  CHECK(overlap(found, scene.subject) > 0.95);
  CHECK(cv::countNonZero((found.values() > 0) & (found.values() < 255)) == 0);
}

TEST_CASE("the subject is found inside the box, and only there") {
  const Scene left = disc_scene(160, 90, {40, 45}, 22), right = disc_scene(160, 90, {120, 45}, 22);
  cv::Mat two = left.image.pixels().clone();
  right.image.pixels().copyTo(two, right.subject.values());
  GrabCutOptions options;
  options.box = box("10,15,60,60");
  CHECK(overlap(grabcut(Image(two), options), left.subject) > 0.95);
  options.box = box("55%,10%,40%,80%");
  CHECK(overlap(grabcut(Image(two), options), right.subject) > 0.95);
}

TEST_CASE("points say what is subject and what is background") {
  const Scene left = disc_scene(160, 90, {40, 45}, 18), right = disc_scene(160, 90, {120, 45}, 18);
  cv::Mat two = left.image.pixels().clone();
  right.image.pixels().copyTo(two, right.subject.values());
  GrabCutOptions options;
  options.points = {point("40,45"), point("120,45,0"), point("80,45,0")};
  const Mask found = grabcut(Image(two), options);
  CHECK(found.values().at<uint8_t>(45, 40) == 255);
  CHECK(found.values().at<uint8_t>(45, 120) == 0);
  CHECK(found.values().at<uint8_t>(45, 80) == 0);
}

TEST_CASE("a large picture is cut at the working size, and pixel hints keep their place") {
  const Scene scene = disc_scene(400, 300, {130, 160}, 70);
  GrabCutOptions options;
  options.working_side = 100;
  CHECK(overlap(grabcut(scene.image, options), scene.subject) > 0.93);
  options.box = box("40,70,180,180");
  const Mask found = grabcut(scene.image, options);
  CHECK(found.width() == 400);
  CHECK(found.height() == 300);
  CHECK(cv::countNonZero((found.values() > 0) & (found.values() < 255)) == 0);
  CHECK(overlap(found, scene.subject) > 0.93);
  options.box.reset();
  options.points = {point("130,160")};
  CHECK(overlap(grabcut(scene.image, options), scene.subject) > 0.93);
}

TEST_CASE("specks are dropped") {
  Scene scene = disc_scene(160, 120, {80, 60}, 30);
  cv::Mat rgb = scene.image.pixels().clone();
  rgb(cv::Rect(20, 20, 5, 5)).setTo(cv::Scalar(215, 55, 45));
  const Mask found = grabcut(Image(rgb), {});
  CHECK(found.values().at<uint8_t>(22, 22) == 0);
  CHECK(found.values().at<uint8_t>(60, 80) == 255);
}

TEST_CASE("a picture where nothing stands out gives an empty mask") {
  CHECK(grabcut(flat_picture(60, 40, 90, 120, 170), {}).coverage() == 0);
  GrabCutOptions options;
  options.box = box("500,500,20,20");
  CHECK(grabcut(painted_picture(60, 40), options).coverage() == 0);
}

TEST_CASE("the same picture gives the same mask, also in 16 bits and with alpha") {
  const Scene scene = disc_scene(120, 90, {60, 45}, 25);
  const Mask found = grabcut(scene.image, {});
  cv::Mat wide;
  scene.image.pixels().convertTo(wide, CV_16U, 257.0);
  CHECK(identical(grabcut(scene.image, {}).values(), found.values()));
  CHECK(identical(grabcut(Image(wide), {}).values(), found.values()));
  CHECK(identical(grabcut(with_painted_alpha(scene.image), {}).values(), found.values()));
}

TEST_CASE("the mask does not depend on random numbers drawn before") {
  GrabCutOptions boxed;
  boxed.box = box("15,10,60,50");
  for (const GrabCutOptions& options : {GrabCutOptions(), boxed}) {
    const Mask found = grabcut(painted_picture(100, 80), options);
    for (uint64_t state = 2; state < 12; ++state) {
      cv::theRNG().state = state * 0x9e3779b97f4a7c15u;
      CHECK(identical(grabcut(painted_picture(100, 80), options).values(), found.values()));
    }
  }
}

TEST_CASE("pictures of a pixel, a line and a sliver are cut without complaint") {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 30), cv::Size(30, 1), cv::Size(2, 2), cv::Size(3, 40),
                              cv::Size(2000, 1), cv::Size(2, 2000)}) {
    CAPTURE(size.width);
    CAPTURE(size.height);
    const Image image = painted_picture(size.width, size.height);
    CHECK(grabcut(image, {}).values().size() == size);
    GrabCutOptions options;
    options.points = {point("0,0"), point("100%,100%,0")};
    CHECK(grabcut(image, options).values().size() == size);
    options.box = box("0,0,50%,50%");
    CHECK(grabcut(image, options).values().size() == size);
  }
}

}  // namespace inpaint::test
