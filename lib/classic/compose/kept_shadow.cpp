#include "classic/compose/kept_shadow.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/compose/fill_private.h"

namespace inpaint {
namespace {

constexpr int work_side = 320;
constexpr int terms = 10;  // of a cubic surface
constexpr int rounds = 12;
constexpr double roughest = 0.04;  // noise floor above which texture cannot be told from shadow
constexpr double most_dark = 0.5;  // share of the ground that may be in shadow; more is no shadow but another wall

using Terms = cv::Vec<double, terms>;

Terms cubic(int x, int y, cv::Size size) {
  const double u = 2.0 * x / size.width - 1, v = 2.0 * y / size.height - 1;
  return {1, u, v, u * u, u * v, v * v, u * u * u, u * u * v, u * v * v, v * v * v};
}

struct Sample {
  Terms terms;
  double value, weight;
};

std::vector<Sample> samples_of(const cv::Mat& light, const cv::Mat& known) {
  std::vector<Sample> samples;
  for (int y = 1; y < light.rows; y += 3) {
    for (int x = 1; x < light.cols; x += 3)
      if (known.at<float>(y, x) > 0) samples.push_back({cubic(x, y, light.size()), light.at<float>(y, x), 1});
  }
  return samples;
}

// Weighted least squares.
Terms fitted_to(const std::vector<Sample>& samples) {
  cv::Matx<double, terms, terms> left = cv::Matx<double, terms, terms>::eye() * 1e-6;
  Terms right = Terms::all(0);
  for (const Sample& sample : samples) {
    for (int i = 0; i < terms; ++i) {
      const double weighted = sample.weight * sample.terms[i];
      for (int k = i; k < terms; ++k) left(i, k) += weighted * sample.terms[k];
      right[i] += weighted * sample.value;
    }
  }
  for (int i = 0; i < terms; ++i) {
    for (int k = 0; k < i; ++k) left(i, k) = left(k, i);
  }
  return left.solve(right, cv::DECOMP_CHOLESKY);
}

// Brightness of the ground as it would be without the shadow: a cubic surface through what is known, fitted again and
// again with less weight for pixels far from it and still less for those below it, since a shadow only takes light
// away.
cv::Mat clean_ground(const cv::Mat& light, const cv::Mat& known) {
  std::vector<Sample> samples = samples_of(light, known);
  Terms surface = fitted_to(samples);
  double spread = 0.05;
  for (int round = 0; round < rounds; ++round, spread = std::max(0.008, spread * 0.8)) {
    for (Sample& sample : samples) {
      const double off = sample.value - sample.terms.dot(surface);
      const double relative = off / (off < 0 ? spread : 3 * spread);
      sample.weight = 1 / (1 + relative * relative);
    }
    surface = fitted_to(samples);
  }
  cv::Mat out(light.size(), CV_32F);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) out.at<float>(y, x) = static_cast<float>(cubic(x, y, out.size()).dot(surface));
  }
  return out;
}

// How far the ground's own texture and noise go below the surface: 2.5 times what the brighter half, which no shadow
// touches, goes above it.
double noise_floor(const cv::Mat& ratio, const cv::Mat& known) {
  double sum = 0, count = 0;
  for (int y = 0; y < ratio.rows; ++y) {
    for (int x = 0; x < ratio.cols; ++x) {
      const double over = ratio.at<float>(y, x) - 1;
      if (known.at<float>(y, x) < 0.99f || over <= 0) continue;
      sum += over;
      count += 1;
    }
  }
  return std::max(0.02, 2.5 * sum / std::max(count, 1.0));
}

// Only what hangs together with the subject.
void keep_attached(cv::Mat& darkness, const cv::Mat& subject) {
  cv::Mat any = (darkness > 0) | (subject > 0), labels;
  const int count = cv::connectedComponents(any, labels, 4);
  std::vector<bool> attached(static_cast<size_t>(count));
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x)
      if (subject.at<float>(y, x) > 0.5f) attached[static_cast<size_t>(labels.at<int>(y, x))] = true;
  }
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x)
      if (!attached[static_cast<size_t>(labels.at<int>(y, x))]) darkness.at<float>(y, x) = 0;
  }
}

