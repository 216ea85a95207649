#include "nn/native/weights_private.h"

#include <algorithm>

#include "core/threads.h"
#include "nn/native/parallel_private.h"

namespace inpaint::native {

Weights::Weights(const Node& node, const Kernels& kernels, bool blocked_in, bool blocked_out)
    : kernels_(kernels),
      weight_(node.weight),
      scale_(node.scale),
      outputs_(static_cast<int>(node.weight.extent(0))),
      inputs_(static_cast<int>(node.weight.extent(1))),
      height_(static_cast<int>(node.weight.extent(2))),
      width_(static_cast<int>(node.weight.extent(3))),
      phases_(node.conv.stride[0] == 2 ? 4 : 1),
      blocked_in_(blocked_in),
      blocked_out_(blocked_out),
      bias_(static_cast<size_t>(out_blocks()) * block) {
  for (int i = 0; i < outputs_ && !node.bias.empty(); ++i) bias_.data()[i] = node.bias.data()[i];
}

void Weights::need_direct() {
  if (direct_.size() > 0) return;
  const int64_t taps = static_cast<int64_t>(height_) * width_, step = blocked_in_ ? block : 1;
  const int64_t products = in_blocks() * taps * step;
  direct_stride_ = blocked_out_ ? products * block * per_group() : products;
  const int64_t count = blocked_out_ ? products * block * out_blocks() : products * outputs_;
  direct_ = Floats(static_cast<size_t>(count));
  if (blocked_out_) {
    parallel(groups(), threads_per_worker(), [&](int group, int) { pack_group(group); });
  } else {
    for (int output = 0; output < outputs_; ++output) pack_plane(output);
  }
}

// The weights between an input block (or plane) and an output block: inputs' vectors are `gap` floats apart, taps
// `tap_gap`. What lies beyond the last channel is left as it is: zero.
void Weights::gather(int out_block, int b, float* to, int64_t gap, int64_t tap_gap) const {
  const int64_t taps = static_cast<int64_t>(height_) * width_;
  const int step = blocked_in_ ? block : 1, first = b * step, count = std::min(step, inputs_ - first);
  const int columns = std::min(block, outputs_ - out_block * block);
  for (int c = 0; c < columns; ++c) {
    const int output = out_block * block + c;
    const float* from = weight_.data() + (static_cast<int64_t>(output) * inputs_ + first) * taps;
    const float scale = scale_.empty() ? 1.0f : scale_.data()[output];
    for (int k = 0; k < count; ++k) {
      for (int64_t tap = 0; tap < taps; ++tap) to[k * gap + tap * tap_gap + c] = *from++ * scale;
    }
  }
}

void Weights::pack_group(int group) {
  const int64_t taps = static_cast<int64_t>(height_) * width_, step = blocked_in_ ? block : 1;
  const int64_t columns = blocks_in_group(group) * block;
  float* to = direct_.data() + group * direct_stride_;
  for (int b = 0; b < in_blocks(); ++b, to += taps * step * columns) {
    for (int i = 0; i < blocks_in_group(group); ++i) {
      gather(group * per_group() + i, b, to + i * block, columns, step * columns);
    }
  }
}

void Weights::pack_plane(int output) {
  const int64_t taps = static_cast<int64_t>(height_) * width_, step = blocked_in_ ? block : 1;
  const float* from = weight_.data() + output * inputs_ * taps;
  const float scale = scale_.empty() ? 1.0f : scale_.data()[output];
  float* to = direct_.data() + output * direct_stride_;
  for (int i = 0; i < inputs_; ++i) {
    for (int64_t tap = 0; tap < taps; ++tap) to[(i / step * taps + tap) * step + i % step] = *from++ * scale;
  }
}

void Weights::need_winograd() {
  if (winograd_.size() > 0) return;
  winograd_ = Floats(static_cast<size_t>(36) * block * block * static_cast<size_t>(winograd_blocks() * out_blocks()));
  parallel(groups(), threads_per_worker(), [&](int group, int) { transform_group(group); });
}

void Weights::transform_group(int group) {
  const int64_t columns = blocks_in_group(group) * block, slice = winograd_slice(group);
  float* to = winograd_.data() + group * 36 * winograd_slice(0);
  const int64_t all = static_cast<int64_t>(height_) * width_;
  std::vector<float> taps(static_cast<size_t>(all) * block * block);
  for (int b = 0; b < in_blocks(); ++b) {
    for (int i = 0; i < blocks_in_group(group); ++i) {
      std::fill(taps.begin(), taps.end(), 0.0f);
      gather(group * per_group() + i, b, taps.data(), all * block, block);
      for (int phase = 0; phase < phases_; ++phase) {
        const std::vector<float> nine = phases_ == 1 ? taps : taps_of_phase(taps, phase);
        float* block_at = to + (phase * in_blocks() + b) * block * columns + i * block;
        kernels_.winograd_weights(nine.data(), block, block_at, columns, slice);
      }
    }
  }
}

// Of a kernel of stride 2 that is padded by half of it, the taps that read pixels of one phase: tap t reads row
// 2 y + t - padding, which is row y + j of the phase `odd` if t - padding = 2 j + odd; j is -1, 0 or 1.
std::vector<float> Weights::taps_of_phase(const std::vector<float>& taps, int phase) const {
  const int odd_row = phase < 2 ? 1 : 0, odd_column = phase % 2 == 0 ? 1 : 0;
  const ptrdiff_t all = static_cast<ptrdiff_t>(height_) * width_;
  std::vector<float> nine(9 * block * block);
  for (int y = 0; y < 9; ++y) {
    const int row = 2 * (y / 3 - 1) + odd_row + height_ / 2, column = 2 * (y % 3 - 1) + odd_column + width_ / 2;
    if (row < 0 || row >= height_ || column < 0 || column >= width_) continue;
    for (ptrdiff_t k = 0; k < block; ++k) {
      std::copy_n(taps.data() + (k * all + row * width_ + column) * block, block, nine.data() + (k * 9 + y) * block);
    }
  }
  return nine;
}

}  // namespace inpaint::native
