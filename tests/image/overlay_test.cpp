#include "image/overlay.h"

#include <doctest/doctest.h>

#include "drawing.h"

namespace inpaint::test {
namespace {

cv::Vec3b pixel(const Image& image, int x, int y) { return image.pixels().at<cv::Vec3b>(y, x); }

}  // namespace

TEST_CASE("the overlay leaves what is not selected as it is") {
  const Image image = painted_picture(12, 9);
  CHECK(identical(mask_overlay(image, Mask(12, 9)).pixels(), image.pixels()));
}

TEST_CASE("the overlay lays red over the mask, weaker where it is soft") {
  const Image image = flat_picture(3, 1, 100, 210, 0);
  const Image over = mask_overlay(image, drawn_mask({"..4"}));  // 100 / 255 of 0.55 of (255, 30, 60)
  CHECK(pixel(over, 0, 0) == cv::Vec3b(100, 210, 0));
  CHECK(pixel(over, 2, 0) == cv::Vec3b(133, 171, 13));
  const Image full = mask_overlay(image, full_mask(3, 1));  // without rim: no outline
  CHECK(pixel(full, 1, 0) == cv::Vec3b(185, 111, 33));
}

TEST_CASE("the overlay outlines the mask in white on both sides of its edge") {
  const Image over =
      mask_overlay(flat_picture(7, 7, 0, 0, 0),
                   drawn_mask({".......", ".......", "..###..", "..###..", "..###..", ".......", "......."}));
  const cv::Vec3b white(255, 255, 255), black(0, 0, 0), red(140, 17, 33);
  std::string seen;
  for (int y = 0; y < 7; ++y) {
    for (int x = 0; x < 7; ++x)
      seen += pixel(over, x, y) == white   ? 'w'
              : pixel(over, x, y) == black ? '.'
              : pixel(over, x, y) == red   ? 'r'
                                           : '?';
    seen += '\n';
  }
  CHECK(seen == rows({".......", "..www..", ".wwwww.", ".wwrww.", ".wwwww.", "..www..", "......."}));
}

TEST_CASE("the overlay is 8-bit RGB whatever the picture is, and does not touch it") {
  const Image image = with_painted_alpha(painted_16_bit(12, 9));
  const cv::Mat before = image.pixels().clone();
  const Image over = mask_overlay(image, full_mask(12, 9));
  CHECK(over.pixels().type() == CV_8UC3);
  CHECK(identical(image.pixels(), before));
  const Image plain = painted_picture(12, 9);
  const cv::Mat plain_before = plain.pixels().clone();
  mask_overlay(plain, full_mask(12, 9));
  CHECK(identical(plain.pixels(), plain_before));
}

TEST_CASE("the overlay wants one size") {
  CHECK_THROWS_WITH_AS(mask_overlay(painted_picture(4, 3), Mask(3, 4)), "mask_overlay: sizes differ",
                       std::invalid_argument);
}

}  // namespace inpaint::test
