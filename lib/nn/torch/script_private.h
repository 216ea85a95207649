#pragma once
#include <memory>
#include <string>

#include "nn/torch/network_private.h"

namespace inpaint::torch_module {

/// Reads a TorchScript file to a device, for inference only. Throws MissingError with the cure.
std::unique_ptr<Network> read_script(const std::string& file, const at::Device& device);

/// Throws MissingError likewise; operators that are missing here are told among the notes.
FileFacts inspect_script(const std::string& file);

}  // namespace inpaint::torch_module
