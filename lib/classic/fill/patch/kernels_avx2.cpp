// Compiled with -mavx2. Includes nothing with inline functions that could be merged with those of other sources.
#if defined(__x86_64__)
#include <immintrin.h>

#include "classic/fill/patch/kernels_private.h"

namespace inpaint::patch {
namespace {

inline __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

// 8 bytes, each in a lane: as they are, or 255 as all ones.
inline __m256i load_bytes(const uint8_t* from) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}
inline __m256i load_flags(const uint8_t* from) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}

inline int32_t sum_of(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
  return _mm_cvtsi128_si32(s);
}

inline int32_t min_of(__m256i v) {
  __m128i m = _mm_min_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  m = _mm_min_epi32(m, _mm_shuffle_epi32(m, 0x4e));
  m = _mm_min_epi32(m, _mm_shuffle_epi32(m, 0xb1));
  return _mm_cvtsi128_si32(m);
}

// The first `count` of 8 lanes all ones.
inline __m256i lanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// How differences in guessed pixels are lowered.
struct Distrust {
  __m128i shift;
  __m256i bits;
  explicit Distrust(int by) : shift(_mm_cvtsi32_si128(by)), bits(_mm256_set1_epi8(static_cast<char>(255 >> by))) {}
};

// Squared differences of 8 pixels where `mask` is set, summed per lane; `trust` is set where they count fully.
inline __m256i squares(__m256i a, __m256i b, __m256i mask, __m256i trust, const Distrust& distrust) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i d = _mm256_and_si256(_mm256_or_si256(_mm256_subs_epu8(a, b), _mm256_subs_epu8(b, a)), mask);
  d = _mm256_blendv_epi8(_mm256_and_si256(_mm256_srl_epi16(d, distrust.shift), distrust.bits), d, trust);
  const __m256i low = _mm256_unpacklo_epi8(d, zero), high = _mm256_unpackhi_epi8(d, zero);
  return _mm256_add_epi32(_mm256_madd_epi16(low, low), _mm256_madd_epi16(high, high));
}

// Patches of up to 8 pixels a side: a row is one load.
template <int size>
void best_of_narrow(const Comparison& in, const int32_t* candidates, int count, int32_t& best, int32_t& distance) {
  const __m256i mask = lanes(size);
  const Distrust distrust(in.distrust);
  __m256i rows[size], trust[size];
  for (int y = 0; y < size; ++y) {
    rows[y] = load(in.patch + 4 * y * in.stride);
    trust[y] = load_flags(in.trust + y * in.stride);
  }
  for (int i = 0; i < count; ++i) {
    const uint8_t* from = in.base + 4 * static_cast<ptrdiff_t>(candidates[i]);
    __m256i sum = _mm256_setzero_si256();
    for (int y = 0; y < size; ++y) {
      sum = _mm256_add_epi32(sum, squares(rows[y], load(from + 4 * y * in.stride), mask, trust[y], distrust));
    }
    const int32_t total = sum_of(sum);
    if (total < distance) {
      distance = total;
      best = candidates[i];
    }
  }
}

void best_of_wide(const Comparison& in, const int32_t* candidates, int count, int32_t& best, int32_t& distance) {
  const __m256i rest = lanes(in.size - 8), all = _mm256_set1_epi32(-1);
  const Distrust distrust(in.distrust);
  for (int i = 0; i < count; ++i) {
    const uint8_t *a = in.patch, *b = in.base + 4 * static_cast<ptrdiff_t>(candidates[i]), *trust = in.trust;
    __m256i sum = _mm256_setzero_si256();
    for (int y = 0; y < in.size; ++y, a += 4 * in.stride, b += 4 * in.stride, trust += in.stride) {
      sum = _mm256_add_epi32(sum, squares(load(a), load(b), all, load_flags(trust), distrust));
      sum = _mm256_add_epi32(sum, squares(load(a + 32), load(b + 32), rest, load_flags(trust + 8), distrust));
    }
    const int32_t total = sum_of(sum);
    if (total < distance) {
      distance = total;
      best = candidates[i];
    }
  }
}

void best_of(const Comparison& in, const int32_t* candidates, int count, int32_t& best, int32_t& distance) {
  switch (in.size) {
    case 3: return best_of_narrow<3>(in, candidates, count, best, distance);
    case 5: return best_of_narrow<5>(in, candidates, count, best, distance);
    case 7: return best_of_narrow<7>(in, candidates, count, best, distance);
    default: return best_of_wide(in, candidates, count, best, distance);
  }
}

// The patches over one pixel, 8 to a register; wide patches take two registers a row.
struct Voters {
  __m256i distances[2 * max_patch_size];  // `no_target` where there is none
  int first, last, parts, count;
  __m256i least_doubt;
  float scale = 0;  // of a distance, to steps

  Voters(const VoteInput& in, ptrdiff_t at, int y)
      : first(y < in.size / 2 ? -y : -(in.size / 2)),
        last(in.height - 1 - y < in.size / 2 ? in.height - 1 - y : in.size / 2),
        parts(in.size > 8 ? 2 : 1) {
    const __m256i none = _mm256_set1_epi32(no_target), one = _mm256_set1_epi32(1);
    __m256i total = _mm256_setzero_si256(), voters = total, least = _mm256_set1_epi32(255);
    for_each(in, at, [&](int k, int, int part, ptrdiff_t centre) {
      const __m256i d = _mm256_blendv_epi8(none, load(in.distance + centre), lanes(in.size - 8 * part));
      const __m256i votes = _mm256_cmpgt_epi32(none, d);
      distances[k] = d;
      total = _mm256_add_epi32(total, _mm256_and_si256(votes, _mm256_srli_epi32(d, 4)));
      voters = _mm256_add_epi32(voters, _mm256_and_si256(votes, one));
      least = _mm256_min_epi32(least, _mm256_blendv_epi8(least, load_bytes(in.doubt + centre), votes));
    });
    count = sum_of(voters);
    least_doubt = _mm256_set1_epi32(min_of(least));
    if (count > 0) scale = in.sharpness * static_cast<float>(count) / (16 * static_cast<float>(sum_of(total)) + 1);
  }

