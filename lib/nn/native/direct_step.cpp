#include <algorithm>
#include <cstring>

#include "nn/native/conv_private.h"

namespace inpaint::native {
namespace {

// How a strip of input rows is copied: with its padding, and with columns that one tap reads one after the other beside
// each other (for a stride of 2 first those of even number, then those of odd number), so that kernels step by one
// whatever the stride.
struct Packing {
  int phases = 1, phase_width = 0;  // pixels
  int64_t row = 0;                  // floats
  std::vector<int32_t> taps;        // floats from the first tap

  Packing(const Conv2d& how, int kernel_height, int kernel_width, const Map& in, const Map& out)
      : phases(how.stride[1]), phase_width(out.width + (kernel_width - 1) * how.dilation[1] / how.stride[1]) {
    row = static_cast<int64_t>(phases) * phase_width * in.pixel();
    for (int y = 0; y < kernel_height; ++y) {
      for (int x = 0; x < kernel_width; ++x) {
        const int shift = x * how.dilation[1];
        const int64_t pixel = shift % phases * phase_width + shift / phases;
        taps.push_back(static_cast<int32_t>(y * how.dilation[0] * row + pixel * in.pixel()));
      }
    }
  }
};

class DirectStep : public Step {
 public:
  DirectStep(const Kernels& kernels, const Weights& weights, const ConvWork& work)
      : kernels_(kernels),
        weights_(weights),
        work_(work),
        packing_(work.how, weights.kernel_height(), weights.kernel_width(), work.in, work.out),
        units_(weights.blocked_out() ? weights.groups() : weights.outputs()) {
    const Conv2d& how = work.how;
    const bool point = weights.kernel_height() == 1 && weights.kernel_width() == 1;
    const bool unpadded = how.before[0] + how.before[1] + how.after[0] + how.after[1] == 0;
    in_place_ = point && unpadded && how.stride[0] == 1 && how.stride[1] == 1 && weights.blocked_out();
    if (in_place_) packing_.row = static_cast<int64_t>(work.in.width) * work.in.pixel();
    choose_strips();
  }

  int tasks() const override { return work_.out.batch * strips_ * chunks_; }
  size_t scratch_floats() const override {
    return in_place_ ? 0 : static_cast<size_t>(work_.in.blocks() * strip_floats(rows_)) + row_slack;
  }

  void run(int task, const Memory& memory, Scratch& scratch) const override {
    const int part = task / chunks_, chunk = task % chunks_;
    const int picture = part / strips_, strip = part % strips_;
    const int first = strip * rows_, last = std::min(work_.out.height, first + rows_);
    const float* in = memory.of(work_.in, picture) + first * packing_.row;
    int64_t in_block = work_.in.block_stride();
    if (!in_place_) {
      if (scratch.kept != part) pack(memory.of(work_.in, picture), first, last, scratch.floats);
      scratch.kept = part;
      in = scratch.floats;
      in_block = strip_floats(rows_);
    }
    for (int unit = units_ * chunk / chunks_; unit < units_ * (chunk + 1) / chunks_; ++unit) {
      for (int y = first; y < last; ++y) {
        const float* row = in + (y - first) * work_.how.stride[0] * packing_.row;
        if (weights_.blocked_out()) {
          block_row(memory, picture, unit, y, row, in_block);
        } else {
          plane_row(memory, picture, unit, y, row, in_block);
        }
      }
    }
  }

 private:
  int in_rows(int rows) const {
    return (rows - 1) * work_.how.stride[0] + (weights_.kernel_height() - 1) * work_.how.dilation[0] + 1;
  }
  int64_t strip_floats(int rows) const { return in_rows(rows) * packing_.row; }

  // Rows per strip so that the packed input fits the cache; where that leaves threads idle, output blocks are shared
  // out too.
  void choose_strips() {
    const int height = work_.out.height, wanted = 4 * work_.threads;
    rows_ = height;
    while (rows_ > 1 && strip_floats(rows_) * work_.in.blocks() > cache_floats) rows_ = (rows_ + 1) / 2;
    while (rows_ > 8 && work_.out.batch * ((height + rows_ - 1) / rows_) < wanted) rows_ = (rows_ + 1) / 2;
    strips_ = (height + rows_ - 1) / rows_;
    rows_ = (height + strips_ - 1) / strips_;
    strips_ = (height + rows_ - 1) / rows_;
    const int independent = work_.out.batch * strips_;
    chunks_ = std::clamp((wanted + independent - 1) / independent, 1, units_);
  }

