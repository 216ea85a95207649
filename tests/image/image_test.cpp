#include "image/image.h"

#include <doctest/doctest.h>

#include <cmath>

#include "drawing.h"

namespace inpaint::test {
namespace {

cv::Mat one_pixel(int type, const cv::Scalar& value) { return cv::Mat(1, 1, type, value); }

}  // namespace

TEST_CASE("a picture takes RGB or RGBA of 8 or 16 bits only") {
  for (const int type : {CV_8UC3, CV_8UC4, CV_16UC3, CV_16UC4}) CHECK_NOTHROW(Image(cv::Mat(2, 3, type)));
  for (const int type : {CV_8UC1, CV_8UC2, CV_16UC1, CV_32FC3, CV_8SC3, CV_16SC3}) {
    CHECK_THROWS_WITH_AS(Image(cv::Mat(2, 3, type)), "Image: pixels must be RGB or RGBA, uint8 or uint16",
                         std::invalid_argument);
  }
  CHECK_THROWS_AS(Mask(cv::Mat(2, 3, CV_8UC3)), std::invalid_argument);
  CHECK_THROWS_AS(Mask(cv::Mat(2, 3, CV_32FC1)), std::invalid_argument);
  CHECK_THROWS_AS(Matte(cv::Mat(2, 3, CV_8UC1)), std::invalid_argument);
}

TEST_CASE("a picture tells its size, depth and channels") {
  const Image plain(cv::Mat(2, 3, CV_8UC3)), wide(cv::Mat(2, 3, CV_16UC4), nullptr, true);
  CHECK(Image().empty());
  CHECK_FALSE(plain.empty());
  CHECK(plain.width() == 3);
  CHECK(plain.height() == 2);
  CHECK_FALSE(plain.has_alpha());
  CHECK_FALSE(plain.is_16_bit());
  CHECK_FALSE(plain.grey());
  CHECK(plain.max_value() == 255);
  CHECK(wide.has_alpha());
  CHECK(wide.is_16_bit());
  CHECK(wide.grey());
  CHECK(wide.max_value() == 65535);
  CHECK(wide.with_pixels(cv::Mat(5, 5, CV_8UC3)).grey());
}

TEST_CASE("rgb8 rounds 16 bits to the nearest of 256 values and drops alpha") {
  for (const int value : {0, 1, 128, 129, 257, 32767, 32768, 65406, 65407, 65535}) {
    const Image image(one_pixel(CV_16UC4, cv::Scalar(value, 0, 65535, 99)));
    const cv::Vec3b rgb = image.rgb8().at<cv::Vec3b>(0, 0);
    CHECK(rgb == cv::Vec3b(static_cast<uint8_t>(std::floor(value / 257.0 + 0.5)), 0, 255));
  }
  CHECK(Image(one_pixel(CV_8UC4, {1, 2, 3, 4})).rgb8().at<cv::Vec3b>(0, 0) == cv::Vec3b(1, 2, 3));
}

TEST_CASE("rgb8 leaves the picture as it is") {
  const Image image = painted_16_bit(9, 7);
  const cv::Mat before = image.pixels().clone();
  CHECK(image.rgb8().type() == CV_8UC3);
  CHECK(identical(image.pixels(), before));
}

TEST_CASE("alpha is opaque where there is none") {
  CHECK(identical(Image(cv::Mat(2, 3, CV_8UC3)).alpha(), cv::Mat(2, 3, CV_8UC1, cv::Scalar(255))));
  CHECK(identical(Image(cv::Mat(2, 3, CV_16UC3)).alpha(), cv::Mat(2, 3, CV_16UC1, cv::Scalar(65535))));
  CHECK(identical(Image(one_pixel(CV_16UC4, {1, 2, 3, 4})).alpha(), one_pixel(CV_16UC1, 4)));
}

TEST_CASE("with_alpha adds or replaces the fourth channel and changes nothing else") {
  const Image image = painted_picture(6, 5);
  const cv::Mat before = image.pixels().clone(), alpha(5, 6, CV_8UC1, cv::Scalar(77));
  const Image added = image.with_alpha(alpha);
  CHECK(added.has_alpha());
  CHECK(identical(added.rgb8(), before));
  CHECK(identical(added.alpha(), alpha));
  const Image replaced = added.with_alpha(cv::Mat(5, 6, CV_8UC1, cv::Scalar(3)));
  CHECK(identical(replaced.alpha(), cv::Mat(5, 6, CV_8UC1, cv::Scalar(3))));
  CHECK(identical(added.alpha(), alpha));  // copies share nothing that was written
  CHECK(identical(image.pixels(), before));
}

TEST_CASE("the coverage of a mask counts soft pixels by their value") {
  CHECK(Mask(4, 3).coverage() == 0);
  CHECK(full_mask(4, 3).coverage() == 1);
  CHECK(drawn_mask({"#...", "...."}).coverage() == doctest::Approx(0.125));
  CHECK(drawn_mask({"4#"}).coverage() == doctest::Approx((100 + 255) / 510.0));
  CHECK(Mask().coverage() == 0);
  CHECK(Mask().empty());
  CHECK(Mask(4, 3).width() == 4);
  CHECK(Mask(4, 3).height() == 3);
}

TEST_CASE("a matte of a mask is its share of 255") {
  const Matte matte(drawn_mask({".4#"}));
  CHECK(matte.width() == 3);
  CHECK(matte.values().at<float>(0, 0) == 0);
  CHECK(matte.values().at<float>(0, 1) == doctest::Approx(100 / 255.0));
  CHECK(matte.values().at<float>(0, 2) == 1);
}

TEST_CASE("cut_out makes the matte the alpha and leaves the colours") {
  const cv::Mat opacity = (cv::Mat_<float>(1, 4) << 0.0f, 0.25f, 0.6f, 1.0f);
  const Image narrow = cut_out(painted_picture(4, 1), Matte(opacity));
  CHECK(identical(narrow.rgb8(), painted_picture(4, 1).pixels()));
  CHECK(identical(narrow.alpha(), (cv::Mat_<uint8_t>(1, 4) << 0, 64, 153, 255)));
  const Image wide = cut_out(painted_16_bit(4, 1), Matte(opacity));
  CHECK(identical(wide.alpha(), (cv::Mat_<uint16_t>(1, 4) << 0, 16384, 39321, 65535)));
}

TEST_CASE("cut_out multiplies with the alpha already there") {
  for (const Image& image : {with_painted_alpha(painted_picture(40, 9)), with_painted_alpha(painted_16_bit(40, 9))}) {
    const Matte matte(Mask(cv::Mat(9, 40, CV_8UC1, cv::Scalar(51))));  // a fifth
    cv::Mat before, after;
    image.alpha().convertTo(before, CV_64F);
    cut_out(image, matte).alpha().convertTo(after, CV_64F);
    CHECK(cv::norm(after, before / 5.0, cv::NORM_INF) <= 0.51);
    CHECK(identical(cut_out(image, Matte(full_mask(40, 9))).pixels(), image.pixels()));
  }
}

TEST_CASE("cut_out wants one size") {
  CHECK_THROWS_WITH_AS(cut_out(painted_picture(4, 3), Matte(Mask(3, 4))), "cut_out: sizes differ",
                       std::invalid_argument);
}

}  // namespace inpaint::test
