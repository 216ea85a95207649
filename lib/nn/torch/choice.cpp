#include "nn/torch/choice_private.h"

#include <cmath>
#include <limits>
#include <sstream>

#include "core/error.h"
#include "nn/torch/cache_private.h"
#include "nn/torch/cpu_private.h"

namespace inpaint::torch_module {
namespace {

bool on_gpu(const OpenRequest& request) { return request.device.kind == Device::Kind::cuda; }

bool cpu_has_bf16() {
  static const CpuFacts cpu = cpu_facts();
  return cpu.amx_bf16 || cpu.avx512_bf16;
}

void check_device_has(const OpenRequest& request) {
  if (request.precision == Precision::fp16 && !on_gpu(request))
    throw MissingError("--precision fp16: runs on NVIDIA GPUs only; use bf16, fp32 or auto");
  if (request.precision == Precision::bf16 && !on_gpu(request) && !cpu_has_bf16())
    throw MissingError("--precision bf16: this CPU has neither AMX nor AVX512-BF16; use fp32 or auto");
}

std::string rounded(double value) {
  std::ostringstream text;
  text.precision(3);
  text << value;
  return text.str();
}

// The reduced precision worth a try, or fp32 if there is none.
Precision reduced_of(const OpenRequest& request) {
  if (request.precision != Precision::automatic) return request.precision;
  if (on_gpu(request)) return Precision::fp16;
  return cpu_has_bf16() ? Precision::bf16 : Precision::fp32;
}

Choice measure(const OpenRequest& request, const TryPlan& try_plan) {
  Choice best;
  const Trial plain = try_plan(best.plan);
  double best_seconds = plain.seconds;
  const Plan last{true, Precision::fp32};
  const double last_seconds = try_plan(last).seconds;
  best.note = "measured fp32 " + rounded(plain.seconds) + " s, channels_last " + rounded(last_seconds) + " s";
  if (last_seconds < best_seconds) best.plan = last, best_seconds = last_seconds;
  const Precision reduced = reduced_of(request);
  if (reduced == Precision::fp32) return best;

  // Tensor cores and AMX read channels_last; other CPUs take what was faster.
  const Plan plan{on_gpu(request) || best.plan.channels_last, reduced};
  const Trial trial = try_plan(plan);
  const double differs = difference(plain.outputs, trial.outputs);
  const std::string name = Codec<Precision>::print(reduced);
  best.note += ", " + name + " " + rounded(trial.seconds) + " s with a difference of " + rounded(differs);
  const bool accurate = differs <= request.tolerance;
  if (request.precision == reduced) {
    if (!accurate)
      throw MissingError(request.file + ": in " + name + " its results differ from fp32 by up to " + rounded(differs) +
                         ", more than the " + rounded(request.tolerance) +
                         " that its card allows (tolerance); use --precision fp32 or auto");
    best.plan = plan;
  } else if (accurate && trial.seconds < best_seconds) {
    best.plan = plan;
  } else if (!accurate) {
    best.note += ", more than " + rounded(request.tolerance);
  }
  return best;
}

}  // namespace

double difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  if (a.size() != b.size()) return infinite;
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].shape() != b[i].shape()) return infinite;
    for (size_t k = 0; k < a[i].values().size(); ++k) {
      const double x = a[i].values()[k], y = b[i].values()[k];
      if (std::isnan(x) != std::isnan(y)) return infinite;
      if (x != y && !std::isnan(x)) largest = std::max(largest, std::abs(x - y));
    }
  }
  return largest;
}

Choice choose(const OpenRequest& request, const std::string& cache_key, const TryPlan& try_plan) {
  check_device_has(request);
  if (request.sample_shapes.empty()) {
    if (request.precision == Precision::automatic || request.precision == Precision::fp32) return {};
    return {{on_gpu(request), request.precision}, "not compared with fp32: no usual size is known"};
  }
  if (std::optional<Choice> earlier = remembered(cache_key)) return *earlier;
  const Choice choice = measure(request, try_plan);
  remember(cache_key, choice);
  return choice;
}

}  // namespace inpaint::torch_module
