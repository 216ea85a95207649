// Compiled for any processor, with the vectors that all of its family have.
#define INPAINT_LANES 4
#if defined(__aarch64__)
#define INPAINT_ROWS 6
#else
#define INPAINT_ROWS 2
#endif
#define INPAINT_PAIRS 0
#include "nn/native/kernels_source_private.h"

namespace inpaint::native {

const Kernels& portable_kernels() {
  static constexpr Kernels table = make_kernels("portable");
  return table;
}

bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

bool has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

}  // namespace inpaint::native
