#include "image/compare.h"

#include <doctest/doctest.h>

#include <cmath>

#include "drawing.h"

namespace inpaint::test {
namespace {

// The formula of Wang et al. 2004 for one channel, window by window.
double naive_ssim(const cv::Mat& a, const cv::Mat& b, int channel) {
  double weights[11][11], total = 0;
  for (int y = 0; y < 11; ++y) {
    for (int x = 0; x < 11; ++x)
      total += weights[y][x] = std::exp(-((x - 5) * (x - 5) + (y - 5) * (y - 5)) / (2 * 1.5 * 1.5));
  }
  const auto value = [channel](const cv::Mat& m, int y, int x) {
    return static_cast<double>(m.at<cv::Vec3b>(y, x)[channel]);
  };
  double sum = 0;
  for (int y0 = 0; y0 + 11 <= a.rows; ++y0) {
    for (int x0 = 0; x0 + 11 <= a.cols; ++x0) {
      double ma = 0, mb = 0, va = 0, vb = 0, cov = 0;
      for (int y = 0; y < 11; ++y) {
        for (int x = 0; x < 11; ++x) {
          ma += weights[y][x] / total * value(a, y0 + y, x0 + x);
          mb += weights[y][x] / total * value(b, y0 + y, x0 + x);
        }
      }
      for (int y = 0; y < 11; ++y) {
        for (int x = 0; x < 11; ++x) {
          const double w = weights[y][x] / total, da = value(a, y0 + y, x0 + x) - ma,
                       db = value(b, y0 + y, x0 + x) - mb;
          va += w * da * da;
          vb += w * db * db;
          cov += w * da * db;
        }
      }
      const double c1 = 2.55 * 2.55, c2 = 7.65 * 7.65;
      sum += (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
    }
  }
  return sum / ((a.rows - 10) * (a.cols - 10));
}

// Changes some pixels, by position.
cv::Mat disturbed(const cv::Mat& pixels) {
  cv::Mat out = pixels.clone();
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x)
      out.at<cv::Vec3b>(y, x)[(x + y) % 3] ^= static_cast<uint8_t>((x * 31 + y * 17) % 64);
  }
  return out;
}

}  // namespace

TEST_CASE("equal pictures are at infinite PSNR and SSIM 1") {
  for (const Image& image :
       {painted_picture(20, 15), painted_16_bit(20, 15), with_painted_alpha(painted_picture(20, 15))}) {
    const Comparison same = compare_images(image, image);
    CHECK(std::isinf(same.psnr));
    CHECK(same.ssim == doctest::Approx(1));
    CHECK(same.l1 == 0);
    CHECK(same.l1_percent == 0);
    CHECK(same.pixels_changed == 0);
    CHECK_FALSE(same.psnr_hole.has_value());
    CHECK_FALSE(same.pixels_changed_outside.has_value());
  }
}

TEST_CASE("PSNR and L1 of a known difference") {
  const Image a = flat_picture(12, 12, 10, 20, 30), b = flat_picture(12, 12, 13, 20, 24);  // differences 3, 0, 6
  const Comparison c = compare_images(a, b);
  CHECK(c.l1 == doctest::Approx(3));
  CHECK(c.l1_percent == doctest::Approx(300.0 / 255));
  CHECK(c.psnr == doctest::Approx(10 * std::log10(255.0 * 255.0 / 15)));  // (9 + 0 + 36) / 3
  CHECK(c.pixels_changed == 144);
}

TEST_CASE("one changed channel counts as one changed pixel") {
  cv::Mat pixels = painted_picture(12, 12).pixels().clone();
  pixels.at<cv::Vec3b>(3, 4)[2] ^= 1;
  pixels.at<cv::Vec3b>(5, 6) = {0, 0, 0};
  CHECK(compare_images(painted_picture(12, 12), Image(pixels)).pixels_changed == 2);
}

TEST_CASE("8 and 16 bits are compared on one scale") {
  cv::Mat wide;
  painted_picture(30, 20).pixels().convertTo(wide, CV_16U, 257.0);
  const Comparison same = compare_images(painted_picture(30, 20), Image(wide));
  CHECK(std::isinf(same.psnr));
  CHECK(same.pixels_changed == 0);
  wide.at<cv::Vec3w>(2, 3)[0] ^= 1;
  const Comparison close = compare_images(painted_picture(30, 20), Image(wide));
  CHECK(close.pixels_changed == 1);
  CHECK(close.l1 == doctest::Approx(1 / 257.0 / (30 * 20 * 3)));
}

TEST_CASE("alpha is left out of the comparison") {
  const Image image = painted_picture(20, 15);
  const Comparison c = compare_images(image, with_painted_alpha(image));
  CHECK(c.pixels_changed == 0);
  CHECK(std::isinf(c.psnr));
}

TEST_CASE("SSIM is that of windows added up one by one") {
  const cv::Mat a = painted_picture(19, 14).pixels(), b = disturbed(a);
  const double expected = (naive_ssim(a, b, 0) + naive_ssim(a, b, 1) + naive_ssim(a, b, 2)) / 3;
  CHECK(expected < 0.99);
  CHECK(ssim(a, b) == doctest::Approx(expected).epsilon(1e-9));
  CHECK(compare_images(Image(a), Image(b)).ssim == doctest::Approx(expected).epsilon(1e-9));
  const cv::Mat one_a = a(cv::Rect(0, 0, 11, 11)), one_b = b(cv::Rect(0, 0, 11, 11));
  CHECK(ssim(one_a, one_b) ==
        doctest::Approx((naive_ssim(one_a, one_b, 0) + naive_ssim(one_a, one_b, 1) + naive_ssim(one_a, one_b, 2)) / 3));
}

