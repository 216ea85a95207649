#pragma once
#include <string>

namespace inpaint::torch_module {

/// Instructions that multiply bfloat16.
struct CpuFacts {
  std::string name;  ///< as the CPU calls itself
  bool amx_bf16 = false, avx512_bf16 = false;
};

/// Asked from the CPU itself (cpuid), not from the operating system's tables.
CpuFacts cpu_facts();

}  // namespace inpaint::torch_module
