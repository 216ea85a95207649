#include <algorithm>

#include "nn/native/conv_private.h"

namespace inpaint::native {
namespace {

constexpr int32_t no_shift = 0;

// A task takes a run of tiles through all of it: input to 36 slices, 36 matrix products, back to the result.
class WinogradStep : public Step {
 public:
  WinogradStep(const Kernels& kernels, const Weights& weights, const ConvWork& work)
      : kernels_(kernels), weights_(weights), work_(work), tiling_(work.out) {
    choose_runs();
  }

  int tasks() const override { return runs_ * chunks_; }
  size_t scratch_floats() const override { return static_cast<size_t>(36 * (in_slice() + out_slice())); }

  void run(int task, const Memory& memory, Scratch& scratch) const override {
    const int part = task / chunks_, chunk = task % chunks_;
    const int first = part * per_run_, count = std::min(per_run_, tiling_.count - first);
    if (scratch.kept != part) read_tiles(memory, first, count, scratch.floats);
    scratch.kept = part;
    float* products = scratch.floats + 36 * in_slice();
    for (int group = weights_.groups() * chunk / chunks_; group < weights_.groups() * (chunk + 1) / chunks_; ++group) {
      multiply(group, count, scratch.floats, products);
      write_tiles(memory, group, first, count, products);
    }
  }

 private:
  int64_t in_slice() const { return slice_floats(static_cast<int64_t>(weights_.winograd_blocks()) * per_run_); }
  int64_t out_slice() const { return slice_floats(static_cast<int64_t>(weights_.per_group()) * per_run_); }

  void choose_runs() {
    const int rows = kernels_.rows / weights_.per_group(), wanted = 4 * work_.threads;
    const int64_t tile_floats = 36 * block * (weights_.winograd_blocks() + weights_.per_group());
    const int fitting = static_cast<int>(cache_floats / tile_floats) / rows * rows;
    per_run_ = std::clamp(fitting, std::max(rows, 12), std::max(2 * rows, 24));
    while (per_run_ > rows && (tiling_.count + per_run_ - 1) / per_run_ < wanted) per_run_ -= rows;
    runs_ = (tiling_.count + per_run_ - 1) / per_run_;
    per_run_ = (tiling_.count + runs_ - 1) / runs_;
    runs_ = (tiling_.count + per_run_ - 1) / per_run_;
    chunks_ = runs_ >= wanted ? 1 : std::clamp((wanted + runs_ - 1) / runs_, 1, weights_.groups());
  }

  void read_tiles(const Memory& memory, int first, int count, float* slices) const {
    for (int b = 0; b < weights_.winograd_blocks(); ++b) {
      read_block(kernels_, work_, memory, b, tiling_, first, count, slices + b * per_run_ * block, in_slice());
    }
  }

  void multiply(int group, int count, const float* slices, float* products) const {
    for (int i = 0; i < 36; ++i) {
      const int absent = absent_blocks(work_, i);
      kernels_.multiply({.in = slices + i * in_slice() + absent * per_run_ * block,
                         .in_block = per_run_ * block,
                         .blocks = weights_.winograd_blocks() - absent,
                         .taps = &no_shift,
                         .tap_count = 1,
                         .weights = weights_.winograd(group, i, absent),
                         .out = products + i * out_slice(),
                         .out_block = per_run_ * block,
                         .out_blocks = weights_.blocks_in_group(group),
                         .count = count});
    }
  }

  void write_tiles(const Memory& memory, int group, int first, int count, const float* products) const {
    for (int i = 0; i < weights_.blocks_in_group(group); ++i) {
      const int out_block = group * weights_.per_group() + i;
      kernels_.winograd_output(tiling_.run(first, count, work_.out, work_.how), products + i * per_run_ * block,
                               out_slice(), block_finish(weights_, work_, memory, out_block),
                               memory.of(work_.out, 0, out_block));
    }
  }

  const Kernels& kernels_;
  const Weights& weights_;
  ConvWork work_;
  Tiling tiling_;
  int per_run_ = 1, runs_ = 1, chunks_ = 1;
};

}  // namespace

Finish block_finish(const Weights& weights, const ConvWork& work, const Memory& memory, int out_block) {
  Finish finish{
      .bias = weights.bias() + out_block * block, .first = pointwise(work.first), .last = pointwise(work.last)};
  if (work.residual) {
    finish.residual = memory.of(*work.residual, 0, out_block);
    finish.residual_batch = work.residual->batch_stride;
  }
  if (work.pixel_scale) {
    finish.pixel_scale = memory.of(*work.pixel_scale);
    finish.pixel_scale_batch = work.pixel_scale->batch_stride;
  }
  return finish;
}

void read_block(const Kernels& kernels, const ConvWork& work, const Memory& memory, int number, const Tiling& tiling,
                int first, int count, float* to, int64_t slice) {
  const int blocks = work.in_blocks(), phase = number / blocks;
  const auto [map, at] = work.block_of_input(number % blocks);
  Tiles tiles = tiling.run(first, count, *map, work.how);
  if (work.how.stride[0] == 2) {
    tiles.step = 2;
    tiles.top = tiles.left = 1;
    tiles.first_row = phase < 2 ? 1 : 0;
    tiles.first_column = phase % 2 == 0 ? 1 : 0;
  }
  const auto read = number < work.doubled_blocks() ? kernels.winograd_doubled_input : kernels.winograd_input;
  read(tiles, memory.of(*map, 0, at), to, slice);
}

// A phase of odd rows has no third row of taps, so its weights in row 5 of the 6 x 6 are 0; columns likewise.
int absent_blocks(const ConvWork& work, int slice) {
  const int row = slice / 6, column = slice % 6;
  if (work.how.stride[0] == 2) return work.in_blocks() * ((row == 5 ? 2 : 0) + (column == 5 ? 1 : 0));
  return row == 2 || column == 2 ? work.doubled_blocks() : 0;
}

StepPtr winograd_step(const Kernels& kernels, Weights& weights, const ConvWork& work) {
  weights.need_winograd();
  return std::make_unique<WinogradStep>(kernels, weights, work);
}

}  // namespace inpaint::native
