// All kernels for one instruction set: INPAINT_LANES floats a register, INPAINT_ROWS sums of 16 floats held at once,
// INPAINT_PAIRS whether registers suffice for two blocks of output channels at once.
#include "nn/native/kernels_private.h"

namespace inpaint::native {
namespace {

#include "nn/native/kernels_vector_private.h"
//
#include "nn/native/kernels_maps_private.h"
#include "nn/native/kernels_multiply_private.h"
#include "nn/native/kernels_winograd_private.h"

constexpr Kernels make_kernels(const char* name) {
  return {name,
          INPAINT_PAIRS != 0,
          INPAINT_ROWS,
          multiply<false>,
          multiply<true>,
          plane_from_blocks,
          plane_from_planes,
          winograd_input,
          winograd_doubled_input,
          winograd_weights,
          winograd_output,
          max_pool,
          resize,
          add,
          multiply_each,
          activate};
}

}  // namespace
}  // namespace inpaint::native
