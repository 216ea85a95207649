#pragma once
#include <opencv2/core.hpp>
#include <vector>

#include "classic/compose/layout.h"

namespace inpaint {

/// Half-open range of result pixels along one axis.
struct Span {
  int begin = 0, end = 0;
  bool empty() const { return end <= begin; }
};

/// For each result pixel of one axis the picture pixels that it is made of: Catmull-Rom, stretched where it shrinks.
class AxisTaps {
 public:
  /// result = picture × scale + shift, for a picture of `length` pixels and a result of `limit`.
  AxisTaps(int length, double scale, double shift, int limit);
  /// The result pixels that the picture covers.
  Span covered() const { return covered_; }
  int count() const { return count_; }
  int first(int at) const { return first_[static_cast<size_t>(at - covered_.begin)]; }
  const float* weights(int at) const { return &weights_[static_cast<size_t>(at - covered_.begin) * count_]; }
  /// The covered result pixels on which picture pixels of this range have an influence.
  Span touched(Span in_picture) const;

 private:
  Span covered_;
  int count_;  // weights per result pixel, at most `length`
  double scale_, shift_, support_;
  std::vector<int> first_;
  std::vector<float> weights_;  // sum to 1 for each pixel
};

/// Gives rows of a picture as they come to lie in a result: premultiplied, unclamped, so that neither edges nor
/// overshoot can bring in colour that is not the subject's. Not for several threads at once.
class RowSampler {
 public:
  /// `max_value`: of the result, 255 or 65535. With `least_weight` above 0 transparent pixels count a little, so that
  /// colours are known everywhere.
  RowSampler(const Image& picture, const AxisTaps& across, const AxisTaps& down, double max_value, float least_weight);

  /// The columns in which row `y` may differ from empty; `values` is set to that row of four floats a pixel, the first
  /// for column across.covered().begin: colour × w in [0, max_value], and w = alpha + least_weight, alpha in [0,1].
  Span row(int y, const float*& values);

 private:
  struct Line {
    int source = -1;
    Span span;
    std::vector<float> values;
  };
  const Line& line(int source);
  Span load(int source);

  const Image& picture_;
  const AxisTaps &across_, &down_;
  float color_scale_, alpha_scale_, least_weight_;
  std::vector<float> loaded_, row_;
  std::vector<Line> lines_;
};

}  // namespace inpaint