  void pack(const float* picture, int first, int last, float* to) const {
    const Map& in = work_.in;
    const int rows = in_rows(last - first), top = first * work_.how.stride[0] - work_.how.before[0];
    for (int b = 0; b < in.blocks(); ++b) {
      float* at = to + b * strip_floats(rows_);
      for (int y = top; y < top + rows; ++y, at += packing_.row) {
        if (y < 0 || y >= in.height) {
          std::memset(at, 0, static_cast<size_t>(packing_.row) * sizeof(float));
        } else {
          pack_row(picture + b * in.block_stride() + static_cast<int64_t>(y) * in.width * in.pixel(), at);
        }
      }
    }
  }

  void pack_row(const float* from, float* to) const {
    const int pixel = work_.in.pixel(), width = work_.in.width;
    const auto clear = [&](int first, int last) {
      if (last > first) std::memset(to + first * pixel, 0, static_cast<size_t>((last - first) * pixel) * sizeof(float));
    };
    for (int phase = 0; phase < packing_.phases; ++phase, to += packing_.phase_width * pixel) {
      // Pixel i of a phase is the map's i * phases + shift; those from `first` to `last` exist.
      const int shift = phase - work_.how.before[1], step = packing_.phases, all = packing_.phase_width;
      const int first = std::min(all, shift < 0 ? (-shift + step - 1) / step : 0);
      const int last = std::clamp(width > shift ? (width - shift + step - 1) / step : 0, first, all);
      clear(0, first);
      clear(last, all);
      if (step == 1) {
        std::memcpy(to + first * pixel, from + (first + shift) * pixel,
                    static_cast<size_t>((last - first) * pixel) * sizeof(float));
        continue;
      }
      for (int i = first; i < last; ++i) {
        std::memcpy(to + i * pixel, from + (i * step + shift) * pixel, static_cast<size_t>(pixel) * sizeof(float));
      }
    }
  }

  void block_row(const Memory& memory, int picture, int group, int y, const float* in, int64_t in_block) const {
    const Map& out = work_.out;
    const int first_block = group * weights_.per_group();
    const int64_t row = static_cast<int64_t>(y) * out.width * block;
    Multiply product{.in = in,
                     .in_block = in_block,
                     .blocks = weights_.in_blocks(),
                     .taps = packing_.taps.data(),
                     .tap_count = static_cast<int>(packing_.taps.size()),
                     .weights = weights_.direct(group),
                     .out = memory.of(out, picture, first_block) + row,
                     .out_block = out.block_stride(),
                     .out_blocks = weights_.blocks_in_group(group),
                     .count = out.width};
    product.finish.bias = weights_.bias() + first_block * block;
    product.finish.first = pointwise(work_.first);
    product.finish.last = pointwise(work_.last);
    if (work_.residual) product.finish.residual = memory.of(*work_.residual, picture, first_block) + row;
    (weights_.blocked_in() ? kernels_.multiply : kernels_.multiply_planar)(product);
  }

  void plane_row(const Memory& memory, int picture, int plane, int y, const float* in, int64_t in_block) const {
    const int group = plane / (weights_.outputs() / work_.how.groups);
    const PlaneRow row{.in = in + group * weights_.in_blocks() * in_block,
                       .in_block = in_block,
                       .blocks = weights_.in_blocks(),
                       .taps = packing_.taps.data(),
                       .tap_count = static_cast<int>(packing_.taps.size()),
                       .weights = weights_.direct(plane),
                       .bias = weights_.bias()[plane],
                       .activation = pointwise(work_.first),
                       .out = memory.of(work_.out, picture, plane) + static_cast<int64_t>(y) * work_.out.width,
                       .count = work_.out.width};
    (weights_.blocked_in() ? kernels_.plane_from_blocks : kernels_.plane_from_planes)(row);
  }

  const Kernels& kernels_;
  const Weights& weights_;
  ConvWork work_;
  Packing packing_;
  int units_;  // groups of output blocks, or planes
  bool in_place_ = false;
  int rows_ = 1, strips_ = 1, chunks_ = 1;
};

}  // namespace

StepPtr direct_step(const Kernels& kernels, Weights& weights, const ConvWork& work) {
  weights.need_direct();
  return std::make_unique<DirectStep>(kernels, weights, work);
}

}  // namespace inpaint::native
