#include "classic/fill/diffusion.h"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/photo.hpp>

#include "classic/fill/holes.h"
#include "core/error.h"
#include "drawing.h"

namespace inpaint::test {
namespace {

constexpr Diffusion both[] = {Diffusion::telea, Diffusion::navier_stokes};

int flag_of(Diffusion method) { return method == Diffusion::telea ? cv::INPAINT_TELEA : cv::INPAINT_NS; }

// A hard hole inside, one at the right and one at the lower border, a pixel alone.
Mask some_holes(int width, int height) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  cv::circle(values, {width / 3, height / 3}, 6, cv::Scalar(255), cv::FILLED);
  values(cv::Rect(width - 4, height / 2, 4, 9)).setTo(255);
  values(cv::Rect(width / 2, height - 5, 7, 5)).setTo(255);
  values.at<uint8_t>(3, width - 12) = 255;
  return Mask(values);
}

// Also at the left and at the upper border, where OpenCV by itself looks at hole pixels.
Mask more_holes(int width, int height) {
  cv::Mat values = some_holes(width, height).values().clone();
  values(cv::Rect(0, 0, 5, 4)).setTo(255);
  values(cv::Rect(width / 2, 0, 9, 3)).setTo(255);
  values(cv::Rect(0, height - 5, 7, 5)).setTo(255);
  values.at<uint8_t>(3, width - 12) = 255;
  return Mask(values);
}

// cv::inpaint on the whole picture, plane by plane.
cv::Mat filled_whole(const Image& image, const Mask& mask, Diffusion method, double radius) {
  std::vector<cv::Mat> planes;
  cv::split(image.pixels(), planes);
  for (int c = 0; c < 3; ++c) {
    cv::Mat out;
    cv::inpaint(planes[static_cast<size_t>(c)], mask.values(), out, radius, flag_of(method));
    planes[static_cast<size_t>(c)] = out;
  }
  cv::Mat merged;
  cv::merge(planes, merged);
  return merged;
}

// The picture with the hole in loud colours that no fill may look at.
Image with_rubbish_in(const Image& image, const Mask& mask) {
  cv::Mat pixels = image.pixels().clone();
  pixels.setTo(cv::Scalar(image.max_value(), 0, image.max_value(), image.max_value()), mask.values() == 255);
  return image.with_pixels(pixels);
}

}  // namespace

TEST_CASE("filling region by region gives what filling the whole picture gives") {
  const Mask mask = some_holes(90, 70);
  for (const Diffusion method : both) {
    for (const double radius : {1.0, 3.0, 5.4, 12.0}) {
      for (const Image& image :
           {painted_picture(90, 70), painted_16_bit(90, 70), with_painted_alpha(painted_picture(90, 70)),
            with_painted_alpha(painted_16_bit(90, 70))}) {
        CAPTURE(flag_of(method));
        CAPTURE(radius);
        CAPTURE(image.pixels().type());
        CHECK(
            identical(fill_diffusion(image, mask, method, radius).pixels(), filled_whole(image, mask, method, radius)));
      }
    }
  }
}

TEST_CASE("pixels outside the hole stay bit for bit, and alpha everywhere") {
  const Mask mask = more_holes(60, 50);
  for (const Diffusion method : both) {
    for (const Image& image :
         {painted_picture(60, 50), painted_16_bit(60, 50), with_painted_alpha(painted_picture(60, 50)),
          with_painted_alpha(painted_16_bit(60, 50))}) {
      const cv::Mat before = image.pixels().clone();
      const Image out = fill_diffusion(image, mask, method, 3);
      CHECK(out.pixels().type() == before.type());
      cv::Mat difference;
      cv::absdiff(out.pixels(), before, difference);
      difference.setTo(cv::Scalar::all(0), mask.values() > 0);
      CHECK(cv::countNonZero(difference.reshape(1)) == 0);
      CHECK(identical(out.alpha(), image.alpha()));
      CHECK(identical(image.pixels(), before));
    }
  }
}

