#include "nn/learner.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/error.h"
#include "nn/torch/adam_private.h"
#include "nn/torch/cpu_private.h"
#include "nn/torch/gpus_private.h"
#include "nn/torch/pupil_private.h"
#include "nn/torch/tensors_private.h"

namespace inpaint::torch_module {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

bool is_statistic(const std::string& name) { return name.ends_with(".running_mean") || name.ends_with(".running_var"); }

at::Tensor as_kept(const at::Tensor& values) {
  return values.dim() == 4 ? values.contiguous(at::MemoryFormat::ChannelsLast) : values.contiguous();
}

// He et al. 2015 for convolutions; norms begin as the identity.
at::Tensor random_weights(const std::string& name, const std::vector<int64_t>& shape, double scale,
                          const at::Generator& generator) {
  if (shape.size() == 4) {
    const auto fan_in = static_cast<double>(shape[1] * shape[2] * shape[3]);
    return at::randn(shape, generator, at::kFloat) * (scale * std::sqrt(2 / fan_in));
  }
  const bool one = name.ends_with(".running_var") || name.ends_with(".weight");
  return one ? at::ones(shape) : at::zeros(shape);
}

class TorchLearner : public Learner {
 public:
  TorchLearner(const DriverHost& host, const LearnerOptions& options, const at::Device& device, at::ScalarType type)
      : host_(host), options_(options), device_(device), type_(type) {
    TensorMap begin;
    std::map<std::string, std::string> metadata;
    if (!options.weights.empty()) {
      const Safetensors file(options.weights);
      metadata = file.metadata();
      for (const std::string& name : file.names()) {
        if (!name.ends_with("num_batches_tracked")) begin[name] = to_torch(file.get(name), "float32", at::kCPU, false);
      }
    }
    if (const auto base = metadata.find("base");
        options.base == "patch" && base != metadata.end() && base->second == "pull-push") {
      pconv_plan(begin, metadata, options.weights);  // throws if it is none
      widen_to_patch(begin);
      base->second = "patch";
    }
    const PupilOptions wanted{options_, begin, metadata, device, type};
    pupil_ = options.architecture == "pconv" ? make_pconv_pupil(wanted) : make_u2net_pupil(wanted);
    set_loss_weights();
    fill_weights(begin);
  }

  StepResult step(const std::vector<Tensor>& batch, const StepOptions& options) override {
    use_threads(host_.threads_per_worker());
    try {
      return learn(on_device(batch), options);
    } catch (const c10::Error& error) {
      if (means_no_memory(error.what())) throw std::bad_alloc();
      throw;
    }
  }

  Tensor predict(const std::vector<Tensor>& batch) override {
    use_threads(host_.threads_per_worker());
    const at::NoGradGuard guard;
    return from_torch(pupil_->predict(average_, on_device(batch)));
  }

  std::vector<std::pair<std::string, Tensor>> weights() const override { return named("", average_); }
  std::map<std::string, std::string> metadata() const override { return pupil_->metadata(); }

  std::vector<std::pair<std::string, Tensor>> state() const override {
    std::vector<std::pair<std::string, Tensor>> all{{"steps", Tensor({1})}};
    all[0].second.data()[0] = static_cast<float>(steps_);
    for (const auto& [prefix, map] : parts()) {
      for (auto& entry : named(prefix, *map)) all.push_back(std::move(entry));
    }
    return all;
  }

  void restore(const Safetensors& state) override {
    const at::NoGradGuard guard;
    for (const auto& [prefix, map] : parts()) {
      for (const auto& [name, values] : *map) {
        const std::string full = prefix + name;
        if (state.shape(full) != values.sizes().vec())
          throw MissingError(state.path() + ": " + full + " is " + shape_text(state.shape(full)) + ", expected " +
                             shape_text(values.sizes().vec()));
        at::Tensor to = values;  // the handle; its values are shared
        to.copy_(to_torch(state.get(full), "float32", device_, false));
      }
    }
    steps_ = static_cast<int64_t>(state.get("steps").data()[0]);
  }

  std::string facts() const override {
    int64_t count = 0;
    for (const auto& [name, values] : live_) count += is_statistic(name) ? 0 : values.numel();
    return std::string("torch ") + TORCH_VERSION + " on " + device_.str() + ", " +
           (type_ == at::kFloat ? "fp32" : "bf16") + ", " + std::to_string(count) + " parameters";
  }

 private:
  void set_loss_weights() {
    loss_weights_ = pupil_->loss_weights();
    for (const auto& [term, weight] : options_.loss) {
      if (!loss_weights_.contains(term)) {
        std::string known;
        for (const auto& [name, unused] : loss_weights_) known += (known.empty() ? "" : ", ") + name;
        throw SpecError("loss: '" + term + "' is no term of " + options_.architecture + "; expected one of " + known);
      }
      loss_weights_[term] = weight;
    }
    const auto counts = [](const auto& term) { return term.second != 0; };
    if (std::none_of(loss_weights_.begin(), loss_weights_.end(), counts))
      throw SpecError("loss: every term has the weight 0, so there is nothing to learn from");
  }

