#include "classic/segment/subject/confidence_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace inpaint::subject {
namespace {

// Overlap of a soft and a hard subject: what IoU would be if the probabilities were true.
double expected_overlap(const cv::Mat& probability, const cv::Mat& mask) {
  double both = 0, either = 0;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      const double p = probability.at<float>(y, x);
      const bool inside = mask.at<uint8_t>(y, x) != 0;
      both += inside ? p : 0;
      either += inside ? 1 : p;
    }
  }
  return both / std::max(either, 1.0);
}

double doubt(const cv::Mat& probability) {
  const cv::Mat open = probability.mul(1 - probability);
  return cv::sum(open)[0];
}

double mean_where(const cv::Mat& values, const cv::Mat& where) {
  return cv::countNonZero(where) > 0 ? cv::mean(values, where)[0] : 0;
}

cv::Mat gradient_of(const cv::Mat& rgb) {
  cv::Mat smooth, dx, dy, length;
  cv::GaussianBlur(rgb, smooth, {0, 0}, 1);
  cv::cvtColor(smooth, smooth, cv::COLOR_RGB2GRAY);
  cv::Sobel(smooth, dx, CV_32F, 1, 0);
  cv::Sobel(smooth, dy, CV_32F, 0, 1);
  cv::magnitude(dx, dy, length);
  return length;
}

}  // namespace

Signs signs_of_success(const cv::Mat& rgb, const cv::Mat& prior, const Labelling& labelling) {
  const cv::Mat& mask = labelling.mask;
  const cv::Mat element = cv::getStructuringElement(cv::MORPH_RECT, {3, 3});
  cv::Mat outline, frame(mask.size(), CV_8U, cv::Scalar(255));
  cv::morphologyEx(mask, outline, cv::MORPH_GRADIENT, element);
  const cv::Rect inner(2, 2, std::max(0, mask.cols - 4), std::max(0, mask.rows - 4));
  frame(inner & cv::Rect({}, mask.size())).setTo(0);
  const cv::Mat gradient = gradient_of(rgb);
  const double area = cv::countNonZero(mask), total = static_cast<double>(mask.total());
  const double on_edge = mean_where(gradient, outline), beyond = mean_where(gradient, ~mask & ~outline);
  cv::Mat framed = mask & frame;
  return {expected_overlap(labelling.probability, mask),
          expected_overlap(prior, mask),
          mean_where(labelling.probability, mask),
          mean_where(prior, mask),
          std::log(doubt(labelling.probability) / area + 1e-3),
          std::log(area / total),
          std::log((on_edge + 1) / (beyond + 1)),
          std::log(beyond + 1),
          static_cast<double>(cv::countNonZero(framed)) / cv::countNonZero(frame),
          std::log(cv::countNonZero(outline) / std::sqrt(area)),
          (cv::countNonZero(prior > 0.75f) + 1.0) / (cv::countNonZero(prior > 0.25f) + 1.0)};
}

double confidence_from(const Signs& signs) {
  // Logistic regression of the IoU on the scenes that the trees were fitted to, by trees that did not see them.
  constexpr Signs weights = {0.785, 0.945, 2.183, 1.181, -0.142, -0.116, 0.034, -0.028, -2.173, -0.234, 1.075};
  double sum = -4.432;
  for (size_t k = 0; k < sign_count; ++k) sum += weights[k] * signs[k];
  return 1 / (1 + std::exp(-sum));
}

}  // namespace inpaint::subject
