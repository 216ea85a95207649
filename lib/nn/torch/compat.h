// What differs between versions of libtorch.
#pragma once
#include <torch/version.h>

#include <string>

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
#include <ATen/Version.h>
#else
#include <ATen/native/DispatchStub.h>
#endif

namespace inpaint::torch_module {

/// libtorch 2 computes transposed convolutions by oneDNN, 1.13 by far slower means.
constexpr bool slow_up_convolutions = TORCH_VERSION_MAJOR < 2;

/// The instructions that libtorch's own kernels use on this CPU.
inline std::string cpu_capability() {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
  return at::get_cpu_capability();
#else
  switch (at::native::get_cpu_capability()) {
    case at::native::CPUCapability::DEFAULT: return "no AVX";
    case at::native::CPUCapability::AVX2: return "AVX2";
    default: return "AVX512";
  }
#endif
}

}  // namespace inpaint::torch_module
