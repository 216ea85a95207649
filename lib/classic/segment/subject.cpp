#include "classic/segment/subject.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/segment/subject/confidence_private.h"
#include "classic/segment/subject/cues_private.h"
#include "classic/segment/subject/hints_private.h"
#include "classic/segment/subject/labelling_private.h"
#include "classic/segment/subject/trees_private.h"
#include "classic/segment/subject/working_size_private.h"

namespace inpaint {

using namespace subject;

namespace {

constexpr int least_side = 8;              // pixels; below that there is no border to learn a background from
constexpr double least_confidence = 0.12;  // below that it is more likely that there is no subject
constexpr double least_contrast = 3;       // of 255: a picture with less is empty

// A picture that has been cut out already: transparent along most of its border.
bool is_cut_out(const Image& image) {
  if (!image.has_alpha()) return false;
  const cv::Mat alpha = image.alpha();
  const int low = image.max_value() / 32;
  const int border = 2 * (alpha.cols + alpha.rows);
  int clear = 0;
  for (const cv::Mat& line : {alpha.row(0), alpha.row(alpha.rows - 1), alpha.col(0), alpha.col(alpha.cols - 1)}) {
    clear += cv::countNonZero(line <= low);
  }
  return 2 * clear > border;
}

bool is_one_color(const cv::Mat& rgb) {
  cv::Mat smooth;
  cv::blur(rgb, smooth, {5, 5});
  double least = 0, most = 0;
  for (int c = 0; c < 3; ++c) {
    cv::Mat channel;
    cv::extractChannel(smooth, channel, c);
    cv::minMaxLoc(channel, &least, &most);
    if (most - least > least_contrast) return false;
  }
  return true;
}

cv::Mat paint(const RegionGraph& graph, const std::vector<float>& values) {
  cv::Mat out(graph.labels.size(), CV_32F);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      out.at<float>(y, x) = values[static_cast<size_t>(graph.labels.at<int>(y, x))];
    }
  }
  return out;
}

// Takes away parts that weigh (area times probability) less than a hundredth of the heaviest, unless they are fixed.
void drop_specks(const cv::Mat& probability, const cv::Mat& fixed, cv::Mat& mask) {
  cv::Mat labels;
  const auto count = static_cast<size_t>(cv::connectedComponents(mask, labels, 8, CV_32S));
  std::vector<double> weight(count);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      const auto k = static_cast<size_t>(labels.at<int>(y, x));
      if (k == 0) continue;
      weight[k] += probability.at<float>(y, x);
      if (!fixed.empty() && fixed.at<uint8_t>(y, x) == surely_subject) weight[k] += static_cast<double>(mask.total());
    }
  }
  const double least = *std::max_element(weight.begin(), weight.end()) / 100;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (weight[static_cast<size_t>(labels.at<int>(y, x))] < least) mask.at<uint8_t>(y, x) = 0;
    }
  }
}

// Smoothing before enlarging turns the working pixels' staircase into a curve.
cv::Mat enlarged(const cv::Mat& mask, cv::Size size) {
  if (mask.size() == size) return mask;
  cv::Mat out;
  cv::GaussianBlur(mask, out, {0, 0}, 0.8);
  cv::resize(out, out, size, 0, 0, cv::INTER_CUBIC);
  return out > 127;
}

}  // namespace

FoundSubject find_subject(const Image& image, const SubjectHints& hints) {
  const cv::Size size = image.pixels().size();
  FoundSubject nothing{Mask(image.width(), image.height()), 0};
  const bool no_hints = !hints.box && hints.points.empty() && hints.trimap.empty();
  if (no_hints && is_cut_out(image)) return {Mask(cv::Mat(image.alpha() > image.max_value() / 2)), 1};
  const cv::Rect crop = part_to_look_at(hints, size);
  if (crop.width < least_side || crop.height < least_side) return nothing;

  const cv::Mat rgb = at_working_size(image.rgb8()(crop));
  if (is_one_color(rgb)) return nothing;
  const RegionGraph graph = make_region_graph(rgb, superpixels_wanted);
  std::vector<float> probabilities;
  for (const std::vector<float>& cues : measure_cues(graph).rows) probabilities.push_back(subject_probability(cues));
  const cv::Mat fixed = fixed_by(hints, size, crop, rgb.size());
  if (!fixed.empty()) probabilities = follow_hints(graph, std::move(probabilities), fixed);

  const cv::Mat prior = paint(graph, probabilities);
  Labelling found = label_pixels(rgb, prior, fixed);
  drop_specks(found.probability, fixed, found.mask);
  if (cv::countNonZero(found.mask) == 0) return nothing;
  const double confidence = confidence_from(signs_of_success(rgb, prior, found));
  if (no_hints && confidence < least_confidence) return nothing;
  cv::Mat mask(size, CV_8U, cv::Scalar(0));
  enlarged(found.mask, crop.size()).copyTo(mask(crop));
  return {Mask(mask), confidence};
}

}  // namespace inpaint
