#include "nn/torch/tensors_private.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <atomic>
#include <cstring>
#include <mutex>

#include "core/error.h"

namespace inpaint::torch_module {
namespace {

at::ScalarType type_named(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "int64") return at::kLong;
  if (name == "uint8") return at::kByte;
  if (name == "bool") return at::kBool;
  throw SpecError("input type '" + name + "': expected float32, int64, uint8 or bool");
}

}  // namespace

at::Tensor to_torch(const Tensor& tensor, const std::string& type, const at::Device& device, bool channels_last) {
  const at::ScalarType scalar = type_named(type);
  at::Tensor copy = at::empty(tensor.shape(), at::kFloat);
  std::memcpy(copy.data_ptr<float>(), tensor.data(), static_cast<size_t>(tensor.size()) * sizeof(float));
  if (scalar == at::kLong || scalar == at::kByte) copy = copy.round_();
  copy = copy.to(device, scalar);
  return channels_last && copy.dim() == 4 ? copy.contiguous(at::MemoryFormat::ChannelsLast) : copy;
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kCPU, at::kFloat).contiguous();
  // The lambda keeps the memory alive.
  return {values.sizes().vec(), std::shared_ptr<float[]>(values.data_ptr<float>(), [values](float*) {})};
}

Tensor sample(const std::vector<int64_t>& shape) {
  Tensor tensor(shape);
  uint64_t state = 1;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth, MMIX
    tensor.data()[i] = static_cast<float>(state >> 40) / static_cast<float>(1 << 24);
  }
  return tensor;
}

at::Device torch_device(const Device& device) {
  return device.kind == Device::Kind::cuda ? at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device.index))
                                           : at::Device(at::kCPU);
}

at::ScalarType torch_type(Precision precision) {
  switch (precision) {
    case Precision::bf16: return at::kBFloat16;
    case Precision::fp16: return at::kHalf;
    default: return at::kFloat;
  }
}

void use_threads(int threads) {
  static std::mutex mutex;
  static std::atomic<int> of_blas = 0;
  static const auto set_blas = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (at::get_num_threads() == threads && of_blas == threads) return;
  const std::lock_guard lock(mutex);
  at::set_num_threads(threads);
  if (set_blas != nullptr && of_blas != threads) set_blas(threads);
  of_blas = threads;
}

std::string first_line(const std::string& message) {
  // The interpreter puts the error behind a trace: "...(most recent call last):\n ... \nRuntimeError: what is wrong".
  const std::string mark = "RuntimeError: ";
  const size_t at = message.rfind(mark);
  std::string text = at == std::string::npos ? message : message.substr(at + mark.size());
  const size_t begin = text.find_first_not_of(" \n");
  text = begin == std::string::npos ? text : text.substr(begin);
  return text.substr(0, text.find('\n'));
}

bool means_no_memory(const std::string& message) {
  for (const char* words : {"out of memory", "not enough memory", "can't allocate memory", "std::bad_alloc",
                            "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"}) {
    if (message.find(words) != std::string::npos) return true;
  }
  return false;
}

void set_up_libtorch() {
  // Each new picture size would be profiled and compiled anew, which takes seconds.
  torch::jit::getExecutorMode() = false;
  torch::jit::getProfilingMode() = false;
  torch::jit::setTensorExprFuserEnabled(false);
  if (at::get_num_interop_threads() != 1) at::set_num_interop_threads(1);
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
}

}  // namespace inpaint::torch_module
