#include "nn/torch/enlarged_private.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

namespace inpaint::torch_module {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t few_planes = 4;  // made: so few are slow at full size
constexpr int64_t small_map = 12;  // smaller maps: weights are most of the work
constexpr int64_t phases = 4, taps = 9;

// Where the taps of a 3 x 3 convolution lie if each pixel stands for 2 x 2: 9 x (4 x 9), from tap to its place for each
// of the four pixels that are made, where all four that are read are the same (an enlarged map).
at::Tensor enlarged_taps(const at::Device& device) {
  const at::Tensor all = at::zeros({taps, phases, taps});
  auto to = all.accessor<float, 3>();
  for (int tap = 0; tap < taps; ++tap) {
    for (int made = 0; made < phases; ++made)
      to[tap][made][(made / 2 + tap / 3 + 1) / 2 * 3 + (made % 2 + tap % 3 + 1) / 2] = 1;
  }
  return all.view({taps, phases * taps}).to(device);
}

// The same where the four are planes of their own: 9 x (4 x 4 x 9), made, then read.
at::Tensor parted_taps(const at::Device& device) {
  const at::Tensor all = at::zeros({taps, phases, 4, taps});
  auto to = all.accessor<float, 4>();
  for (int tap = 0; tap < taps; ++tap) {
    for (int made = 0; made < phases; ++made) {
      const int y = made / 2 + tap / 3 + 1, x = made % 2 + tap % 3 + 1;
      to[tap][made][y % 2 * 2 + x % 2][y / 2 * 3 + x / 2] = 1;
    }
  }
  return all.view({taps, phases * 4 * taps}).to(device);
}

// All at half size, the four pixels as planes.
at::Tensor at_half_size(const at::Tensor& above, const at::Tensor& beside, const at::Tensor& weight,
                        at::ScalarType type) {
  const int64_t made = weight.size(0), upper = above.size(1), lower = beside.size(1);
  const auto spread = [&](int64_t first, int64_t count, const at::Tensor& places) {
    return weight.narrow(1, first, count).reshape({made * count, taps}).matmul(places);
  };
  const at::Tensor of_above = spread(0, upper, enlarged_taps(above.device())).view({made, upper, phases, taps});
  const at::Tensor of_beside = spread(upper, lower, parted_taps(above.device())).view({made, lower, phases, 4, taps});
  const at::Tensor all = at::cat({of_above.permute({0, 2, 1, 3}).reshape({phases * made, upper, 3, 3}),
                                  of_beside.permute({0, 2, 1, 3, 4}).reshape({phases * made, 4 * lower, 3, 3})},
                                 1);
  const at::Tensor read = at::cat({above, at::pixel_unshuffle(beside, 2)}, 1);
  return at::pixel_shuffle(at::conv2d(read.to(type), all.to(type), {}, 1, 1).to(at::kFloat), 2);
}

// The place of a 3 x 3 convolution's tap among the 2 x 2 taps of a phase.
int64_t place(int64_t phase, int64_t tap) {
  const auto along = [](int64_t offset, int64_t t) { return (t + 1 - offset) / 2; };
  return along(phase / 2, tap / 3) * 2 + along(phase % 2, tap % 3);
}

void add(const float* __restrict__ from, int64_t count, float* __restrict__ to) {
  for (int64_t i = 0; i < count; ++i) to[i] += from[i];
}

at::Tensor channels_last(std::vector<int64_t> shape, const at::Tensor& like, bool zeroed = false) {
  const auto options = like.options().memory_format(at::MemoryFormat::ChannelsLast);
  return zeroed ? at::empty(shape, options).zero_() : at::empty(shape, options);
}

// C x (A + B) x 3 x 3 weights as those of the phases, (4 C) x A x 2 x 2, phase by phase, and of what is beside,
// C x B x 3 x 3. All lie in memory with channels last.
class SplitWeights : public torch::autograd::Function<SplitWeights> {
 public:
  static variable_list forward(AutogradContext*, const at::Tensor& weight, int64_t upper) {
    const int64_t made = weight.size(0), all = weight.size(1), lower = all - upper;
    const at::Tensor of_phases = channels_last({phases * made, upper, 2, 2}, weight, true);
    const at::Tensor beside = channels_last({made, lower, 3, 3}, weight);
    const auto* from = weight.data_ptr<float>();
    auto *to = of_phases.data_ptr<float>(), *to_beside = beside.data_ptr<float>();
    at::parallel_for(0, made, 1, [&](int64_t first, int64_t last) {
      for (int64_t m = first; m < last; ++m) {
        for (int64_t tap = 0; tap < taps; ++tap) {
          const float* source = from + (m * taps + tap) * all;
          for (int64_t phase = 0; phase < phases; ++phase)
            add(source, upper, to + ((phase * made + m) * 4 + place(phase, tap)) * upper);
          std::copy_n(source + upper, lower, to_beside + (m * taps + tap) * lower);
        }
      }
    });
    return {of_phases, beside};
  }
  static variable_list backward(AutogradContext*, const variable_list& gradients) {
    const at::Tensor of_phases = gradients[0].contiguous(at::MemoryFormat::ChannelsLast),
                     beside = gradients[1].contiguous(at::MemoryFormat::ChannelsLast);
    const int64_t made = beside.size(0), upper = of_phases.size(1), lower = beside.size(1), all = upper + lower;
    const at::Tensor gradient = channels_last({made, all, 3, 3}, beside);
    const auto *from = of_phases.data_ptr<float>(), *from_beside = beside.data_ptr<float>();
    auto* to = gradient.data_ptr<float>();
    at::parallel_for(0, made, 1, [&](int64_t first, int64_t last) {
      for (int64_t m = first; m < last; ++m) {
        for (int64_t tap = 0; tap < taps; ++tap) {
          float* target = to + (m * taps + tap) * all;
          std::fill_n(target, upper, 0.0F);
          for (int64_t phase = 0; phase < phases; ++phase)
            add(from + ((phase * made + m) * 4 + place(phase, tap)) * upper, upper, target);
          std::copy_n(from_beside + (m * taps + tap) * lower, lower, target + upper);
        }
      }
    });
    return {gradient, at::Tensor()};
  }
};

// Phase (dy, dx) of pixel (y, x) lies in row y + dy and column x + dx of its planes, which have a row and a column
// more.
struct PhaseMap {
  int64_t height, width, made;  // of one phase, that row and column not counted
  const float* phase(const float* parts, int64_t picture, int64_t y, int64_t x, int64_t number) const {
    return parts + (((picture * (height + 1) + y) * (width + 1) + x) * phases + number) * made;
  }
  const float* pixel(const float* whole, int64_t picture, int64_t y, int64_t x) const {
    return whole + ((picture * 2 * height + y) * 2 * width + x) * made;
  }
};

// whole += the phases' pixels, each at its place. Both lie in memory with channels last.
void add_phases(const at::Tensor& parts, const at::Tensor& whole) {
  const PhaseMap map{parts.size(2) - 1, parts.size(3) - 1, whole.size(1)};
  const auto* from = parts.data_ptr<float>();
  auto* to = whole.data_ptr<float>();
  at::parallel_for(0, whole.size(0) * whole.size(2), 1, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row) {
      const int64_t picture = row / (2 * map.height), y = row % (2 * map.height), dy = y % 2;
      float* out = to + row * 2 * map.width * map.made;
      for (int64_t x = 0; x < 2 * map.width; ++x)
        add(map.phase(from, picture, y / 2 + dy, x / 2 + x % 2, dy * 2 + x % 2), map.made, out + x * map.made);
    }
  });
}