TEST_CASE("what stood in the hole does not matter") {
  const Mask mask = more_holes(60, 50);
  for (const Diffusion method : both) {
    const Image image = painted_picture(60, 50);
    CHECK(identical(fill_diffusion(image, mask, method, 3).pixels(),
                    fill_diffusion(with_rubbish_in(image, mask), mask, method, 3).pixels()));
  }
}

TEST_CASE("a hole in a flat picture gets its colour") {
  const Mask mask = more_holes(60, 50);
  for (const Diffusion method : both) {
    const double noise = method == Diffusion::telea ? 4 : 0;  // of OpenCV's rounding; the rubbish is 100 and more away
    const Image flat = flat_picture(60, 50, 10, 120, 150),
                wide(cv::Mat(50, 60, CV_16UC3, cv::Scalar(1000, 30001, 45535)));
    CHECK(largest_difference(fill_diffusion(with_rubbish_in(flat, mask), mask, method, 3).pixels(), flat.pixels()) <=
          noise);
    CHECK(largest_difference(fill_diffusion(with_rubbish_in(wide, mask), mask, method, 3).pixels(), wide.pixels()) <=
          noise);
  }
}

TEST_CASE("a soft mask blends the fill with the picture") {
  cv::Mat values = more_holes(60, 50).values().clone();
  cv::GaussianBlur(values, values, {7, 7}, 0);
  const Mask soft(values), hard(cv::Mat(values > 0));
  for (const Diffusion method : both) {
    const Image image = painted_picture(60, 50);
    CHECK(identical(fill_diffusion(image, soft, method, 3).pixels(),
                    composite(image, fill_diffusion(image, hard, method, 3), soft).pixels()));
  }
}

TEST_CASE("an empty mask changes nothing") {
  for (const Diffusion method : both) {
    for (const Image& image :
         {painted_picture(20, 10), with_painted_alpha(painted_16_bit(20, 10)), flat_picture(1, 1, 3, 4, 5)}) {
      CHECK(identical(fill_diffusion(image, Mask(image.width(), image.height()), method, 3).pixels(), image.pixels()));
    }
  }
}

TEST_CASE("a mask without any known pixel fails") {
  for (const Diffusion method : both) {
    CHECK_THROWS_WITH_AS(fill_diffusion(painted_picture(9, 8), full_mask(9, 8), method, 3),
                         "the mask covers the whole picture: nothing is left to fill from", ItemError);
    CHECK_THROWS_AS(fill_diffusion(painted_picture(1, 1), drawn_mask({"1"}), method, 3), ItemError);
  }
}

TEST_CASE("one known pixel is enough") {
  for (const Diffusion method : both) {
    cv::Mat values(8, 9, CV_8UC1, cv::Scalar(255));
    values.at<uint8_t>(4, 4) = 0;
    const Image out = fill_diffusion(flat_picture(9, 8, 40, 80, 120), Mask(values), method, 3);
    CHECK(out.pixels().at<cv::Vec3b>(4, 4) == cv::Vec3b(40, 80, 120));
    CHECK(out.width() == 9);
  }
}

TEST_CASE("narrow pictures are filled, too") {
  for (const Diffusion method : both) {
    const Mask row = drawn_mask({"....###.....#"}), column(row.values().t()),
               two_rows = drawn_mask({"....###.....", "#....##....."});
    for (const Mask& mask : {row, column, two_rows, drawn_mask({".#"})}) {
      const Image flat = flat_picture(mask.width(), mask.height(), 40, 80, 120);
      CAPTURE(mask.width());
      CAPTURE(mask.height());
      CHECK(largest_difference(fill_diffusion(with_rubbish_in(flat, mask), mask, method, 3).pixels(), flat.pixels()) <=
            4);
    }
  }
}

TEST_CASE("fill_diffusion wants one size") {
  CHECK_THROWS_WITH_AS(fill_diffusion(painted_picture(4, 3), Mask(3, 4), Diffusion::telea, 3),
                       "fill_diffusion: sizes differ", std::invalid_argument);
}

}  // namespace inpaint::test
