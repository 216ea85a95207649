// Folders of painted pictures, and crops as arrays, for the tests of training.
#pragma once
#include <opencv2/core.hpp>
#include <string>

#include "drawing.h"
#include "train/config.h"
#include "train/dataset.h"

namespace inpaint::test {

inline std::string numbered(int i) { return "p" + std::to_string(100 + i) + ".png"; }

inline void write_pictures(const std::string& folder, int count, int width = 96, int height = 72) {
  for (int i = 0; i < count; ++i)
    write_picture(folder + "/" + numbered(i), painted_picture(width, height, i), Format::png);
}

inline TrainingConfig small_config() {
  TrainingConfig config;
  config.batch = 4, config.size = 64, config.first_fill = "pull-push";
  return config;
}

/// One plane of a batch of N × C × H × W as a matrix that shares the batch's values.
inline cv::Mat plane(const Tensor& tensor, int64_t entry, int64_t channel) {
  const int64_t at = (entry * tensor.extent(1) + channel) * tensor.extent(2) * tensor.extent(3);
  return cv::Mat(static_cast<int>(tensor.extent(2)), static_cast<int>(tensor.extent(3)), CV_32F,
                 const_cast<float*>(tensor.data() + at));
}

inline bool same(const TrainingBatch& a, const TrainingBatch& b) {
  if (a.names != b.names || a.tensors.size() != b.tensors.size()) return false;
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    if (a.tensors[i].shape() != b.tensors[i].shape() ||
        !std::equal(a.tensors[i].values().begin(), a.tensors[i].values().end(), b.tensors[i].values().begin()))
      return false;
  }
  return true;
}

}  // namespace inpaint::test
