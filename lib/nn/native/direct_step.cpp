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

  Packing(const Conv2d& how, int kernel_height, int kernel_width, int pixel, int out_width)
      : phases(how.stride[1]), phase_width(out_width + (kernel_width - 1) * how.dilation[1] / how.stride[1]) {
    row = static_cast<int64_t>(phases) * phase_width * pixel;
    for (int y = 0; y < kernel_height; ++y) {
      for (int x = 0; x < kernel_width; ++x) {
        const int shift = x * how.dilation[1];
        const int64_t column = shift % phases * phase_width + shift / phases;
        taps.push_back(static_cast<int32_t>(y * how.dilation[0] * row + column * pixel));
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
        packing_(work.how, weights.kernel_height(), weights.kernel_width(), work.pixel(), work.out.width),
        units_(weights.blocked_out() ? weights.groups() : weights.outputs()) {
    const Conv2d& how = work.how;
    const bool point = weights.kernel_height() == 1 && weights.kernel_width() == 1;
    const bool unpadded = how.before[0] + how.before[1] + how.after[0] + how.after[1] == 0;
    const bool as_it_lies = work.in.size() == 1 && !work.doubled;
    in_place_ = point && unpadded && as_it_lies && how.stride[0] == 1 && how.stride[1] == 1 && weights.blocked_out();
    if (in_place_) packing_.row = static_cast<int64_t>(work.in_width()) * work.pixel();
    choose_strips();
  }

  int tasks() const override { return work_.out.batch * strips_ * chunks_; }
  size_t scratch_floats() const override {
    return in_place_ ? 0 : static_cast<size_t>(work_.in_blocks() * strip_floats(rows_)) + row_slack;
  }

  void run(int task, const Memory& memory, Scratch& scratch) const override {
    const int part = task / chunks_, chunk = task % chunks_;
    const int picture = part / strips_, strip = part % strips_;
    const int first = strip * rows_, last = std::min(work_.out.height, first + rows_);
    if (!in_place_ && scratch.kept != part) pack(memory, picture, first, last, scratch.floats);
    scratch.kept = part;
    const float* in = in_place_ ? memory.of(work_.in[0], picture) + first * packing_.row : scratch.floats;
    const int64_t in_block = in_place_ ? work_.in[0].block_stride() : strip_floats(rows_);
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
    while (rows_ > 1 && strip_floats(rows_) * work_.in_blocks() > cache_floats) rows_ = (rows_ + 1) / 2;
    while (rows_ > 8 && work_.out.batch * ((height + rows_ - 1) / rows_) < wanted) rows_ = (rows_ + 1) / 2;
    strips_ = (height + rows_ - 1) / rows_;
    rows_ = (height + strips_ - 1) / strips_;
    strips_ = (height + rows_ - 1) / rows_;
    const int independent = work_.out.batch * strips_;
    chunks_ = std::clamp((wanted + independent - 1) / independent, 1, units_);
  }

  void pack(const Memory& memory, int picture, int first, int last, float* to) const {
    const int rows = in_rows(last - first), top = first * work_.how.stride[0] - work_.how.before[0];
    for (int b = 0; b < work_.in_blocks(); ++b) {
      const auto [map, number] = work_.block_of_input(b);
      const int halved = b < work_.doubled_blocks() ? 1 : 0;
      const float* from = memory.of(*map, picture, number);
      float* at = to + b * strip_floats(rows_);
      for (int y = top; y < top + rows; ++y, at += packing_.row) {
        if (y < 0 || y >= work_.in_height()) {
          std::memset(at, 0, static_cast<size_t>(packing_.row) * sizeof(float));
        } else {
          pack_row(from + static_cast<int64_t>(y >> halved) * map->width * map->pixel(), at, halved);
        }
      }
    }
  }

  // Pixel x of the input is pixel x >> halved of the row.
  void pack_row(const float* from, float* to, int halved) const {
    const int pixel = work_.pixel(), width = work_.in_width();
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
      if (step == 1 && halved == 0) {
        std::memcpy(to + first * pixel, from + (first + shift) * pixel,
                    static_cast<size_t>((last - first) * pixel) * sizeof(float));
        continue;
      }
      for (int i = first; i < last; ++i) {
        std::memcpy(to + i * pixel, from + ((i * step + shift) >> halved) * pixel,
                    static_cast<size_t>(pixel) * sizeof(float));
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
    product.finish.pixel_scale = pixel_scales(memory, picture, y);
    if (work_.residual) product.finish.residual = memory.of(*work_.residual, picture, first_block) + row;
    (weights_.blocked_in() ? kernels_.multiply : kernels_.multiply_planar)(product);
  }

  const float* pixel_scales(const Memory& memory, int picture, int y) const {
    if (!work_.pixel_scale) return nullptr;
    return memory.of(*work_.pixel_scale, picture) + static_cast<int64_t>(y) * work_.out.width;
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
                       .pixel_scale = pixel_scales(memory, picture, y),
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
