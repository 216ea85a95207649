#include <algorithm>

#include "classic/fill/patch/kernels_private.h"

namespace inpaint::patch {
namespace {

void best_of(const Comparison& in, const int32_t* candidates, int count, int32_t& best, int32_t& distance) {
  for (int i = 0; i < count; ++i) {
    const uint8_t *a = in.patch, *b = in.base + 4 * static_cast<ptrdiff_t>(candidates[i]), *trust = in.trust;
    int32_t sum = 0;
    for (int y = 0; y < in.size && sum < distance; ++y, a += 4 * in.stride, b += 4 * in.stride, trust += in.stride) {
      for (int x = 0; x < 4 * in.size; ++x) {
        const int difference = std::abs(a[x] - b[x]) >> (trust[x / 4] ? 0 : in.distrust);
        sum += difference * difference;
      }
    }
    if (sum < distance) {
      distance = sum;
      best = candidates[i];
    }
  }
}

// The patches over one pixel: rows first to last of offsets, how many there are, and what their votes are scaled by.
struct Voters {
  int first, last, count = 0;
  int32_t least_doubt = 255;
  float scale = 0;  // of a distance, to steps

  Voters(const VoteInput& in, int64_t at, int y)
      : first(std::max(-in.size / 2, -y)), last(std::min(in.size / 2, in.height - 1 - y)) {
    int32_t total = 0;
    for_each(in, at, [&](int64_t centre, int, int) {
      total += in.distance[centre] >> 4;
      ++count;
      least_doubt = std::min<int32_t>(least_doubt, in.doubt[centre]);
    });
    if (count > 0) scale = in.sharpness * static_cast<float>(count) / (16 * static_cast<float>(total) + 1);
  }

  template <class Visit>
  void for_each(const VoteInput& in, int64_t at, Visit visit) const {
    for (int dy = first; dy <= last; ++dy) {
      for (int dx = -in.size / 2; dx <= in.size / 2; ++dx) {
        const int64_t centre = at + static_cast<int64_t>(dy) * in.width + dx;
        if (in.distance[centre] != no_target) visit(centre, dx, dy);
      }
    }
  }
};

// The pixel that the patch around `centre` proposes for the pixel at (-dx, -dy) from there.
int32_t proposed(const VoteInput& in, int64_t centre, int dx, int dy) { return in.field[centre] - dy * in.width - dx; }

void vote_row(const VoteInput& in, const uint8_t* hole, int y, uint8_t* out) {
  for (int x = 0; x < in.width; ++x) {
    if (!hole[x]) continue;
    const int64_t at = static_cast<int64_t>(y) * in.width + x;
    const Voters voters(in, at, y);
    int32_t weight_sum = 0, sum[4] = {};
    voters.for_each(in, at, [&](int64_t centre, int dx, int dy) {
      const float steps = std::min(static_cast<float>(in.distance[centre]) * voters.scale, 255.0f);
      const int step = std::min(static_cast<int>(steps) + in.doubt[centre] - voters.least_doubt, weight_steps - 1);
      const int32_t weight = in.weights[step];
      const uint8_t* from = in.rgbx + 4 * static_cast<int64_t>(proposed(in, centre, dx, dy));
      weight_sum += weight;
      for (int c = 0; c < 4; ++c) sum[c] += weight * from[c];
    });
    if (weight_sum == 0) continue;
    for (int c = 0; c < 4; ++c) out[4 * x + c] = static_cast<uint8_t>((sum[c] + weight_sum / 2) / weight_sum);
  }
}

void donors_row(const VoteInput& in, const uint8_t* hole, int y, int32_t* out) {
  for (int x = 0; x < in.width; ++x) {
    if (!hole[x]) continue;
    const int64_t at = static_cast<int64_t>(y) * in.width + x;
    const Voters voters(in, at, y);
    int32_t best = INT32_MAX;
    out[x] = static_cast<int32_t>(at);
    voters.for_each(in, at, [&](int64_t centre, int dx, int dy) {
      const float steps = std::min(static_cast<float>(in.distance[centre]) * voters.scale * 8, 65535.0f);
      const int32_t badness = static_cast<int32_t>(steps) + 8 * (in.doubt[centre] - voters.least_doubt);
      if (badness < best) {
        best = badness;
        out[x] = proposed(in, centre, dx, dy);
      }
    });
  }
}

}  // namespace

const Kernels& portable_kernels() {
  static const Kernels table{"portable", best_of, vote_row, donors_row};
  return table;
}

const Kernels& kernels() {
#if defined(__x86_64__)
  static const Kernels& best = []() -> const Kernels& {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
      return avx512_kernels();
    }
    return __builtin_cpu_supports("avx2") ? avx2_kernels() : portable_kernels();
  }();
  return best;
#else
  return portable_kernels();
#endif
}

}  // namespace inpaint::patch
