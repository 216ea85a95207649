#include "classic/matte/foreground.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "classic/matte/color_field_private.h"
#include "classic/matte/interpolate_private.h"

namespace inpaint {
namespace {

constexpr int grid_side = 512;       // cells along the longer side, at most
constexpr int near_pixels = 16;      // how far the subject's colours run out beyond its edge, at least
constexpr int near_cells = 3;        // the same in cells
constexpr int rounds = 3;            // of relaxation
constexpr float steepness = 0.1f;    // added where opacity changes, by how much; Germer has 1, which smears grain
constexpr float smoothness = 1e-5f;  // weight of the neighbours' colours

float power8(float v) {
  v *= v, v *= v;
  return v * v;
}

/// The picture in square cells.
struct Grid {
  explicit Grid(cv::Size size)
      : side((std::max(size.width, size.height) + grid_side - 1) / grid_side),
        cells((size.width + side - 1) / side, (size.height + side - 1) / side) {}
  int side;
  cv::Size cells;
};

// Cells near the edge: those with a pixel that is neither wholly subject nor wholly background, or with both, and those
// around them.
cv::Mat cells_near_edge(const cv::Mat& alpha, const Grid& grid) {
  cv::Mat least(grid.cells, CV_32F, cv::Scalar(1)), most(grid.cells, CV_32F, cv::Scalar(0));
  for (int y = 0; y < alpha.rows; ++y) {
    const float* a = alpha.ptr<float>(y);
    float *low = least.ptr<float>(y / grid.side), *high = most.ptr<float>(y / grid.side);
    for (int cell = 0; cell < grid.cells.width; ++cell) {
      const auto [lowest, highest] =
          std::minmax_element(a + cell * grid.side, a + std::min((cell + 1) * grid.side, alpha.cols));
      low[cell] = std::min(low[cell], *lowest), high[cell] = std::max(high[cell], *highest);
    }
  }
  // One cell wider, so that an edge between two cells is seen.
  cv::Mat wide_least, wide_most, near;
  cv::erode(least, wide_least, {});
  cv::dilate(most, wide_most, {});
  const int reach = std::max(near_cells, (near_pixels + grid.side - 1) / grid.side);
  cv::dilate((wide_least < 1) & (wide_most > 0), near, cv::Mat::ones(2 * reach + 1, 2 * reach + 1, CV_8U));
  return near;
}

template <class Value>
class Cleaner {
 public:
  Cleaner(const cv::Mat& pixels, const cv::Mat& alpha)
      : out_(pixels.clone()), alpha_(alpha), grid_(pixels.size()), channels_(pixels.channels()) {
    near_ = cells_near_edge(alpha, grid_);
  }

  cv::Mat clean() {
    learn();
    collect_soft();
    relax();
    write_soft();
    write_outside();
    return out_;
  }

 private:
  static constexpr float full = std::is_same_v<Value, uint16_t> ? 65535.0f : 255.0f;
  struct Soft {
    int x, y;
    float alpha;
    cv::Vec3f color, subject, background;
  };

  bool is_near(int x, int y) const { return near_.at<uint8_t>(y / grid_.side, x / grid_.side) != 0; }
  cv::Vec3f color(int x, int y) const {
    const Value* p = out_.ptr<Value>(y) + x * channels_;
    return cv::Vec3f(p[0], p[1], p[2]) * (1 / full);
  }
  void write(int x, int y, const cv::Vec3f& c) {
    Value* p = out_.ptr<Value>(y) + x * channels_;
    for (int k = 0; k < 3; ++k) p[k] = static_cast<Value>(std::clamp(c[k], 0.0f, 1.0f) * full + 0.5f);
  }
  cv::Vec3f at(const cv::Mat& field, int x, int y) const {
    const auto side = static_cast<float>(grid_.side);
    const cv::Vec4f c = matte::interpolated<cv::Vec4f>(field, (static_cast<float>(x) + 0.5f) / side,
                                                       (static_cast<float>(y) + 0.5f) / side);
    return {c[0], c[1], c[2]};
  }

