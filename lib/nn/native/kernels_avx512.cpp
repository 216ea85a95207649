// Compiled for AVX-512 F, BW, DQ and VL. Includes nothing with inline functions that could be merged with those of
// other sources.
#if defined(__x86_64__)
#define INPAINT_LANES 16
#define INPAINT_ROWS 28
#define INPAINT_PAIRS 1
#include "nn/native/kernels_source_private.h"

namespace inpaint::native {

const Kernels& avx512_kernels() {
  static constexpr Kernels table = make_kernels("avx512");
  return table;
}

}  // namespace inpaint::native
#endif
