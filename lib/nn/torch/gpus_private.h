#pragma once
#include <vector>

#include "nn/driver.h"

namespace inpaint::torch_module {

/// The first `count` GPUs by NVIDIA's driver, which is asked directly: CUDA's headers are then needed nowhere.
std::vector<GpuFacts> gpu_facts(int count);

/// How many GPUs libtorch sees.
int gpu_count();

/// The CPU or a GPU that is there; automatic: the first GPU, or the CPU. Throws MissingError for a GPU that is absent.
Device present_device(const Device& wanted);

}  // namespace inpaint::torch_module
