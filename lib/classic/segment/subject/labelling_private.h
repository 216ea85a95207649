#pragma once
#include <opencv2/core/mat.hpp>

namespace inpaint::subject {

/// What is fixed beforehand, per pixel.
enum Fixed : uint8_t { free_pixel = 0, surely_background = 1, surely_subject = 2 };

/// A cut of the picture into subject (255) and background (0), and the probability that led to it.
struct Labelling {
  cv::Mat mask;         ///< height × width uint8
  cv::Mat probability;  ///< height × width float32 in [0,1], before the cut
};

/// From the probabilities of regions to those of pixels: a guided filter lets them follow the picture's edges, colour
/// histograms of both sides tell pixels apart, and a graph cut (Boykov, Kolmogorov 2004) finds the outline; twice,
/// since the first cut tells the colours better. `rgb`: 8-bit. `prior`: float32 in [0,1]. `fixed`: uint8 of Fixed
/// values, or empty.
Labelling label_pixels(const cv::Mat& rgb, const cv::Mat& prior, const cv::Mat& fixed);

}  // namespace inpaint::subject
