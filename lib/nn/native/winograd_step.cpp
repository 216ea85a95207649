#include <algorithm>

#include "nn/native/conv_private.h"

namespace inpaint::native {
namespace {

constexpr int32_t no_shift = 0;

// A task takes a run of tiles through all of it: input to 36 slices, 36 matrix products, back to the result.
class WinogradStep : public Step {
 public:
  WinogradStep(const Kernels& kernels, const Weights& weights, const ConvWork& work)
      : kernels_(kernels),
        weights_(weights),
        work_(work),
        across_((work.out.width + 3) / 4),
        down_((work.out.height + 3) / 4),
        tiles_(across_ * down_ * work.out.batch) {
    choose_runs();
  }

  int tasks() const override { return runs_ * chunks_; }
  size_t scratch_floats() const override { return static_cast<size_t>(36 * (in_slice() + out_slice())); }

  void run(int task, const Memory& memory, Scratch& scratch) const override {
    const int part = task / chunks_, chunk = task % chunks_;
    const int first = part * per_run_, count = std::min(per_run_, tiles_ - first);
    if (scratch.kept != part) read_tiles(memory, first, count, scratch.floats);
    scratch.kept = part;
    float* products = scratch.floats + 36 * in_slice();
    for (int group = weights_.groups() * chunk / chunks_; group < weights_.groups() * (chunk + 1) / chunks_; ++group) {
      multiply(group, count, scratch.floats, products);
      write_tiles(memory, group, first, count, products);
    }
  }

 private:
  // An odd number of cache lines, so that slices do not compete for the same part of a cache.
  static int64_t odd_lines(int64_t lines) { return (lines | 1) * block; }
  int64_t in_slice() const { return odd_lines(static_cast<int64_t>(weights_.in_blocks()) * per_run_); }
  int64_t out_slice() const { return odd_lines(static_cast<int64_t>(weights_.per_group()) * per_run_); }

  void choose_runs() {
    const int rows = kernels_.rows / weights_.per_group(), wanted = 4 * work_.threads;
    const int64_t tile_floats = 36 * block * (weights_.in_blocks() + weights_.per_group());
    const int fitting = static_cast<int>(cache_floats / tile_floats) / rows * rows;
    per_run_ = std::clamp(fitting, std::max(rows, 12), std::max(2 * rows, 24));
    while (per_run_ > rows && (tiles_ + per_run_ - 1) / per_run_ < wanted) per_run_ -= rows;
    runs_ = (tiles_ + per_run_ - 1) / per_run_;
    per_run_ = (tiles_ + runs_ - 1) / runs_;
    runs_ = (tiles_ + per_run_ - 1) / per_run_;
    chunks_ = runs_ >= wanted ? 1 : std::clamp((wanted + runs_ - 1) / runs_, 1, weights_.groups());
  }

  Tiles tiles(int first, int count, const Map& map) const {
    return {.first = first,
            .count = count,
            .across = across_,
            .down = down_,
            .height = map.height,
            .width = map.width,
            .top = work_.how.before[0],
            .left = work_.how.before[1],
            .batch_stride = map.batch_stride};
  }

  void read_tiles(const Memory& memory, int first, int count, float* slices) const {
    for (int b = 0; b < weights_.in_blocks(); ++b) {
      kernels_.winograd_input(tiles(first, count, work_.in), memory.of(work_.in, 0, b), slices + b * per_run_ * block,
                              in_slice());
    }
  }

  void multiply(int group, int count, const float* slices, float* products) const {
    for (int i = 0; i < 36; ++i) {
      kernels_.multiply({.in = slices + i * in_slice(),
                         .in_block = per_run_ * block,
                         .blocks = weights_.in_blocks(),
                         .taps = &no_shift,
                         .tap_count = 1,
                         .weights = weights_.winograd(group) + i * weights_.winograd_slice(group),
                         .out = products + i * out_slice(),
                         .out_block = per_run_ * block,
                         .out_blocks = weights_.blocks_in_group(group),
                         .count = count});
    }
  }

  void write_tiles(const Memory& memory, int group, int first, int count, const float* products) const {
    for (int i = 0; i < weights_.blocks_in_group(group); ++i) {
      const int out_block = group * weights_.per_group() + i;
      Finish finish{
          .bias = weights_.bias() + out_block * block, .first = pointwise(work_.first), .last = pointwise(work_.last)};
      if (work_.residual) {
        finish.residual = memory.of(*work_.residual, 0, out_block);
        finish.residual_batch = work_.residual->batch_stride;
      }
      kernels_.winograd_output(tiles(first, count, work_.out), products + i * per_run_ * block, out_slice(), finish,
                               memory.of(work_.out, 0, out_block));
    }
  }

  const Kernels& kernels_;
  const Weights& weights_;
  ConvWork work_;
  int across_, down_, tiles_;
  int per_run_ = 1, runs_ = 1, chunks_ = 1;
};

// Winograd saves three quarters of the products, but its weights are four times as many, which counts where each is
// used for few tiles, and tiles that stick out waste work.
bool pays(const Weights& weights, const ConvWork& work) {
  const Map& out = work.out;
  const int64_t tiles = static_cast<int64_t>((out.width + 3) / 4) * ((out.height + 3) / 4) * out.batch;
  const int64_t pixels = static_cast<int64_t>(out.width) * out.height * out.batch;
  return weights.inputs() >= block && tiles >= 16 && 36 * tiles * 2 <= 9 * pixels * 3;
}

}  // namespace

StepPtr winograd_step(const Kernels& kernels, Weights& weights, const ConvWork& work) {
  weights.need_winograd();
  return std::make_unique<WinogradStep>(kernels, weights, work);
}

StepPtr conv_step(const Kernels& kernels, Weights& weights, const ConvWork& work, Algorithm algorithm) {
  const Conv2d& how = work.how;
  const bool fits = weights.kernel_height() == 3 && weights.kernel_width() == 3 && how.stride[0] == 1 &&
                    how.stride[1] == 1 && how.dilation[0] == 1 && how.dilation[1] == 1 && work.in.blocked &&
                    work.out.blocked;
  const bool wanted = algorithm == Algorithm::winograd || (algorithm == Algorithm::automatic && pays(weights, work));
  return fits && wanted ? winograd_step(kernels, weights, work) : direct_step(kernels, weights, work);
}

}  // namespace inpaint::native
