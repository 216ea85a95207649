#pragma once
#include <memory>

#include "nn/driver.h"
#include "nn/torch/network_private.h"

namespace inpaint::torch_module {

/// Chooses the plan by the request and makes the net that callers see.
std::unique_ptr<Net> make_net(std::unique_ptr<Network> network, const OpenRequest& request, const DriverHost& host);

}  // namespace inpaint::torch_module
