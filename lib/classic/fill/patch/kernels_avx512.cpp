// Compiled with AVX-512 F, BW and VL. Includes nothing with inline functions that could be merged with those of other
// sources.
#if defined(__x86_64__)
#include <immintrin.h>

#include "classic/fill/patch/kernels_private.h"

namespace inpaint::patch {
namespace {

// How differences in guessed pixels are lowered.
struct Distrust {
  __m128i shift;
  __m512i bits;
  explicit Distrust(int by) : shift(_mm_cvtsi32_si128(by)), bits(_mm512_set1_epi8(static_cast<char>(255 >> by))) {}
};

// Squared differences of 16 pixels, summed per lane; `trust` is set where they count fully.
inline __m512i squares(__m512i a, __m512i b, __m512i trust, const Distrust& distrust) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i d = _mm512_or_si512(_mm512_subs_epu8(a, b), _mm512_subs_epu8(b, a));
  const __m512i lowered = _mm512_and_si512(_mm512_srl_epi16(d, distrust.shift), distrust.bits);
  d = _mm512_ternarylogic_epi64(trust, d, lowered, 0xca);  // trust ? d : lowered
  const __m512i low = _mm512_unpacklo_epi8(d, zero), high = _mm512_unpackhi_epi8(d, zero);
  return _mm512_add_epi32(_mm512_madd_epi16(low, low), _mm512_madd_epi16(high, high));
}

// Two rows of up to 8 pixels in one register; beyond the patch it is 0.
inline __m512i two_rows(const uint8_t* from, ptrdiff_t bytes, __mmask8 mask) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_maskz_loadu_epi32(mask, from)),
                            _mm256_maskz_loadu_epi32(mask, from + bytes), 1);
}
inline __m256i flags(const uint8_t* from) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}

template <int size>
void best_of_narrow(const Comparison& in, const int32_t* candidates, int count, int32_t& best, int32_t& distance) {
  constexpr __mmask8 mask = static_cast<__mmask8>((1u << size) - 1);
  constexpr int pairs = size / 2;
  const Distrust distrust(in.distrust);
  const ptrdiff_t bytes = 4 * in.stride;
  __m512i rows[pairs + 1], trust[pairs + 1];
  for (int k = 0; k < pairs; ++k) {
    rows[k] = two_rows(in.patch + 2 * k * bytes, bytes, mask);
    trust[k] = _mm512_inserti64x4(_mm512_castsi256_si512(flags(in.trust + 2 * k * in.stride)),
                                  flags(in.trust + (2 * k + 1) * in.stride), 1);
  }
  rows[pairs] = _mm512_zextsi256_si512(_mm256_maskz_loadu_epi32(mask, in.patch + 2 * pairs * bytes));
  trust[pairs] = _mm512_zextsi256_si512(flags(in.trust + 2 * pairs * in.stride));
  for (int i = 0; i < count; ++i) {
    const uint8_t* from = in.base + 4 * static_cast<ptrdiff_t>(candidates[i]);
    const __m512i last = _mm512_zextsi256_si512(_mm256_maskz_loadu_epi32(mask, from + 2 * pairs * bytes));
    __m512i sum = squares(rows[pairs], last, trust[pairs], distrust);
    for (int k = 0; k < pairs; ++k) {
      sum = _mm512_add_epi32(sum, squares(rows[k], two_rows(from + 2 * k * bytes, bytes, mask), trust[k], distrust));
    }
    const int32_t total = _mm512_reduce_add_epi32(sum);
    if (total < distance) {
      distance = total;
      best = candidates[i];
    }
  }
}

void best_of_wide(const Comparison& in, const int32_t* candidates, int count, int32_t& best, int32_t& distance) {
  const __mmask16 mask = static_cast<__mmask16>((1u << in.size) - 1);
  const Distrust distrust(in.distrust);
  for (int i = 0; i < count; ++i) {
    const uint8_t *a = in.patch, *b = in.base + 4 * static_cast<ptrdiff_t>(candidates[i]), *trust = in.trust;
    __m512i sum = _mm512_setzero_si512();
    for (int y = 0; y < in.size; ++y, a += 4 * in.stride, b += 4 * in.stride, trust += in.stride) {
      const __m512i known = _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(trust)));
      sum = _mm512_add_epi32(
          sum, squares(_mm512_maskz_loadu_epi32(mask, a), _mm512_maskz_loadu_epi32(mask, b), known, distrust));
    }
    const int32_t total = _mm512_reduce_add_epi32(sum);
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

}  // namespace

const Kernels& avx512_kernels() {
  // Votes gather single pixels, which is no faster with wider registers.
  static const Kernels table{"avx512", best_of, avx2_kernels().vote_row, avx2_kernels().donors_row};
  return table;
}

}  // namespace inpaint::patch
#endif
