#pragma once
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "classic/fill/patch/kernels_private.h"

namespace inpaint::patch {

/// Numbers row by row, with slack before and behind that kernels may read.
template <class T>
class Plane {
 public:
  Plane() = default;
  Plane(size_t count, T value) : values_(count + 2 * kernel_slack, value) {}
  T* data() { return values_.data() + kernel_slack; }
  const T* data() const { return values_.data() + kernel_slack; }
  T& operator[](ptrdiff_t at) { return data()[at]; }
  const T& operator[](ptrdiff_t at) const { return data()[at]; }

 private:
  std::vector<T> values_;
};

/// What the patch around a pixel is: one that may be taken, one that touches a hole, or neither.
enum class Kind : uint8_t { none, source, target };

/// One scale of the pyramid: the picture with the present estimate in its holes, and for each patch that touches a
/// hole ("target") the known patch that resembles it most ("source"). Planes are width × height; patches are named by
/// the index of their centre.
struct Level {
  int width = 0, height = 0, size = 7;  ///< size: odd side of a patch
  Plane<uint32_t> pixels;               ///< R, G, B, texture: 4 bytes each
  Plane<uint8_t> hole;                  ///< 1 = to be filled
  Plane<uint8_t> trust;                 ///< 255 = known, 0 = guessed
  Plane<uint8_t> free;                  ///< 1 = known, and may be taken
  Plane<Kind> kind;
  std::vector<int32_t> targets;  ///< ascending
  Plane<int32_t> field;          ///< for a target its source; any other pixel holds its own index
  Plane<int32_t> distance;       ///< for a target that to its source; `no_target` elsewhere
  Plane<uint8_t> doubt;          ///< see VoteInput
  size_t hole_pixels = 0, source_count = 0;

  int radius() const { return size / 2; }
  int32_t area() const { return width * height; }
  bool contains(int x, int y) const {
    return (static_cast<uint32_t>(x) < static_cast<uint32_t>(width)) &
           (static_cast<uint32_t>(y) < static_cast<uint32_t>(height));
  }
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(pixels.data()); }
  /// The hole as CV_8UC1, sharing memory.
  cv::Mat hole_mat() { return {height, width, CV_8U, hole.data()}; }
};

/// A picture as the pyramid is made from it: colours (CV_8UC3) and, CV_8UC1 with 255 = yes, which of them are known,
/// which may be taken (empty: all), where the strength of its texture (CV_8UC1: |dI/dx| + |dI/dy|) is known.
struct Scale {
  cv::Mat rgb, known, allowed, texture, has_texture;
};

/// Scale 0 is the picture (CV_8UC3; hole and allowed CV_8UC1, not 0 = yes; `allowed` may be empty); each further one
/// has half the side of the one before. Colours and texture are averaged over known pixels only; a pixel counts as
/// known if half of what it covers is.
std::vector<Scale> make_pyramid(const cv::Mat& rgb, const cv::Mat& hole, const cv::Mat& allowed, int count);

/// `size`: odd side of a patch. The texture byte is the mean strength of texture around each pixel; without it, patches
/// that are smoother than their surroundings would win, since the estimate in a hole is smooth.
Level make_level(const Scale& scale, int size);

}  // namespace inpaint::patch
