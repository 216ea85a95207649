#include "nn/driver.h"

#include <ATen/Version.h>
#include <torch/version.h>

#include "core/error.h"
#include "nn/torch/cpu_private.h"
#include "nn/torch/gpus_private.h"
#include "nn/torch/pconv_private.h"
#include "nn/torch/script_private.h"
#include "nn/torch/tensors_private.h"
#include "nn/torch/torch_net_private.h"
#include "nn/torch/u2net_private.h"

namespace inpaint::torch_module {
namespace {

// The instructions that libtorch's own kernels use on this CPU: only its text for people tells, in every version.
std::string cpu_capability() {
  const std::string config = at::show_config(), mark = "CPU capability usage: ";
  const size_t at = config.find(mark);
  return at == std::string::npos ? "unknown"
                                 : config.substr(at + mark.size(), config.find('\n', at) - at - mark.size());
}

class TorchDriver : public Driver {
 public:
  explicit TorchDriver(const DriverHost& host) : host_(host) { set_up_libtorch(); }

  std::string version() const override {
    const CpuFacts cpu = cpu_facts();
    std::string text = std::string("torch ") + TORCH_VERSION + " (cpu: " + cpu_capability();
    if (cpu.amx_bf16) text += " AMX-BF16";
    if (cpu.avx512_bf16) text += " AVX512-BF16";
    const std::vector<GpuFacts> all = gpus();
    text += "; " + (all.empty() ? std::string("no GPU") : std::to_string(all.size()) + " GPU(s):");
    for (const GpuFacts& gpu : all) text += " " + gpu.name + " " + std::to_string(gpu.memory >> 30) + " GiB";
    return text + ")";
  }
  std::vector<GpuFacts> gpus() const override { return gpu_facts(gpu_count()); }

  std::unique_ptr<Net> open(const OpenRequest& request) const override {
    OpenRequest here = request;
    here.device = present_device(request.device);
    const at::Device device = torch_device(here.device);
    return make_net(read(here, device), here, host_);
  }
  FileFacts inspect(const std::string& file) const override { return inspect_script(file); }

 private:
  static std::unique_ptr<Network> read(const OpenRequest& request, const at::Device& device) {
    if (request.architecture.empty()) return read_script(request.file, device);
    if (request.architecture == "pconv") return read_pconv(request.file, device);
    return read_u2net(request.file, request.architecture, device);
  }

  DriverHost host_;
};

}  // namespace
}  // namespace inpaint::torch_module

extern "C" __attribute__((visibility("default"))) inpaint::Driver& inpaint_driver_1(const inpaint::DriverHost& host) {
  static inpaint::Driver* driver = new inpaint::torch_module::TorchDriver(host);  // lives until the program ends
  return *driver;
}
