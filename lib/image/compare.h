#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "image/image.h"

namespace inpaint {

/// How far a picture is from the reference. 16-bit pictures are compared on the 0-255 scale without rounding; alpha is
/// left out.
struct Comparison {
  double psnr = 0;                  ///< dB, 20 log10(255 / sqrt(MSE)) over all pixels and channels; infinite if equal
  double ssim = 0;                  ///< [-1,1], as `ssim` below
  double l1 = 0;                    ///< mean |difference|, 0-255
  double l1_percent = 0;            ///< 100 × l1 / 255
  int64_t pixels_changed = 0;       ///< pixels in which any channel differs
  std::optional<double> psnr_hole;  ///< the same inside the mask (> 127), if a mask is given that is not empty
  std::optional<double> l1_hole;
  std::optional<int64_t> pixels_changed_outside;  ///< pixels changed where the mask is 0
};

/// Sizes must agree (std::invalid_argument).
Comparison compare_images(const Image& a, const Image& b, const Mask* hole = nullptr);

/// The figures by their names here; "psnr" and "psnr_hole" null where they are infinite (JSON has no infinity), "ssim"
/// null for pictures without a window; what is not set is left out.
nlohmann::json to_json(const Comparison& comparison);

/// Structural similarity after Wang et al. 2004: Gaussian window 11 × 11 with sigma 1.5, K1 0.01, K2 0.03, range 255,
/// only windows that lie inside the picture, mean over channels. `a`, `b`: height × width × channels, at least 11 × 11
/// (std::invalid_argument), any depth, values 0-255.
double ssim(const cv::Mat& a, const cv::Mat& b);

struct MaskComparison {
  double iou = 0;  ///< intersection over union of the parts above one half; 1 if both are empty
  double mae = 0;  ///< mean |difference| in [0,1]
};
/// Sizes must agree (std::invalid_argument).
MaskComparison compare_masks(const Mask& a, const Mask& b);

}  // namespace inpaint
