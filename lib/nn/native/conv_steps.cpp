#include "nn/native/conv_private.h"

namespace inpaint::native {
namespace {

bool fits_winograd(const Weights& weights, const ConvWork& work) {
  const Conv2d& how = work.how;
  const bool phases = weights.kernel_height() == 5 && weights.kernel_width() == 5 && how.stride[0] == 2 &&
                      how.stride[1] == 2 && how.before[0] == 2 && how.before[1] == 2 && !work.doubled;
  const bool plain =
      weights.kernel_height() == 3 && weights.kernel_width() == 3 && how.stride[0] == 1 && how.stride[1] == 1;
  return (plain || phases) && how.dilation[0] == 1 && how.dilation[1] == 1 && work.in[0].blocked && work.out.blocked &&
         (!work.doubled || (how.before[0] == 1 && how.before[1] == 1));
}

// Winograd saves three quarters of the products, but its weights are four times as many, which counts where each is
// used for few tiles, and tiles that stick out waste work.
bool winograd_pays(const Weights& weights, const ConvWork& work) {
  const int64_t tiles = Tiling(work.out).count;
  const int64_t pixels = static_cast<int64_t>(work.out.width) * work.out.height * work.out.batch;
  const int64_t taps = static_cast<int64_t>(weights.kernel_height()) * weights.kernel_width();
  return weights.inputs() >= block && tiles >= 16 && 36 * weights.phases() * tiles * 2 <= taps * pixels * 3;
}

// Whether less passes through memory when tiles are written out between the phases than when every run of tiles reads
// all weights again. Weights of less than about 4 MB are read from caches anyway (measured), and
// the memory for it has its limit.
bool phases_pay(const Weights& weights, const ConvWork& work) {
  constexpr int64_t light = 1 << 20, most_written = 1 << 25, tiles_per_run = 14;
  const int64_t tiles = Tiling(work.out).count, in = weights.winograd_blocks(), out = weights.out_blocks();
  const int64_t weight_floats = 36 * block * block * in * out, runs = (tiles + tiles_per_run - 1) / tiles_per_run;
  const int64_t written_out = 36 * block * tiles * (in + out);
  return weight_floats > light && written_out < most_written && (runs - 1) * weight_floats > 2 * written_out;
}

}  // namespace

int ConvWork::in_blocks() const {
  int blocks = 0;
  for (const Map& map : in) blocks += map.blocks();
  return blocks;
}

std::pair<const Map*, int> ConvWork::block_of_input(int number) const {
  const Map* map = in.data();
  for (; number >= map->blocks(); ++map) number -= map->blocks();
  return {map, number};
}

Steps conv_steps(const Kernels& kernels, Weights& weights, const ConvWork& work, Algorithm algorithm) {
  const bool wanted =
      algorithm == Algorithm::winograd || (algorithm == Algorithm::automatic && winograd_pays(weights, work));
  const bool winograd = wanted && fits_winograd(weights, work);
  if (winograd && phases_pay(weights, work)) return winograd_phases(kernels, weights, work);
  Steps steps;
  steps.push_back(winograd ? winograd_step(kernels, weights, work) : direct_step(kernels, weights, work));
  return steps;
}

}  // namespace inpaint::native
