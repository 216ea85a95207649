#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/matte/local_colors_private.h"

namespace inpaint::matte {
namespace {

using Moments = cv::Vec<float, 10>;  // weight, sums of colour, sums of its products xx xy xz yy yz zz

constexpr float grain = 4.0f * 4.0f / (255.0f * 255.0f);  // variance that every side has at least
constexpr float least_weight = 3;                         // pixels

void add_sample(Moments& m, float w, const cv::Vec3f& c) {
  m[0] += w;
  m[1] += w * c[0], m[2] += w * c[1], m[3] += w * c[2];
  m[4] += w * c[0] * c[0], m[5] += w * c[0] * c[1], m[6] += w * c[0] * c[2];
  m[7] += w * c[1] * c[1], m[8] += w * c[1] * c[2], m[9] += w * c[2] * c[2];
}

cv::Vec3f mean(const Moments& m) { return cv::Vec3f(m[1], m[2], m[3]) * (1 / m[0]); }

cv::Matx33f covariance(const Moments& m) {
  const cv::Vec3f u = mean(m);
  const cv::Matx33f second(m[4], m[5], m[6], m[5], m[7], m[8], m[6], m[8], m[9]);
  return second * (1 / m[0]) - u * u.t();
}

// Samples of the cells around count too, the nearer the more.
std::vector<Moments> spread(std::vector<Moments> cells, cv::Size grid) {
  constexpr std::array<float, 5> taps{0.25f, 0.7f, 1, 0.7f, 0.25f};
  std::vector<Moments> out(cells.size());
  for (const bool across : {true, false}) {
    for (int y = 0; y < grid.height; ++y) {
      for (int x = 0; x < grid.width; ++x) {
        Moments sum = Moments::all(0);
        for (int k = -2; k <= 2; ++k) {
          const int xx = x + (across ? k : 0), yy = y + (across ? 0 : k);
          if (xx < 0 || yy < 0 || xx >= grid.width || yy >= grid.height) continue;
          sum += taps[static_cast<size_t>(k + 2)] * cells[static_cast<size_t>(yy * grid.width + xx)];
        }
        out[static_cast<size_t>(y * grid.width + x)] = sum;
      }
    }
    std::swap(cells, out);
  }
  return cells;
}

}  // namespace

cv::Mat signed_distance(const cv::Mat& subject) {
  cv::Mat inside, outside;
  cv::distanceTransform(subject != 0, inside, cv::DIST_L2, cv::DIST_MASK_5);
  cv::distanceTransform(subject == 0, outside, cv::DIST_L2, cv::DIST_MASK_5);
  return inside - outside;
}

LocalColors::LocalColors(const cv::Mat& rgb, const cv::Mat& weight)
    : cell_side_(std::max(4, std::max(rgb.cols, rgb.rows) / 64)),
      grid_((rgb.cols + cell_side_ - 1) / cell_side_, (rgb.rows + cell_side_ - 1) / cell_side_) {
  const auto count = static_cast<size_t>(grid_.area());
  std::vector<Moments> subject(count, Moments::all(0)), background(count, Moments::all(0));
  for (int y = 0; y < rgb.rows; ++y) {
    const float* weights = weight.ptr<float>(y);
    const cv::Vec3b* colors = rgb.ptr<cv::Vec3b>(y);
    for (int x = 0; x < rgb.cols; ++x) {
      if (weights[x] == 0) continue;
      const auto cell = static_cast<size_t>(y / cell_side_ * grid_.width + x / cell_side_);
      add_sample(weights[x] > 0 ? subject[cell] : background[cell], std::abs(weights[x]),
                 cv::Vec3f(colors[x]) * (1 / 255.0f));
    }
  }
  subject = spread(std::move(subject), grid_);
  background = spread(std::move(background), grid_);
  cells_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    if (subject[i][0] < least_weight || background[i][0] < least_weight) continue;
    const cv::Vec3f f = mean(subject[i]), b = mean(background[i]), apart = f - b;
    const cv::Matx33f spread_f = covariance(subject[i]), spread_b = covariance(background[i]);
    const cv::Matx33f both = (spread_f + spread_b) * 0.5f + cv::Matx33f::eye() * grain;
    const cv::Vec3f direction = both.inv(cv::DECOMP_CHOLESKY) * apart;
    Cell& cell = cells_[i];
    cell.certainty = std::max(direction.dot(apart), 1e-6f);
    cell.direction = direction * (1 / cell.certainty);
    cell.offset = -cell.direction.dot(b);
    cell.subject_noise = std::sqrt(std::max(0.0f, cell.direction.dot(spread_f * cell.direction)));
    cell.background_noise = std::sqrt(std::max(0.0f, cell.direction.dot(spread_b * cell.direction)));
  }
}

ColorOpinion LocalColors::ask(int x, int y, cv::Vec3b color) const {
  const float gx = std::clamp((static_cast<float>(x) + 0.5f) / static_cast<float>(cell_side_) - 0.5f, 0.0f,
                              static_cast<float>(grid_.width - 1)),
              gy = std::clamp((static_cast<float>(y) + 0.5f) / static_cast<float>(cell_side_) - 0.5f, 0.0f,
                              static_cast<float>(grid_.height - 1));
  const int x0 = std::min(static_cast<int>(gx), grid_.width - 1), y0 = std::min(static_cast<int>(gy), grid_.height - 1);
  const float fx = gx - static_cast<float>(x0), fy = gy - static_cast<float>(y0);
  const cv::Vec3f c = cv::Vec3f(color) * (1 / 255.0f);
  float certainty = 0, sum = 0, fn = 0, bn = 0;
  for (int k = 0; k < 4; ++k) {
    const int cx = std::min(x0 + (k & 1), grid_.width - 1), cy = std::min(y0 + (k >> 1), grid_.height - 1);
    const Cell& cell = cells_[static_cast<size_t>(cy * grid_.width + cx)];
    const float share = ((k & 1) ? fx : 1 - fx) * ((k >> 1) ? fy : 1 - fy) * cell.certainty;
    certainty += share;
    fn += share * cell.subject_noise, bn += share * cell.background_noise;
    sum += share * std::clamp(cell.direction.dot(c) + cell.offset, 0.0f, 1.0f);
  }
  if (certainty <= 0) return {};
  return {sum / certainty, certainty, fn / certainty, bn / certainty};
}

}  // namespace inpaint::matte
