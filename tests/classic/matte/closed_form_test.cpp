#include "classic/matte/closed_form.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "classic/matte/scenes.h"

namespace inpaint::test {
namespace {

// Levin's matrix, dense and in double, entry by entry as in the paper, with the variance of grain that the solver
// takes.
cv::Mat dense_laplacian(const cv::Mat& rgb) {
  const int count = static_cast<int>(rgb.total());
  cv::Mat out = cv::Mat::zeros(count, count, CV_64F);
  for (int y = 1; y + 1 < rgb.rows; ++y) {
    for (int x = 1; x + 1 < rgb.cols; ++x) {
      cv::Mat window(9, 3, CV_64F), mean, covariance;
      std::vector<int> pixel;
      for (int k = 0; k < 9; ++k) {
        const cv::Point at(x + k % 3 - 1, y + k / 3 - 1);
        pixel.push_back(at.y * rgb.cols + at.x);
        for (int c = 0; c < 3; ++c) window.at<double>(k, c) = rgb.at<cv::Vec3b>(at)[c] / 255.0;
      }
      cv::reduce(window, mean, 0, cv::REDUCE_AVG);
      for (int k = 0; k < 9; ++k) window.row(k) -= mean;
      covariance = window.t() * window / 9 + 1e-5 * cv::Mat::eye(3, 3, CV_64F);
      const cv::Mat products = window * covariance.inv() * window.t();
      for (int i = 0; i < 9; ++i) {
        for (int j = 0; j < 9; ++j) {
          out.at<double>(pixel[i], pixel[j]) += (i == j) - (1 + products.at<double>(i, j)) / 9;
        }
      }
    }
  }
  return out;
}

// L_UU x = -L_UK a_K by elimination.
cv::Mat dense_matte(const cv::Mat& rgb, const cv::Mat& trimap) {
  cv::Mat matrix = dense_laplacian(rgb), right = cv::Mat::zeros(matrix.rows, 1, CV_64F), out;
  for (int i = 0; i < matrix.rows; ++i) {
    const uint8_t known = trimap.data[i];
    if (known > 0 && known < 255) {
      matrix.at<double>(i, i) += 1e-5, right.at<double>(i) = 0.5e-5;
    } else {
      matrix.row(i).setTo(0);
      matrix.at<double>(i, i) = 1, right.at<double>(i) = known / 255;
    }
  }
  cv::solve(matrix, right, out, cv::DECOMP_LU);
  out = cv::min(cv::max(out, 0), 1);
  out.convertTo(out, CV_32F);
  return out.reshape(1, rgb.rows);
}

}  // namespace

TEST_CASE("the matte is that of a dense solver of Levin's equations") {
  const Image image = painted_picture(14, 11);
  const Mask trimap = drawn_mask({"####5555......", "####5555......", "###55555......", "###5555555....",
                                  "##555555555...", "##5555555555..", "##55555555....", "##55555.......",
                                  "##5555........", "5555..........", "555..........."});
  const Matte found = solve_matte(image, trimap);
  CHECK(largest_difference(found.values(), dense_matte(image.pixels(), trimap.values())) < 0.01);
}

TEST_CASE("an edge mixed from two colours is found, known pixels are kept exactly") {
  const Cut cut = disc(48, 14, 0);
  cv::Mat trimap = cut.subject.values().clone(), wide, narrow;
  cv::dilate(trimap, wide, cv::Mat::ones(7, 7, CV_8U));
  cv::erode(trimap, narrow, cv::Mat::ones(7, 7, CV_8U));
  trimap.setTo(128, wide & ~narrow);
  const cv::Mat found = solve_matte(cut.image, Mask(trimap)).values();
  CHECK(mean_error(found, cut.alpha) < 0.004);
  CHECK(largest_difference(found, cut.alpha) < 0.15);
  CHECK(cv::countNonZero((found != 1) & narrow) == 0);
  CHECK(cv::countNonZero((found != 0) & ~wide) == 0);
}

TEST_CASE("nothing unknown gives the trimap itself, everything unknown one half") {
  const Image image = painted_picture(20, 16);
  const Mask known = drawn_mask(std::vector<std::string>(16, "##########.........."));
  CHECK(identical(solve_matte(image, known).values(), Matte(known).values()));
  const cv::Mat open = solve_matte(image, Mask(cv::Mat(16, 20, CV_8U, cv::Scalar(128)))).values();
  CHECK(largest_difference(open, cv::Mat(16, 20, CV_32F, cv::Scalar(0.5))) < 0.01);
}

TEST_CASE("in one colour opacity passes evenly from side to side") {
  const Mask trimap = drawn_mask(std::vector<std::string>(9, "##55555.."));
  const cv::Mat found = solve_matte(flat_picture(9, 9, 90, 90, 90), trimap).values();
  for (int x = 2; x < 7; ++x) CHECK(found.at<float>(4, x) <= found.at<float>(4, x - 1));
  CHECK(found.at<float>(4, 4) == doctest::Approx(0.5).epsilon(0.1));
}

TEST_CASE("what is believed decides where colour tells nothing, and gives way where it does") {
  const Mask trimap(cv::Mat(20, 20, CV_8U, cv::Scalar(128)));
  MattePrior prior{cv::Mat(20, 20, CV_32F, cv::Scalar(0)), cv::Mat(20, 20, CV_32F, cv::Scalar(1))};
  prior.expected(cv::Rect(0, 0, 20, 10)).setTo(1);
  const cv::Mat found = solve_matte(flat_picture(20, 20, 50, 60, 70), trimap, prior).values();
  CHECK(found.at<float>(2, 10) > 0.95f);
  CHECK(found.at<float>(17, 10) < 0.05f);
  prior.weight = cv::Mat(10, 20, CV_32F, cv::Scalar(1));
  CHECK_THROWS_AS(solve_matte(flat_picture(20, 20, 50, 60, 70), trimap, prior), std::invalid_argument);
}

TEST_CASE("pictures too small for a window, and sizes that disagree") {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(2, 2), cv::Size(1, 20), cv::Size(20, 2)}) {
    const Image image = painted_picture(size.width, size.height);
    const cv::Mat open = solve_matte(image, Mask(cv::Mat(size, CV_8U, cv::Scalar(128)))).values();
    CHECK(largest_difference(open, cv::Mat(size, CV_32F, cv::Scalar(0.5))) < 0.01);
  }
  CHECK_THROWS_AS(solve_matte(painted_picture(4, 4), Mask(5, 4)), std::invalid_argument);
}

}  // namespace inpaint::test
