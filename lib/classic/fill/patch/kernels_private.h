// The inner loops of patch fill, once per instruction set. All of them compute in integers (the one float product is
// correctly rounded everywhere), so every instruction set gives the same bits.
#pragma once
#include <cstddef>
#include <cstdint>

namespace inpaint::patch {

inline constexpr int max_patch_size = 15;
/// Elements before the first and behind the last one of a plane that kernels may read.
inline constexpr int kernel_slack = 64;

/// One patch against many. Pixels are 4 bytes; `stride` counts pixels.
struct Comparison {
  const uint8_t* patch;  ///< upper left pixel of the patch to be matched
  const uint8_t* trust;  ///< its first byte of a plane with one byte per pixel: 255 = known, 0 = guessed
  const uint8_t* base;   ///< where a patch with index 0 would begin
  ptrdiff_t stride;
  int size;      ///< odd side of a patch, 3 to max_patch_size
  int distrust;  ///< differences in guessed pixels are shifted right by this: 0 = count fully, 8 = not at all
};

/// What a vote reads; arrays are width × height, row by row, and share their index.
struct VoteInput {
  const uint8_t* rgbx;      ///< 4 bytes per pixel
  const int32_t* field;     ///< index of the source patch's centre; a pixel that is no target holds its own index
  const int32_t* distance;  ///< of that patch, or `no_target`
  const uint8_t* doubt;     ///< steps of the weight table by which the vote of this centre is lowered
  const int32_t* weights;   ///< table of `weight_steps` falling weights, the last 0
  float sharpness;          ///< steps of the weight table per multiple of the mean distance of a pixel's voters
  int width, height, size;  ///< size: odd side of a patch
};
inline constexpr int32_t no_target = 0x40000000;
inline constexpr int weight_steps = 256;

struct Kernels {
  const char* name;
  /// Compares with the patches at `base + 4 * candidates[i]`: sum over size × size pixels of the squared differences
  /// of their 4 bytes. Where one is below `distance`, it is kept.
  void (*best_of)(const Comparison& comparison, const int32_t* candidates, int count, int32_t& best, int32_t& distance);
  /// The weighted mean of what the patches over each pixel of row y propose, 4 bytes each, where `hole` (one byte per
  /// pixel) is not 0. A pixel over which there is no patch keeps its colour.
  void (*vote_row)(const VoteInput& input, const uint8_t* hole, int y, uint8_t* out);
  /// The index of the pixel that the best patch over each pixel of row y proposes, where `hole` is not 0; the pixel's
  /// own index if there is none. The best: closest, and by its doubt the nearest to what is known.
  void (*donors_row)(const VoteInput& input, const uint8_t* hole, int y, int32_t* out);
};

const Kernels& portable_kernels();
const Kernels& avx2_kernels();    ///< only where the processor has AVX2
const Kernels& avx512_kernels();  ///< only where the processor has AVX-512 F, BW and VL
/// The fastest that this processor runs.
const Kernels& kernels();

}  // namespace inpaint::patch
