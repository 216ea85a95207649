#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "nn/torch/adam_private.h"

namespace inpaint::torch_module {
namespace {

constexpr double first_decay = 0.9, second_decay = 0.999;
constexpr float epsilon = 1e-8F;
constexpr int64_t grain = 1 << 14;  // values that are worth a thread

struct Factors {
  float scale, first_part, second_part, rate, second_bias, average_part;
};

Factors factors_of(const AdamStep& step) {
  const auto t = static_cast<double>(step.number);
  const double first_bias = 1 - std::pow(first_decay, t), second_bias = 1 - std::pow(second_decay, t);
  return {static_cast<float>(step.gradient_scale), static_cast<float>(1 - first_decay),
          static_cast<float>(1 - second_decay),    static_cast<float>(step.rate / first_bias),
          static_cast<float>(1 / second_bias),     static_cast<float>(1 - step.average_kept)};
}

// Operators would read and write memory three times as often.
void in_one_pass(const Factors& by, const float* __restrict__ gradient, float* __restrict__ values,
                 float* __restrict__ first, float* __restrict__ second, float* __restrict__ average, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * by.scale;
    first[i] += by.first_part * (g - first[i]);
    second[i] += by.second_part * (g * g - second[i]);
    values[i] -= by.rate * first[i] / (std::sqrt(second[i] * by.second_bias) + epsilon);
    average[i] += by.average_part * (values[i] - average[i]);
  }
}

}  // namespace

void adam_step(const AdamStep& step, const at::Tensor& gradient, at::Tensor& values, at::Tensor& first,
               at::Tensor& second, at::Tensor& average) {
  const Factors by = factors_of(step);
  const bool alike = gradient.strides() == values.strides() && gradient.scalar_type() == at::kFloat;
  if (alike && values.is_cpu() && values.is_non_overlapping_and_dense()) {
    at::parallel_for(0, values.numel(), grain, [&](int64_t begin, int64_t end) {
      in_one_pass(by, gradient.data_ptr<float>() + begin, values.data_ptr<float>() + begin,
                  first.data_ptr<float>() + begin, second.data_ptr<float>() + begin, average.data_ptr<float>() + begin,
                  end - begin);
    });
    return;
  }
  const at::Tensor g = gradient * by.scale;
  first.lerp_(g, by.first_part);
  second.lerp_(g.square(), by.second_part);
  values.addcdiv_(first, (second * by.second_bias).sqrt_().add_(epsilon), -by.rate);
  average.lerp_(values, by.average_part);
}

}  // namespace inpaint::torch_module
