#pragma once
#include <opencv2/core.hpp>
#include <vector>

namespace inpaint::damage {

/// One size of strokes: what `find_letters` looks at. Lengths are pixels of this level.
struct TextLevel {
  cv::Mat rgb;          ///< CV_8UC3
  cv::Mat grey;         ///< CV_8UC1
  cv::Mat light, dark;  ///< CV_8UC1: how much a stroke stands out of the area around it (top-hats)
  cv::Mat slope;        ///< CV_32FC1: grey levels per pixel
  int scale;            ///< working pixels per pixel of this level
};

constexpr int widest_stroke = 7;  ///< pixels of a level

TextLevel make_text_level(const cv::Mat& rgb, int scale);

/// One connected piece of strokes: a letter, a part of one, or some letters that touch.
struct Letter {
  cv::Rect box;
  cv::Mat shape;            ///< CV_8UC1 of the box's size
  cv::Vec3f color;          ///< mean RGB
  float contrast = 0;       ///< mean top-hat, grey levels
  float stroke = 0;         ///< width, pixels
  std::vector<float> cues;  ///< for letter_trees
  float probability = 0;    ///< by letter_trees: that it is laid over the picture
};

/// `dark`: strokes darker than what is around them. Pieces with a probability below `least` are left out.
std::vector<Letter> find_letters(const TextLevel& level, bool dark, float least);

/// The working pixels of `shape` (255 = in), whose origin lies at `at` in the level.
std::vector<cv::Point> working_pixels(const cv::Mat& shape, cv::Point at, int scale);

}  // namespace inpaint::damage
