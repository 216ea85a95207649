#pragma once
#include <array>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace inpaint::matte {

/// How far each pixel lies from the nearest pixel of the other side, in pixels: positive in the subject, negative
/// outside, never 0. `subject`: CV_8UC1, 0 or not 0. CV_32FC1.
cv::Mat signed_distance(const cv::Mat& subject);

/// What a colour says of its pixel's opacity.
struct ColorOpinion {
  float alpha = 0.5f;   ///< in [0,1]
  float certainty = 0;  ///< squared distance of the two sides' colours in units of their spread; 0 = cannot tell
  float subject_noise = 1, background_noise = 1;  ///< standard deviation of alpha among the subject's own colours, ...
};

/// The colours of subject and background nearby, as one Gaussian each per cell of a coarse grid.
class LocalColors {
 public:
  /// `weight`: CV_32FC1, how much a pixel is a sample of the subject (positive) or of the background (negative).
  LocalColors(const cv::Mat& rgb, const cv::Mat& weight);
  ColorOpinion ask(int x, int y, cv::Vec3b color) const;

 private:
  struct Cell {
    cv::Vec3f direction;  // alpha = direction · colour + offset
    float offset = 0, certainty = 0, subject_noise = 1, background_noise = 1;
  };
  int cell_side_;
  cv::Size grid_;
  std::vector<Cell> cells_;
};

}  // namespace inpaint::matte