  // Colours of subject and background, from where they are seen unmixed.
  void learn() {
    cv::Mat subject = cv::Mat::zeros(grid_.cells, CV_32FC4), background = subject.clone();
    for (int y = 0; y < out_.rows; ++y) {
      for (int x = 0; x < out_.cols; ++x) {
        if (!is_near(x, y)) {
          x += grid_.side - 1 - x % grid_.side;
          continue;
        }
        const float a = alpha_.at<float>(y, x), f = power8(a), b = power8(1 - a);
        const cv::Vec3f c = color(x, y);
        const cv::Vec4f one(c[0], c[1], c[2], 1);
        subject.at<cv::Vec4f>(y / grid_.side, x / grid_.side) += one * f;
        background.at<cv::Vec4f>(y / grid_.side, x / grid_.side) += one * b;
      }
    }
    subject_ = matte::spread_colors(subject);
    background_ = matte::spread_colors(background);
    cv::Vec4d all(0, 0, 0, 0);
    for (int y = 0; y < subject.rows; ++y) {
      for (int x = 0; x < subject.cols; ++x) all += cv::Vec4d(subject.at<cv::Vec4f>(y, x));
    }
    far_ = cv::Vec3f(cv::Vec3d(all[0], all[1], all[2]) * (1 / std::max(all[3], 1e-9)));
  }

  void collect_soft() {
    index_ = cv::Mat(out_.size(), CV_32S, cv::Scalar(-1));
    for (int y = 0; y < out_.rows; ++y) {
      const float* a = alpha_.ptr<float>(y);
      for (int x = 0; x < out_.cols; ++x) {
        if (a[x] <= 0 || a[x] >= 1) continue;
        const cv::Vec3f c = color(x, y), f = at(subject_, x, y), b = at(background_, x, y);
        // The surroundings' colours, moved so that they mix to the one that is seen.
        const cv::Vec3f missing = c - f * a[x] - b * (1 - a[x]);
        index_.template at<int>(y, x) = static_cast<int>(soft_.size());
        soft_.push_back({x, y, a[x], c, f + missing * a[x], b + missing * (1 - a[x])});
      }
    }
  }

  void relax() {
    for (int round = 0; round < rounds; ++round) {
      for (Soft& s : soft_) relax(s);
    }
  }

  // The pair of colours that mixes to what is seen and agrees best with the four neighbours'.
  void relax(Soft& s) {
    float total = 0;
    cv::Vec3f f(0, 0, 0), b(0, 0, 0);
    for (const auto& [dx, dy] : {std::pair(-1, 0), {1, 0}, {0, -1}, {0, 1}}) {
      const int x = s.x + dx, y = s.y + dy;
      if (x < 0 || y < 0 || x >= out_.cols || y >= out_.rows) continue;
      const float a = alpha_.at<float>(y, x), weight = smoothness + steepness * std::abs(a - s.alpha);
      const int other = index_.template at<int>(y, x);
      total += weight;
      f += weight * (other >= 0 ? soft_[other].subject : a > 0 ? color(x, y) : at(subject_, x, y));
      b += weight * (other >= 0 ? soft_[other].background : a > 0 ? at(background_, x, y) : color(x, y));
    }
    const float a = s.alpha, c = 1 - a;
    const float ff = a * a + total, fb = a * c, bb = c * c + total, scale = 1 / (ff * bb - fb * fb);
    const cv::Vec3f right_f = a * s.color + f, right_b = c * s.color + b;
    s.subject = (right_f * bb - right_b * fb) * scale;
    s.background = (right_b * ff - right_f * fb) * scale;
    for (int k = 0; k < 3; ++k) {
      s.subject[k] = std::clamp(s.subject[k], 0.0f, 1.0f), s.background[k] = std::clamp(s.background[k], 0.0f, 1.0f);
    }
  }

  void write_soft() {
    for (const Soft& s : soft_) write(s.x, s.y, s.subject);
  }

  void write_outside() {
    for (int y = 0; y < out_.rows; ++y) {
      const float* a = alpha_.ptr<float>(y);
      for (int x = 0; x < out_.cols; ++x) {
        if (a[x] <= 0) write(x, y, is_near(x, y) ? at(subject_, x, y) : far_);
      }
    }
  }

  cv::Mat out_;
  const cv::Mat& alpha_;
  Grid grid_;
  int channels_;
  cv::Mat near_;                  // CV_8U, per cell
  cv::Mat subject_, background_;  // colours per cell
  cv::Vec3f far_;
  cv::Mat index_;  // of each pixel in soft_; -1 = none
  std::vector<Soft> soft_;
};

}  // namespace

Image clean_colors(const Image& image, const Matte& matte) {
  const cv::Mat& alpha = matte.values();
  if (image.pixels().size() != alpha.size()) throw std::invalid_argument("the matte must have the picture's size");
  if (cv::countNonZero(alpha > 0) == 0) return image;
  return image.with_pixels(image.is_16_bit() ? Cleaner<uint16_t>(image.pixels(), alpha).clean()
                                             : Cleaner<uint8_t>(image.pixels(), alpha).clean());
}

}  // namespace inpaint
