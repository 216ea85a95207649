#include "nn/native/weights_private.h"

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

void Weights::pack_group(int group) {
  const int taps = height_ * width_, step = blocked_in_ ? block : 1, columns = blocks_in_group(group) * block;
  float* to = direct_.data() + group * direct_stride_;
  for (int b = 0; b < in_blocks(); ++b) {
    for (int tap = 0; tap < taps; ++tap) {
      for (int k = 0; k < step; ++k) {
        for (int c = 0; c < columns; ++c) *to++ = value(group * per_group() * block + c, b * step + k, tap);
      }
    }
  }
}

void Weights::pack_plane(int output) {
  const int taps = height_ * width_, step = blocked_in_ ? block : 1;
  float* to = direct_.data() + output * direct_stride_;
  for (int b = 0; b < in_blocks(); ++b) {
    for (int tap = 0; tap < taps; ++tap) {
      for (int k = 0; k < step; ++k) *to++ = value(output, b * step + k, tap);
    }
  }
}

void Weights::need_winograd() {
  if (winograd_.size() > 0) return;
  winograd_ = Floats(static_cast<size_t>(36) * block * block * static_cast<size_t>(in_blocks() * out_blocks()));
  parallel(groups(), threads_per_worker(), [&](int group, int) { transform_group(group); });
}

namespace {

// G g of F(4, 3).
void transform(const float* g, int step, float* out, int out_step) {
  const float g0 = g[0], g1 = g[step], g2 = g[2 * step];
  out[0] = g0 / 4;
  out[out_step] = -(g0 + g1 + g2) / 6;
  out[2 * out_step] = -(g0 - g1 + g2) / 6;
  out[3 * out_step] = g0 / 24 + g1 / 12 + g2 / 6;
  out[4 * out_step] = g0 / 24 - g1 / 12 + g2 / 6;
  out[5 * out_step] = g2;
}

}  // namespace

void Weights::transform_group(int group) {
  const int columns = blocks_in_group(group) * block;
  const int64_t slice = winograd_slice(group);
  float* to = winograd_.data() + group * 36 * winograd_slice(0);
  for (int k = 0; k < in_blocks() * block; ++k) {
    for (int c = 0; c < columns; ++c, ++to) {
      float g[9], half[18], whole[36];
      for (int tap = 0; tap < 9; ++tap) g[tap] = value(group * per_group() * block + c, k, tap);
      for (int x = 0; x < 3; ++x) transform(g + x, 3, half + x, 3);
      for (int y = 0; y < 6; ++y) transform(half + 3 * y, 1, whole + 6 * y, 1);
      for (int i = 0; i < 36; ++i) to[i * slice] = whole[i];
    }
  }
}

}  // namespace inpaint::native
