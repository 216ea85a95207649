#include "nn/torch/cpu_private.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#endif

namespace inpaint::torch_module {

#if defined(__x86_64__)
namespace {

// Bits of Intel's manual, volume 2, CPUID, leaf 7.
constexpr unsigned amx_bf16_bit = 1u << 22;    // subleaf 0, EDX
constexpr unsigned amx_tile_bit = 1u << 24;    // subleaf 0, EDX
constexpr unsigned avx512_bf16_bit = 1u << 5;  // subleaf 1, EAX

// Linux lends the tile registers (state component 18) to programs that ask for them.
bool may_use_tiles() {
  constexpr long ask_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, ask_permission, tile_data) == 0;
}

std::string name_of_cpu() {
  unsigned parts[12] = {};
  for (unsigned i = 0; i < 3; ++i) {
    __get_cpuid(0x80000002u + i, &parts[4 * i], &parts[4 * i + 1], &parts[4 * i + 2], &parts[4 * i + 3]);
  }
  char text[sizeof parts + 1] = {};
  std::memcpy(text, parts, sizeof parts);
  return text;
}

}  // namespace

CpuFacts cpu_facts() {
  CpuFacts facts;
  facts.name = name_of_cpu();
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0)
    facts.amx_bf16 = (d & amx_bf16_bit) != 0 && (d & amx_tile_bit) != 0 && may_use_tiles();
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) facts.avx512_bf16 = (a & avx512_bf16_bit) != 0;
  return facts;
}
#else
CpuFacts cpu_facts() { return {}; }
#endif

}  // namespace inpaint::torch_module
