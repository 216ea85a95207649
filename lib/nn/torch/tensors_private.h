#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "nn/device.h"
#include "nn/tensor.h"

namespace inpaint::torch_module {

/// A copy on the device in the type of this name ("float32", "int64", "uint8", "bool"; whole numbers are rounded to).
/// Throws SpecError for another name.
at::Tensor to_torch(const Tensor& tensor, const std::string& type, const at::Device& device, bool channels_last);

/// Contiguous float32 on the CPU; shares the memory where it is that already.
Tensor from_torch(const at::Tensor& tensor);

/// Uniform in [0,1] by a fixed seed.
Tensor sample(const std::vector<int64_t>& shape);

at::Device torch_device(const Device& device);
at::ScalarType torch_type(Precision precision);

/// Makes what the calling thread computes next use that many threads: OpenMP's number is each thread's own, that of
/// OpenBLAS the program's.
void use_threads(int threads);

/// The line that says what is wrong, out of the long text of an error of libtorch.
std::string first_line(const std::string& message);
/// Whether an error of libtorch (types get lost in the interpreter) means that memory ran out.
bool means_no_memory(const std::string& message);

/// Sets what is set once for the whole program: no fusers, no profiling, IEEE fp32.
void set_up_libtorch();

}  // namespace inpaint::torch_module