// The gradient of the phases from that of the whole; 0 in the row and the column that are not read.
at::Tensor phases_of(const at::Tensor& whole) {
  const PhaseMap map{whole.size(2) / 2, whole.size(3) / 2, whole.size(1)};
  const at::Tensor parts = channels_last({whole.size(0), phases * map.made, map.height + 1, map.width + 1}, whole);
  const auto* from = whole.data_ptr<float>();
  auto* to = parts.data_ptr<float>();
  at::parallel_for(0, parts.size(0) * parts.size(2), 1, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row) {
      const int64_t picture = row / (map.height + 1), y = row % (map.height + 1);
      float* out = to + row * (map.width + 1) * phases * map.made;
      for (int64_t x = 0; x <= map.width; ++x) {
        for (int64_t phase = 0; phase < phases; ++phase, out += map.made) {
          const int64_t dy = phase / 2, dx = phase % 2, top = y - dy, left = x - dx;
          if (top < 0 || top >= map.height || left < 0 || left >= map.width) {
            std::fill_n(out, map.made, 0.0F);
          } else {
            std::copy_n(map.pixel(from, picture, 2 * top + dy, 2 * left + dx), map.made, out);
          }
        }
      }
    }
  });
  return parts;
}

class AddPhases : public torch::autograd::Function<AddPhases> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& parts, const at::Tensor& whole) {
    context->mark_dirty({whole});
    add_phases(parts, whole);
    return whole;
  }
  static variable_list backward(AutogradContext*, const variable_list& gradients) {
    const at::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    return {phases_of(gradient), gradient};
  }
};

at::Tensor by_phases(const at::Tensor& above, const at::Tensor& beside, const at::Tensor& weight, at::ScalarType type) {
  const auto result = [&](const at::Tensor& x, const at::Tensor& w) {
    return at::conv2d(x.to(type), w.to(type), {}, 1, 1).to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  };
  const variable_list weights = SplitWeights::apply(weight.contiguous(at::MemoryFormat::ChannelsLast), above.size(1));
  return AddPhases::apply(result(above, weights[0]), result(beside, weights[1]));
}

at::Tensor enlarged_first(const at::Tensor& above, const at::Tensor& beside, const at::Tensor& weight,
                          at::ScalarType type) {
  const at::Tensor read = at::cat({at::upsample_nearest2d(above, {beside.size(2), beside.size(3)}), beside}, 1);
  return at::conv2d(read.to(type), weight.to(type), {}, 1, 1).to(at::kFloat);
}

}  // namespace

at::Tensor enlarged_convolution(const at::Tensor& above, const at::Tensor& beside, const at::Tensor& weight,
                                at::ScalarType type) {
  if (weight.size(0) <= few_planes) return at_half_size(above, beside, weight, type);
  const bool large = std::min(above.size(2), above.size(3)) >= small_map;
  return large && above.is_cpu() ? by_phases(above, beside, weight, type) : enlarged_first(above, beside, weight, type);
}

}  // namespace inpaint::torch_module