  // visit(number of the register, row offset, part, index of the first lane's centre)
  template <class Visit>
  void for_each(const VoteInput& in, ptrdiff_t at, Visit visit) const {
    int k = 0;
    for (int dy = first; dy <= last; ++dy) {
      for (int part = 0; part < parts; ++part, ++k) {
        visit(k, dy, part, at + static_cast<ptrdiff_t>(dy) * in.width - in.size / 2 + 8 * part);
      }
    }
  }

  __m256i votes(int k) const { return _mm256_cmpgt_epi32(_mm256_set1_epi32(no_target), distances[k]); }
};

inline __m256i ramp() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }

// The pixels proposed by 8 patches; a lane that does not vote reads pixel 0.
inline __m256i proposed(const VoteInput& in, ptrdiff_t centre, int dy, int part, __m256i votes) {
  const __m256i shift = _mm256_sub_epi32(_mm256_set1_epi32(-dy * in.width + in.size / 2 - 8 * part), ramp());
  return _mm256_and_si256(votes, _mm256_add_epi32(load(in.field + centre), shift));
}

void vote_pixel(const VoteInput& in, int x, int y, uint8_t* out) {
  const ptrdiff_t at = static_cast<ptrdiff_t>(y) * in.width + x;
  const Voters voters(in, at, y);
  if (voters.count == 0) return;
  const __m256 scale = _mm256_set1_ps(voters.scale), most = _mm256_set1_ps(255.0f);
  const __m256i last_step = _mm256_set1_epi32(weight_steps - 1), byte = _mm256_set1_epi32(255);
  __m256i weight_sum = _mm256_setzero_si256(), sums[4] = {weight_sum, weight_sum, weight_sum, weight_sum};
  voters.for_each(in, at, [&](int k, int dy, int part, ptrdiff_t centre) {
    const __m256i votes = voters.votes(k);
    const __m256 scaled = _mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(voters.distances[k]), scale), most);
    const __m256i doubt = _mm256_sub_epi32(load_bytes(in.doubt + centre), voters.least_doubt);
    __m256i step = _mm256_min_epi32(_mm256_add_epi32(_mm256_cvttps_epi32(scaled), doubt), last_step);
    step = _mm256_and_si256(votes, step);
    const __m256i weight = _mm256_and_si256(votes, _mm256_i32gather_epi32(in.weights, step, 4));
    const __m256i pixel =
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(in.rgbx), proposed(in, centre, dy, part, votes), 4);
    weight_sum = _mm256_add_epi32(weight_sum, weight);
    for (int c = 0; c < 4; ++c) {
      const __m256i value = _mm256_and_si256(_mm256_srli_epi32(pixel, 8 * c), byte);
      sums[c] = _mm256_add_epi32(sums[c], _mm256_mullo_epi32(weight, value));
    }
  });
  const int32_t sum = sum_of(weight_sum);
  if (sum == 0) return;
  for (int c = 0; c < 4; ++c) out[c] = static_cast<uint8_t>((sum_of(sums[c]) + sum / 2) / sum);
}

void vote_row(const VoteInput& in, const uint8_t* hole, int y, uint8_t* out) {
  for (int x = 0; x < in.width; ++x) {
    if (hole[x]) vote_pixel(in, x, y, out + 4 * x);
  }
}

int32_t donor(const VoteInput& in, int x, int y) {
  const ptrdiff_t at = static_cast<ptrdiff_t>(y) * in.width + x;
  const Voters voters(in, at, y);
  if (voters.count == 0) return static_cast<int32_t>(at);
  const __m256 scale = _mm256_set1_ps(voters.scale), eight = _mm256_set1_ps(8.0f), most = _mm256_set1_ps(65535.0f);
  // The lower bits of a key tell which patch it belongs to, in row order.
  __m256i best = _mm256_set1_epi32(0x7fffffff);
  voters.for_each(in, at, [&](int k, int, int part, ptrdiff_t centre) {
    const __m256 scaled = _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(voters.distances[k]), scale), eight);
    const __m256i doubt = _mm256_sub_epi32(load_bytes(in.doubt + centre), voters.least_doubt);
    const __m256i badness =
        _mm256_add_epi32(_mm256_cvttps_epi32(_mm256_min_ps(scaled, most)), _mm256_slli_epi32(doubt, 3));
    const __m256i number = _mm256_add_epi32(_mm256_set1_epi32(k / voters.parts * 16 + 8 * part), ramp());
    const __m256i key = _mm256_add_epi32(_mm256_slli_epi32(badness, 8), number);
    best = _mm256_min_epi32(best, _mm256_blendv_epi8(best, key, voters.votes(k)));
  });
  const int32_t number = min_of(best) & 255, dy = voters.first + number / 16, dx = number % 16 - in.size / 2;
  return in.field[at + static_cast<ptrdiff_t>(dy) * in.width + dx] - dy * in.width - dx;
}

void donors_row(const VoteInput& in, const uint8_t* hole, int y, int32_t* out) {
  for (int x = 0; x < in.width; ++x) {
    if (hole[x]) out[x] = donor(in, x, y);
  }
}

}  // namespace

const Kernels& avx2_kernels() {
  static const Kernels table{"avx2", best_of, vote_row, donors_row};
  return table;
}

}  // namespace inpaint::patch
#endif
