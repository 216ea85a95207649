#include "nn/torch/gpus_private.h"

#include <ATen/Context.h>
#include <dlfcn.h>
#include <torch/version.h>

#include "core/error.h"

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

int gpu_count() { return static_cast<int>(at::getNumGPUs()); }

Device present_device(const Device& wanted) {
  const int count = gpu_count();
  if (wanted.kind == Device::Kind::automatic) return {count > 0 ? Device::Kind::cuda : Device::Kind::cpu, 0};
  if (wanted.kind == Device::Kind::cuda && wanted.index >= count)
    throw MissingError("--device " + Codec<Device>::print(wanted) + ": libtorch " + TORCH_VERSION + " sees " +
                       (count == 0 ? "no GPU (is it a CUDA build, and the driver new enough?)"
                                   : std::to_string(count) + " GPU(s), counted from 0") +
                       "; use --device cpu");
  return wanted;
}

}  // namespace inpaint::torch_module
