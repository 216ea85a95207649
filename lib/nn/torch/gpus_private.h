#pragma once
#include <vector>

#include "nn/driver.h"

namespace inpaint::torch_module {

/// The first `count` GPUs by NVIDIA's driver, which is asked directly: CUDA's headers are then needed nowhere.
std::vector<GpuFacts> gpu_facts(int count);

}  // namespace inpaint::torch_module
