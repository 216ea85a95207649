#include "nn/torch/gpus_private.h"

#include <dlfcn.h>

namespace inpaint::torch_module {
namespace {

// Of cuda.h; these signatures have not changed since CUDA 3.2. 0 means success.
using Init = int (*)(unsigned flags);
using DeviceGet = int (*)(int* device, int ordinal);
using DeviceName = int (*)(char* name, int size, int device);
using DeviceMemory = int (*)(size_t* bytes, int device);

template <class Function>
Function find(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

std::vector<GpuFacts> gpu_facts(int count) {
  std::vector<GpuFacts> gpus(static_cast<size_t>(count), GpuFacts{"GPU", 0});
  void* library = count == 0 ? nullptr : dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return gpus;
  const auto init = find<Init>(library, "cuInit");
  const auto get = find<DeviceGet>(library, "cuDeviceGet");
  const auto name = find<DeviceName>(library, "cuDeviceGetName");
  const auto memory = find<DeviceMemory>(library, "cuDeviceTotalMem_v2");
  if (init == nullptr || get == nullptr || name == nullptr || memory == nullptr || init(0) != 0) return gpus;
  for (int i = 0; i < count; ++i) {
    int device = 0;
    char text[256] = {};
    size_t bytes = 0;
    if (get(&device, i) != 0 || name(text, sizeof text, device) != 0 || memory(&bytes, device) != 0) continue;
    gpus[static_cast<size_t>(i)] = {text, static_cast<int64_t>(bytes)};
  }
  return gpus;
}

}  // namespace inpaint::torch_module
