#include "remote/answer_check.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"

namespace inpaint {
namespace {

constexpr double flat = 1.0;     // standard deviation of grey levels, 0-255: one colour
constexpr double lively = 6.0;   // what was sent had something on it
constexpr double dark = 3.0;     // mean grey level: black
constexpr double light = 24.0;   // what was sent was not
constexpr double blurred = 0.2;  // of the detail that was sent; a round trip through a latent space keeps over 0.5

cv::Mat grey(const Image& image) {
  cv::Mat out;
  cv::cvtColor(image.rgb8(), out, cv::COLOR_RGB2GRAY);
  return out;
}

struct Look {
  double mean = 0, deviation = 0, detail = 0;
};

Look look_at(const cv::Mat& grey, const cv::Mat& where) {
  cv::Scalar mean, deviation, none;
  cv::meanStdDev(grey, mean, deviation, where);
  cv::Mat edges;
  cv::Laplacian(grey, edges, CV_32F);
  Look look{mean[0], deviation[0]};
  cv::meanStdDev(edges, none, deviation, where);
  look.detail = deviation[0];
  return look;
}

}  // namespace

void check_answer(const Image& sent, const Mask& hole, const Image& got) {
  cv::Mat kept;  // where both should look alike
  if (!hole.empty()) kept = hole.values() == 0;
  if (kept.empty() || cv::countNonZero(kept) < 64) kept = cv::Mat();
  const cv::Mat after = grey(got);
  const Look was = look_at(grey(sent), kept), whole = look_at(after, {});
  if (whole.mean < dark && was.mean > light) throw ItemError("the service answered with a black picture");
  if (whole.deviation < flat && was.deviation > lively)
    throw ItemError("the service answered with a picture of one colour");
  if (kept.empty()) return;
  if (was.detail > lively && look_at(after, kept).detail < blurred * was.detail)
    throw ItemError("the service answered with a blurred picture, as services do with what they filter");
}

void check_new_picture(const Image& got) {
  if (look_at(grey(got), {}).deviation < flat) throw ItemError("the service answered with a picture of one colour");
}

}  // namespace inpaint
