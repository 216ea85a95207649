#include <doctest/doctest.h>

#include "painted_folder.h"
#include "train/background_private.h"
#include "train/crop_private.h"

using namespace inpaint;

namespace {

// A subject of one colour with a soft edge, before green: rgb is what a camera sees.
Example soft_disc(cv::Scalar color, int side = 90, int radius = 22) {
  Example out;
  out.matte = cv::Mat::zeros(side, side, CV_8U);
  cv::circle(out.matte, {side / 2, side / 2}, radius, cv::Scalar(255), cv::FILLED);
  cv::GaussianBlur(out.matte, out.matte, {}, 3);
  out.rgb.create(side, side, CV_8UC3), out.subject.create(side, side, CV_8UC3);
  for (int i = 0; i < side * side; ++i) {
    const double opacity = out.matte.data[i] / 255.0, green[] = {20, 220, 30};
    for (int c = 0; c < 3; ++c) {
      out.subject.data[3 * i + c] = cv::saturate_cast<uint8_t>(opacity * color[c]);
      out.rgb.data[3 * i + c] = cv::saturate_cast<uint8_t>(opacity * color[c] + (1 - opacity) * green[c]);
    }
  }
  return out;
}

const cv::Scalar magenta(210, 0, 190);

Example nothing() { return {}; }

// Largest difference of the crop from opacity × magenta + (1 - opacity) × background.
double misfit(const CutOutCrop& crop, cv::Vec3b background) {
  double worst = 0;
  for (int i = 0; i < static_cast<int>(crop.matte.total()); ++i) {
    const double opacity = crop.matte.data[i] / 255.0;
    for (int c = 0; c < 3; ++c)
      worst =
          std::max(worst, std::abs(opacity * magenta[c] + (1 - opacity) * background[c] - crop.rgb.data[3 * i + c]));
  }
  return worst;
}

bool one_color(const CutOutCrop& crop) {
  const cv::Vec3b first = crop.rgb.at<cv::Vec3b>(0, 0);
  for (int i = 0; i < static_cast<int>(crop.matte.total()); ++i) {
    if (crop.matte.data[i] == 0 && crop.rgb.at<cv::Vec3b>(i / crop.rgb.cols, i % crop.rgb.cols) != first) return false;
  }
  return true;
}

cv::Point2d centre(const cv::Mat& matte) {
  const cv::Moments m = cv::moments(matte);
  return {m.m10 / m.m00, m.m01 / m.m00};
}

}  // namespace

TEST_CASE("composites: crop and matte belong together, and the old background is gone") {
  const Example example = soft_disc(magenta);
  TrainingConfig config = test::small_config();
  int before_old = 0, before_plain = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random{seed};
    const CutOutCrop crop = random_cut_out_crop(example, nothing, config, random);
    REQUIRE(crop.rgb.size() == cv::Size(64, 64));
    REQUIRE(crop.matte.type() == CV_8UC1);
    if (crop.matte.data[0] != 0 || !one_color(crop)) continue;
    const cv::Vec3b background = crop.rgb.at<cv::Vec3b>(0, 0);
    CAPTURE(seed);
    CHECK(misfit(crop, background) <= 3);
    (background == cv::Vec3b(20, 220, 30) ? before_old : before_plain) += 1;
  }
  CHECK(before_old > 50);
  CHECK(before_plain > 10);
}

TEST_CASE("composites: the subject moves and changes its size; its shape stays") {
  const Example example = soft_disc(magenta);
  Example cutout = example;
  cutout.rgb = cv::Mat();
  TrainingConfig config = test::small_config();
  double smallest = 1, largest = 0, leftmost = 64, rightmost = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random{seed};
    const CutOutCrop crop = random_cut_out_crop(cutout, nothing, config, random);
    const double share = cv::mean(crop.matte)[0] / 255;
    smallest = std::min(smallest, share), largest = std::max(largest, share);
    leftmost = std::min(leftmost, centre(crop.matte).x), rightmost = std::max(rightmost, centre(crop.matte).x);
  }
  const double whole = cv::mean(example.matte)[0] / 255;
  CHECK(smallest < 0.6 * whole);
  CHECK(smallest > 0.45 * whole);  // 0.7²
  CHECK(largest > 1.5 * whole);
  CHECK(largest < 1.75 * whole);  // 1.3²
  CHECK(leftmost < 26);
  CHECK(rightmost > 38);
}

TEST_CASE("a subject that runs out of the picture is never shown with that edge inside the crop") {
  Example cutout;
  cutout.matte = cv::Mat::zeros(90, 90, CV_8U);
  cutout.matte(cv::Rect(30, 40, 30, 50)).setTo(255);
  cutout.subject = cv::Mat(90, 90, CV_8UC3, cv::Scalar::all(0));
  TrainingConfig config = test::small_config();
  config.largest_scale = 1;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random{seed};
    CHECK(cv::countNonZero(random_cut_out_crop(cutout, nothing, config, random).matte.row(63)) > 0);
  }
}

TEST_CASE("backgrounds taken from other pictures do not show their subjects") {
  // Magenta before green: no part of the background may be anything but green, blurred or not.
  const Example other = soft_disc(magenta, 120, 24);
  int from_picture = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random{seed};
    const cv::Mat background = random_background([&] { return other; }, 64, random);
    REQUIRE(background.size() == cv::Size(64, 64));
    const cv::Scalar mean = cv::mean(background);
    if (std::abs(mean[1] - 220) > 12 || mean[0] > 40 || mean[2] > 45) continue;
    ++from_picture;
  }
  CHECK(from_picture > 90);  // 0.6 of 200 = 120, less those where no free part was found
  CHECK(from_picture < 150);
}

TEST_CASE("a shadow darkens the background, most near the subject") {
  const Example example = soft_disc(magenta, 64, 14);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random{seed};
    cv::Mat background(64, 64, CV_8UC3, cv::Scalar::all(200));
    cast_shadow(background, example.matte, random);
    CHECK(background.at<cv::Vec3b>(32, 32)[0] < 175);
    CHECK(background.at<cv::Vec3b>(2, 2)[0] > 190);
    CHECK(cv::countNonZero(background.reshape(1) > 200) == 0);
  }
}

TEST_CASE("the whole picture squeezed: cut-outs stand on a grey that the seed tells") {
  const Example example = soft_disc(magenta);
  Example cutout = example;
  cutout.rgb = cv::Mat();
  const CutOutCrop as_is = whole_crop(example, 64, 5), on_grey = whole_crop(cutout, 64, 5);
  CHECK(misfit(as_is, {20, 220, 30}) <= 2);
  const cv::Vec3b grey = on_grey.rgb.at<cv::Vec3b>(0, 0);
  CHECK((grey[0] == grey[1] && grey[1] == grey[2] && grey[0] >= 96));
  CHECK(misfit(on_grey, grey) <= 2);
  CHECK(test::identical(on_grey.rgb, whole_crop(cutout, 64, 5).rgb));
}
