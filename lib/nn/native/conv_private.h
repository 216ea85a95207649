#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "nn/native/step_private.h"
#include "nn/native/weights_private.h"

namespace inpaint::native {

/// A convolution at a fixed size, and what was fused into it.
struct ConvWork {
  Conv2d how = {};
  /// The input's maps, one channel after the other: of one layout, all but the last of whole blocks. The first may be
  /// doubled: read at twice its size, each pixel four times.
  std::vector<Map> in = {};
  bool doubled = false;
  Map out = {};
  std::optional<Map> pixel_scale = {};  ///< one plane of the result's size; see Finish
  Activation first = {}, last = {};     ///< last: after the residual
  std::optional<Map> residual = {};     ///< of a blocked result only
  int threads = 1;                      ///< to be kept busy

  int in_height() const { return doubled ? 2 * in[0].height : in[0].height; }
  int in_width() const { return doubled ? 2 * in[0].width : in[0].width; }
  int pixel() const { return in[0].pixel(); }
  int in_blocks() const;
  int doubled_blocks() const { return doubled ? in[0].blocks() : 0; }  ///< the first ones
  /// The map that holds this block of the input, and the block's number within it.
  std::pair<const Map*, int> block_of_input(int number) const;
};

/// The steps of a convolution. Each asks `weights` for the form that it needs.
Steps conv_steps(const Kernels& kernels, Weights& weights, const ConvWork& work, Algorithm algorithm);
StepPtr direct_step(const Kernels& kernels, Weights& weights, const ConvWork& work);
/// A run of tiles after the other goes through all of it and never leaves the cache; each run reads all weights.
StepPtr winograd_step(const Kernels& kernels, Weights& weights, const ConvWork& work);
/// All tiles are transformed, then multiplied, then transformed back; weights are read once.
Steps winograd_phases(const Kernels& kernels, Weights& weights, const ConvWork& work);

/// How a map is cut into Winograd's tiles.
struct Tiling {
  int across, down, count;
  explicit Tiling(const Map& out)
      : across((out.width + 3) / 4), down((out.height + 3) / 4), count(across * down * out.batch) {}
  /// A run of tiles; `map` is what is read or written, padding that of reading.
  Tiles run(int first, int number, const Map& map, const Conv2d& how) const {
    return {.first = first,
            .count = number,
            .across = across,
            .down = down,
            .height = map.height,
            .width = map.width,
            .top = how.before[0],
            .left = how.before[1],
            .batch_stride = map.batch_stride};
  }
};
/// Floats from one of 36 slices to the next: an odd number of cache lines, so that slices do not compete for the same
/// part of a cache.
inline int64_t slice_floats(int64_t vectors) { return (vectors | 1) * block; }

/// One block of the input, taken to its 36 slices for a run of tiles.
void read_block(const Kernels& kernels, const ConvWork& work, const Memory& memory, int number, const Tiling& tiling,
                int first, int count, float* to, int64_t slice);
/// How many blocks, the first ones, add nothing to the products of this slice.
int absent_blocks(const ConvWork& work, int slice);

/// What follows the products of this output block, with residuals of all pictures.
Finish block_finish(const Weights& weights, const ConvWork& work, const Memory& memory, int out_block);

/// Intermediate results of a task stay below this many floats where possible, to remain in a core's cache.
inline constexpr int64_t cache_floats = 3 << 16;

}  // namespace inpaint::native