float smooth_step(double t) {
  t = std::clamp(t, 0.0, 1.0);
  return static_cast<float>(t * t * (3 - 2 * t));
}

// Far from the subject dark corners are no shadow of its; and one that the photograph cuts off must not end in a line.
void fade_out(cv::Mat& darkness, const cv::Mat& subject) {
  cv::Mat distance;
  cv::distanceTransform(subject <= 0.5, distance, cv::DIST_L2, 3);
  const cv::Rect box = cv::boundingRect(subject > 0.5);
  const double reach = 0.5 * std::max(box.width, box.height), rim = 0.06 * std::max(darkness.cols, darkness.rows);
  for (int y = 0; y < darkness.rows; ++y) {
    for (int x = 0; x < darkness.cols; ++x) {
      const int to_frame = std::min({x, y, darkness.cols - 1 - x, darkness.rows - 1 - y});
      darkness.at<float>(y, x) *= smooth_step(to_frame / rim) * smooth_step(2 - distance.at<float>(y, x) / reach);
    }
  }
}

// Where nothing is known, what the nearest known pixel has: a shadow is darkest where it meets the subject, and goes on
// below its soft edge.
void extend(cv::Mat& values, const cv::Mat& known) {
  cv::Mat distance, labels;
  cv::distanceTransform(known < 0.5, distance, labels, cv::DIST_L2, 5, cv::DIST_LABEL_PIXEL);
  double last = 0;
  cv::minMaxLoc(labels, nullptr, &last);
  std::vector<float> of_label(static_cast<size_t>(last) + 1);
  for (int pass = 0; pass < 2; ++pass) {
    for (int y = 0; y < values.rows; ++y) {
      for (int x = 0; x < values.cols; ++x) {
        float& nearest = of_label[static_cast<size_t>(labels.at<int>(y, x))];
        const bool is_known = known.at<float>(y, x) >= 0.5f;
        if (pass == 0 && is_known) nearest = values.at<float>(y, x);
        if (pass == 1 && !is_known) values.at<float>(y, x) = nearest;
      }
    }
  }
}

}  // namespace

Shadow kept_shadow(const Image& original, const cv::Mat& alpha, const Layout& layout, double strength) {
  const double shrink = std::min(1.0, work_side / static_cast<double>(std::max(original.width(), original.height())));
  const cv::Rect2d area = layout.placed({0, 0, original.width() * 1.0, original.height() * 1.0});
  cv::Mat light, smooth;
  cv::cvtColor(without_subject(original, alpha, shrink), light, cv::COLOR_RGB2GRAY);
  const cv::Mat subject = shrunk_alpha(alpha, light.size());
  cv::Mat known = subject <= 0.001;
  cv::erode(known, known, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
  known.convertTo(known, CV_32F, 1 / 255.0);
  if (cv::countNonZero(known) < 10 * terms) return {{}, area};
  cv::GaussianBlur(light, smooth, {}, 1.2, 1.2, cv::BORDER_REPLICATE);
  const cv::Mat ratio = smooth / cv::max(clean_ground(smooth, known), 0.02);
  const double floor = noise_floor(ratio, known);
  cv::Mat darkness = cv::max((1 - ratio - floor) / (1 - floor), 0);
  const double dark = cv::countNonZero((darkness > 0) & (known > 0)), all = cv::countNonZero(known);
  if (floor > roughest || dark > most_dark * all) return {{}, area};
  extend(darkness, known);
  keep_attached(darkness, subject);
  cv::GaussianBlur(darkness, darkness, {}, 1, 1, cv::BORDER_REPLICATE);
  fade_out(darkness, subject);
  darkness.setTo(0, darkness < 0.002);
  return {strength * darkness, area};
}

}  // namespace inpaint