TEST_CASE("SSIM of two flat pictures has a closed form") {
  const cv::Mat a(16, 16, CV_8UC1, cv::Scalar(100)), b(16, 16, CV_8UC1, cv::Scalar(150));
  const double c1 = 2.55 * 2.55;
  CHECK(ssim(a, b) == doctest::Approx((2 * 100 * 150 + c1) / (100 * 100 + 150 * 150 + c1)).epsilon(1e-6));
}

TEST_CASE("SSIM wants equal sizes of at least one window") {
  CHECK_THROWS_AS(ssim(cv::Mat(10, 20, CV_8UC1), cv::Mat(10, 20, CV_8UC1)), std::invalid_argument);
  CHECK_THROWS_AS(ssim(cv::Mat(20, 20, CV_8UC1), cv::Mat(20, 21, CV_8UC1)), std::invalid_argument);
  CHECK_THROWS_AS(ssim(cv::Mat(20, 20, CV_8UC1), cv::Mat(20, 20, CV_8UC3)), std::invalid_argument);
  const Comparison tiny = compare_images(flat_picture(1, 1, 0, 0, 0), flat_picture(1, 1, 255, 255, 255));
  CHECK(std::isnan(tiny.ssim));
  CHECK(tiny.psnr == doctest::Approx(0));
  CHECK(tiny.l1_percent == doctest::Approx(100));
}

TEST_CASE("figures do not depend on which way round large pictures lie") {
  const Image a = painted_picture(23, 700, 1), b = painted_picture(23, 700, 2);
  cv::Mat values = cv::Mat::zeros(700, 23, CV_8U);
  values(cv::Rect(3, 100, 15, 400)).setTo(255);
  const auto turned = [](const cv::Mat& m) {
    cv::Mat out;
    cv::transpose(m, out);
    return out;
  };
  const Mask hole(values), turned_hole(turned(values));
  const Comparison one = compare_images(a, b, &hole);
  const Comparison other = compare_images(Image(turned(a.pixels())), Image(turned(b.pixels())), &turned_hole);
  CHECK(one.psnr == doctest::Approx(other.psnr).epsilon(1e-12));
  CHECK(one.ssim == doctest::Approx(other.ssim).epsilon(1e-9));
  CHECK(one.l1 == doctest::Approx(other.l1).epsilon(1e-12));
  CHECK(*one.psnr_hole == doctest::Approx(*other.psnr_hole).epsilon(1e-12));
  CHECK(one.pixels_changed == other.pixels_changed);
  CHECK(*one.pixels_changed_outside == *other.pixels_changed_outside);
}

TEST_CASE("with a mask the hole and the rest are told apart") {
  const Mask mask = drawn_mask({"#6", "5."});  // in, in (above one half), neither, out
  const Image a = flat_picture(2, 2, 0, 0, 0);
  cv::Mat pixels = a.pixels().clone();
  pixels.at<cv::Vec3b>(0, 0) = {6, 6, 6};
  pixels.at<cv::Vec3b>(1, 0) = {9, 9, 9};
  const Comparison c = compare_images(a, Image(pixels), &mask);
  CHECK(c.pixels_changed == 2);
  CHECK(c.l1_hole.value() == doctest::Approx(3));                                    // 6 and 0
  CHECK(c.psnr_hole.value() == doctest::Approx(10 * std::log10(255.0 * 255 / 18)));  // 36 and 0
  CHECK(c.pixels_changed_outside == 0);
  pixels.at<cv::Vec3b>(1, 1)[1] = 1;
  CHECK(compare_images(a, Image(pixels), &mask).pixels_changed_outside == 1);
}

TEST_CASE("an empty mask has no hole to measure, a full one no outside") {
  const Image a = painted_picture(12, 12), b(disturbed(a.pixels()));
  const Mask empty(12, 12), full = full_mask(12, 12);
  const Comparison none = compare_images(a, b, &empty), all = compare_images(a, b, &full);
  CHECK_FALSE(none.psnr_hole.has_value());
  CHECK_FALSE(none.l1_hole.has_value());
  CHECK(none.pixels_changed_outside == none.pixels_changed);
  CHECK(all.psnr_hole.value() == doctest::Approx(all.psnr));
  CHECK(all.l1_hole.value() == doctest::Approx(all.l1));
  CHECK(all.pixels_changed_outside == 0);
}

TEST_CASE("pictures and masks of other sizes are not compared") {
  const Mask mask(3, 3);
  CHECK_THROWS_AS(compare_images(painted_picture(4, 3), painted_picture(3, 4)), std::invalid_argument);
  CHECK_THROWS_AS(compare_images(painted_picture(4, 3), painted_picture(4, 3), &mask), std::invalid_argument);
  CHECK_THROWS_AS(compare_masks(Mask(4, 3), Mask(3, 4)), std::invalid_argument);
}

TEST_CASE("masks are compared by overlap above one half and by mean difference") {
  const MaskComparison c = compare_masks(drawn_mask({"##6.", "...5"}), drawn_mask({".##.", "...."}));
  CHECK(c.iou == doctest::Approx(2.0 / 3));
  CHECK(c.mae == doctest::Approx((255 + 105 + 125) / 8.0 / 255));
  CHECK(compare_masks(Mask(3, 2), Mask(3, 2)).iou == 1);
  CHECK(compare_masks(Mask(3, 2), full_mask(3, 2)).iou == 0);
  CHECK(compare_masks(Mask(3, 2), full_mask(3, 2)).mae == doctest::Approx(1));
}

}  // namespace inpaint::test
