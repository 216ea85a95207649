// Compiled for AVX2 and FMA. Includes nothing with inline functions that could be merged with those of other sources.
#if defined(__x86_64__)
#define INPAINT_LANES 8
#define INPAINT_ROWS 6
#define INPAINT_PAIRS 0
#include "nn/native/kernels_source_private.h"

namespace inpaint::native {

const Kernels& avx2_kernels() {
  static constexpr Kernels table = make_kernels("avx2");
  return table;
}

}  // namespace inpaint::native
#endif
