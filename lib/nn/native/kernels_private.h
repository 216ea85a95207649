// The inner loops of the engine, one source compiled per instruction set (kernels_source_*.h). Maps are either planar
// (batch × channels × height × width) or blocked (batch × channels / 16 × height × width × 16): a pixel of a blocked
// map is a vector of 16 channels, those beyond the last one hold any finite value.
#pragma once
#include <cstdint>

namespace inpaint::native {

inline constexpr int block = 16;
/// Floats behind a planar row that kernels may read.
inline constexpr int row_slack = 64;

/// What is applied to a value. kind as Activation::Kind: 0 none, 1 relu, 2 leaky relu, 3 sigmoid.
struct Pointwise {
  int kind = 0;
  float slope = 0;
};

/// What follows a sum of products, in this order; residuals lie like the result, but for the
/// stride of the batch.
struct Finish {
  const float* bias = nullptr;  ///< per channel
  /// Per position: the sum times it, and the bias; where it is 0, so is the result.
  const float* pixel_scale = nullptr;
  int64_t pixel_scale_batch = 0;  ///< floats between pictures, where a kernel walks over several
  Pointwise first = {};
  const float* residual = nullptr;
  int64_t residual_batch = 0;  ///< floats between pictures, where a kernel walks over several
  Pointwise last = {};
};

/// Matrix product at the heart of every convolution, for one or two blocks of output channels:
///   out[c][i] = sum over b, tap, k of in[b][i + tap][k] * weights[b][tap][k][c]
/// with i a position along a row (or the number of a Winograd tile), k a channel within an input block.
struct Multiply {
  const float* in = nullptr;  ///< position 0
  int64_t in_block = 0;       ///< floats between input blocks (planes, if planar)
  int blocks = 0;             ///< input blocks (planes, if planar)
  const int32_t* taps = nullptr;
  int tap_count = 0;
  const float* weights = nullptr;  ///< blocks × taps × 16 (1, if planar) × 16 * out_blocks
  float* out = nullptr;
  int64_t out_block = 0;  ///< floats between output blocks, of the residual too
  int out_blocks = 1;     ///< 1, or 2 where the kernels take pairs
  int count = 0;          ///< positions
  Finish finish = {};
};

/// A row of one output plane.
struct PlaneRow {
  const float* in = nullptr;
  int64_t in_block = 0;
  int blocks = 0;
  const int32_t* taps = nullptr;
  int tap_count = 0;
  const float* weights = nullptr;  ///< blocks × taps × (16 of a blocked input, else 1)
  float bias = 0;
  const float* pixel_scale = nullptr;  ///< as in Finish
  Pointwise activation = {};
  float* out = nullptr;
  int count = 0;
};

/// A run of Winograd tiles of 4 × 4 results, in raster order over batch, rows and columns of tiles.
struct Tiles {
  int first = 0, count = 0;
  int across = 0, down = 0;   ///< tiles per row and column of one picture
  int height = 0, width = 0;  ///< of the map that is read or written
  int top = 0, left = 0;      ///< padding
  int64_t batch_stride = 0;   ///< floats
  /// Reading only: every `step`-th row and column of the map, from these on, is what counts as one.
  int step = 1, first_row = 0, first_column = 0;
};

/// A row of a pooled or resized map.
struct PoolRow {
  const float* in = nullptr;  ///< of one block or plane
  int height = 0, width = 0, out_width = 0;
  int first_row = 0, last_row = 0;  ///< of the window, within the map; last is exclusive
  int kernel = 0, stride = 0, left = 0;
  float* out = nullptr;
  bool blocked = false;
};

/// Target x is between sources first[x] and second[x], the second weighing weight[x].
struct ResizeRow {
  const float *upper = nullptr, *lower = nullptr;  ///< the two source rows
  float lower_weight = 0;
  int width = 0, out_width = 0;
  const int32_t *first = nullptr, *second = nullptr;
  const float* weight = nullptr;
  float* mixed = nullptr;  ///< scratch for one source row
  float* out = nullptr;
  bool blocked = false;
};

struct Kernels {
  const char* name;
  bool pairs;  ///< whether Multiply takes two output blocks
  int rows;    ///< positions that Multiply computes at once, of a single block; half of it for pairs
  void (*multiply)(const Multiply& product);
  void (*multiply_planar)(const Multiply& product);
  void (*plane_from_blocks)(const PlaneRow& row);
  void (*plane_from_planes)(const PlaneRow& row);
  /// One block of the input to `out` (36 slices, `slice` floats apart, each of one vector per tile).
  void (*winograd_input)(const Tiles& tiles, const float* in, float* out, int64_t slice);
  /// The same of a map that is read at twice its size, each pixel four times, with a padding of 1; `tiles` tells the
  /// map's own size. Slices in row or column 2 of the 6 x 6 would be 0 throughout: they are left as they are.
  void (*winograd_doubled_input)(const Tiles& tiles, const float* in, float* out, int64_t slice);
  /// 3 × 3 weights of a block of outputs and some inputs (inputs × 9 × 16) to 36 slices, in each of which the inputs'
  /// vectors are `row` floats apart.
  void (*winograd_weights)(const float* in, int inputs, float* out, int64_t row, int64_t slice);
  /// 36 slices back to one block of the result.
  void (*winograd_output)(const Tiles& tiles, const float* in, int64_t slice, const Finish& finish, float* out);
  void (*max_pool)(const PoolRow& row);
  void (*resize)(const ResizeRow& row);
  void (*add)(const float* a, const float* b, float* out, int64_t count);
  void (*multiply_each)(const float* a, const float* b, float* out, int64_t count);
  void (*activate)(Pointwise how, const float* in, float* out, int64_t count);
};

const Kernels& portable_kernels();
const Kernels& avx2_kernels();    ///< only where the processor has AVX2 and FMA
const Kernels& avx512_kernels();  ///< only where the processor has AVX-512 F, BW, DQ and VL
bool has_avx2();
bool has_avx512();

}  // namespace inpaint::native
