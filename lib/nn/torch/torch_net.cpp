#include "nn/torch/torch_net_private.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/version.h>

#include <chrono>
#include <ctime>

#include "core/error.h"
#include "nn/torch/cache_private.h"
#include "nn/torch/cpu_private.h"
#include "nn/torch/tensors_private.h"

namespace inpaint::torch_module {
namespace {

// One call, on whatever device. Errors are libtorch's.
std::vector<Tensor> call(const Program& program, const OpenRequest& request, const Plan& plan,
                         const std::vector<Tensor>& inputs, int threads) {
  use_threads(threads);
  const c10::InferenceMode inference;
  std::vector<at::Tensor> given;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string type = i < request.input_types.size() ? request.input_types[i] : "float32";
    given.push_back(to_torch(inputs[i], type, torch_device(request.device), plan.channels_last));
  }
  std::vector<Tensor> outputs;
  for (const at::Tensor& output : program.run(std::move(given))) outputs.push_back(from_torch(output));
  return outputs;
}

std::string shapes_text(const std::vector<Tensor>& tensors) {
  std::string text;
  for (const Tensor& tensor : tensors) text += (text.empty() ? "" : ", ") + shape_text(tensor.shape());
  return text;
}

class TorchNet : public Net {
 public:
  TorchNet(std::unique_ptr<Program> program, const OpenRequest& request, const DriverHost& host, const Choice& choice,
           size_t input_count, std::string signature)
      : program_(std::move(program)),
        request_(request),
        host_(host),
        plan_(choice.plan),
        input_count_(input_count),
        signature_(std::move(signature)) {
    facts_.driver = std::string("torch ") + TORCH_VERSION;
    facts_.device = request.device;
    facts_.precision = choice.plan.precision;
    facts_.detail = choice.plan.channels_last ? "channels_last" : "contiguous";
    if (program_->reduced_convolutions() > 0)
      facts_.detail += ", " + std::to_string(program_->reduced_convolutions()) + " convolutions in " +
                       Codec<Precision>::print(choice.plan.precision);
    if (!choice.note.empty()) facts_.detail += "; " + choice.note;
  }

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override {
    if (inputs.size() != input_count_)
      throw ItemError(refusal("takes " + std::to_string(input_count_) + " tensors", inputs), ItemError::Cause::other);
    try {
      return call(*program_, request_, plan_, inputs, host_.threads_per_worker());
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      if (means_no_memory(error.what())) throw std::bad_alloc();
      throw ItemError(refusal("refuses its inputs: " + first_line(error.what()), inputs), ItemError::Cause::other);
    }
  }
  NetFacts facts() const override { return facts_; }

 private:
  std::string refusal(const std::string& what, const std::vector<Tensor>& inputs) const {
    return request_.file + ": the network " + what + "; it is " + signature_ + " and was given " + shapes_text(inputs);
  }

  std::unique_ptr<Program> program_;
  OpenRequest request_;
  DriverHost host_;
  Plan plan_;
  size_t input_count_;
  std::string signature_;
  NetFacts facts_;
};

// Whatever a choice depends on. A virtual machine may hide instructions that the CPU's name promises.
std::string cache_key(const OpenRequest& request, int threads) {
  const CpuFacts cpu = cpu_facts();
  std::string key = file_identity(request.file) + "\n" + request.architecture + "\n" + TORCH_VERSION + "\n" + cpu.name +
                    (cpu.amx_bf16 ? " amx" : "") + (cpu.avx512_bf16 ? " avx512" : "") + "\n" +
                    Codec<Device>::print(request.device) + "\n" + Codec<Precision>::print(request.precision) + "\n" +
                    std::to_string(request.tolerance) + "\n" + std::to_string(threads);
  for (const std::vector<int64_t>& shape : request.sample_shapes) key += "\n" + shape_text(shape);
  for (const std::string& type : request.input_types) key += "\n" + type;
  return key;
}

// On the CPU the process's CPU time is what counts, shared out among its threads: other programs disturb it least.
double seconds_now(const OpenRequest& request, int threads) {
  if (request.device.kind == Device::Kind::cpu)
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC / static_cast<double>(threads);
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Short calls are repeated, since the first one sets things up.
Trial try_plan(const Network& network, const OpenRequest& request, const Plan& plan, int threads) {
  constexpr double long_call = 0.7;  // s
  std::vector<Tensor> inputs;
  for (const std::vector<int64_t>& shape : request.sample_shapes) inputs.push_back(sample(shape));
  const std::unique_ptr<Program> program = network.program(plan);
  Trial trial;
  for (int i = 0; i < 4 && (i == 0 || trial.seconds < long_call); ++i) {
    const double begin = seconds_now(request, threads);
    trial.outputs = call(*program, request, plan, inputs, threads);
    const double seconds = seconds_now(request, threads) - begin;
    trial.seconds = i == 0 ? seconds : std::min(trial.seconds, seconds);
  }
  return trial;
}

}  // namespace

std::unique_ptr<Net> make_net(std::unique_ptr<Network> network, const OpenRequest& request, const DriverHost& host) {
  const int threads = host.threads_per_worker();
  const size_t fed = request.sample_shapes.size();
  if (fed != 0 && fed != network->input_count())
    throw MissingError(request.file + ": the network, which is " + network->signature() + ", takes " +
                       std::to_string(network->input_count()) + " tensors; its card feeds " + std::to_string(fed) +
                       ": correct the card's input.tensors");
  bool told = false;
  const auto trial = [&](const Plan& plan) {
    if (!told) host.log(LogLevel::info, request.file + ": measuring, once, how it runs fastest here");
    told = true;
    try {
      return try_plan(*network, request, plan, threads);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      if (means_no_memory(error.what())) throw std::bad_alloc();
      throw MissingError(request.file + ": the network, which is " + network->signature() +
                         ", does not take what its card says: " + first_line(error.what()));
    }
  };
  const Choice choice = choose(request, cache_key(request, threads), trial);
  return std::make_unique<TorchNet>(network->program(choice.plan), request, host, choice, network->input_count(),
                                    network->signature());
}

}  // namespace inpaint::torch_module