  void fill_weights(const TensorMap& begin) {
    const at::Generator generator = at::detail::createCPUGenerator(options_.seed);
    for (const auto& [name, shape] : pupil_->shapes()) {
      at::Tensor values;
      if (begin.empty()) {
        values = random_weights(name, shape, pupil_->initial_scale(name), generator);
      } else if (const auto at = begin.find(name); at == begin.end()) {
        throw MissingError(options_.weights + ": " + name + " is missing; these are no weights of " +
                           options_.architecture);
      } else if (at->second.sizes().vec() != shape) {
        throw MissingError(options_.weights + ": " + name + " is " + shape_text(at->second.sizes().vec()) +
                           ", expected " + shape_text(shape) + "; these are no weights of " + options_.architecture);
      } else {
        values = at->second;
      }
      live_[name] = as_kept(values.to(device_));
      average_[name] = live_[name].clone();
      names_.push_back(name);
      if (is_statistic(name)) continue;
      first_[name] = at::zeros_like(live_[name]);
      second_[name] = at::zeros_like(live_[name]);
      live_[name].set_requires_grad(true);
    }
  }

  std::vector<at::Tensor> on_device(const std::vector<Tensor>& batch) const {
    std::vector<at::Tensor> moved;
    for (const Tensor& tensor : batch) moved.push_back(to_torch(tensor, "float32", device_, true));
    return moved;
  }

  StepResult learn(const std::vector<at::Tensor>& batch, const StepOptions& options) {
    StepResult result;
    const TensorMap before = statistics();
    const Clock::time_point start = Clock::now();
    at::Tensor total;
    for (const auto& [name, term] : pupil_->losses(live_, batch, options.freeze_encoder_norms)) {
      result.terms[name] = term.item<double>();
      const double weight = loss_weights_.at(name);
      if (weight == 0) continue;
      total = total.defined() ? total + weight * term : weight * term;
    }
    result.loss = total.item<double>();
    result.finite = std::isfinite(result.loss);
    result.forward_seconds = seconds_since(start);
    if (result.finite) total.backward();
    result.backward_seconds = seconds_since(start) - result.forward_seconds;
    const at::NoGradGuard guard;
    if (result.finite) result.gradient_norm = gradient_norm();
    result.finite = result.finite && std::isfinite(result.gradient_norm);
    if (result.finite) {
      follow(options.learning_rate, result.gradient_norm);
    } else {
      for (const auto& [name, values] : before) live_[name].copy_(values);
    }
    for (auto& [name, values] : live_) values.mutable_grad() = at::Tensor();
    return result;
  }

  TensorMap statistics() const {
    TensorMap copies;
    for (const auto& [name, values] : live_) {
      if (is_statistic(name)) copies[name] = values.clone();
    }
    return copies;
  }

  double gradient_norm() const {
    double sum = 0;
    for (const auto& [name, values] : live_) {
      if (values.grad().defined()) sum += std::pow(values.grad().norm().item<double>(), 2);
    }
    return std::sqrt(sum);
  }

  void follow(double rate, double norm) {
    ++steps_;
    const auto t = static_cast<double>(steps_);
    AdamStep step{rate, steps_};
    if (options_.clip > 0 && norm > options_.clip) step.gradient_scale = options_.clip / norm;
    // An average over few steps must not remember where they began.
    step.average_kept = std::min(options_.ema, (1 + t) / (10 + t));
    for (auto& [name, values] : live_) {
      if (values.grad().defined()) {
        adam_step(step, values.grad(), values, first_.at(name), second_.at(name), average_.at(name));
      } else {
        average_[name].lerp_(values, 1 - step.average_kept);
      }
    }
  }

  // In one order; names are those of the network behind these.
  std::vector<std::pair<std::string, const TensorMap*>> parts() const {
    return {{"live/", &live_}, {"average/", &average_}, {"first/", &first_}, {"second/", &second_}};
  }

  std::vector<std::pair<std::string, Tensor>> named(const std::string& prefix, const TensorMap& map) const {
    std::vector<std::pair<std::string, Tensor>> all;
    for (const std::string& name : names_) {
      if (const auto at = map.find(name); at != map.end())
        all.push_back({prefix + name, from_torch(at->second.detach().clone(at::MemoryFormat::Contiguous))});
    }
    return all;
  }

  DriverHost host_;
  LearnerOptions options_;
  at::Device device_;
  at::ScalarType type_;
  std::unique_ptr<Pupil> pupil_;
  std::map<std::string, double> loss_weights_;
  std::vector<std::string> names_;
  TensorMap live_, average_, first_, second_;
  int64_t steps_ = 0;
};

// bf16 needs no scaling of the loss, which fp16 would.
at::ScalarType number_type(Precision wanted, const at::Device& device) {
  if (wanted == Precision::fp16) throw SpecError("--precision fp16: training knows fp32 and bf16");
  if (wanted != Precision::automatic) return torch_type(wanted);
  return device.is_cuda() || cpu_facts().amx_bf16 ? at::kBFloat16 : at::kFloat;
}

}  // namespace
}  // namespace inpaint::torch_module

extern "C" __attribute__((visibility("default"))) std::unique_ptr<inpaint::Learner> inpaint_learner_1(
    const inpaint::DriverHost& host, const inpaint::LearnerOptions& options) {
  using namespace inpaint::torch_module;
  set_up_libtorch();
  if (options.architecture != "pconv" && options.architecture != "u2netp")
    throw inpaint::MissingError("architecture '" + options.architecture + "': pconv and u2netp can be taught");
  const at::Device device = torch_device(present_device(options.device));
  return std::make_unique<TorchLearner>(host, options, device, number_type(options.precision, device));
}
