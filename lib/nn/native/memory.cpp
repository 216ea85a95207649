#include <sys/mman.h>

#include <new>

#include "nn/native/memory_private.h"

namespace inpaint::native {

Floats::Floats(size_t count) : size_(count) {
  if (count == 0) return;
  constexpr size_t large_page = size_t{1} << 21;
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, sizeof(float), &bytes)) throw std::bad_alloc();
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  if (bytes >= large_page) ::madvise(at, bytes, MADV_HUGEPAGE);
  values_ = std::shared_ptr<float[]>(static_cast<float*>(at), [bytes](float* p) { ::munmap(p, bytes); });
}

}  // namespace inpaint::native
