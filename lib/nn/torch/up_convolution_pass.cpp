#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>

#include "nn/torch/passes_private.h"

namespace inpaint::torch_module {
namespace {

using torch::jit::toIValue;
using torch::jit::Value;
using torch::jit::WithInsertPoint;

// A transposed convolution of stride s, padding p, kernel K gives output o the sum over inputs i of w[o + p - s i].
// With o = s q + r that is, for each phase r, a convolution around q: input q + d takes part with w[r + p - s d].
struct Phases {
  int64_t first, last;  ///< the least and greatest d of any phase
  int64_t size() const { return last - first + 1; }
};

int64_t floor_divide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

Phases phases_of(int64_t kernel, int64_t stride, int64_t padding) {
  // 0 <= r + p - s d < K for r in [0, s).
  return {-floor_divide(kernel - 1 - padding, stride), floor_divide(stride - 1 + padding, stride)};
}

bool enlarges_exactly(const Convolution& found) {
  if (!found.transposed || found.groups != 1 || found.weight.scalar_type() != at::kFloat) return false;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t kernel = found.weight.size(static_cast<int64_t>(axis) + 2);
    if (found.stride[axis] < 2 || found.stride[axis] != found.stride[0] || found.dilation[axis] != 1) return false;
    if (kernel + found.output_padding[axis] - 2 * found.padding[axis] != found.stride[axis]) return false;
  }
  return true;
}

// Weights of the convolution to s² times the planes, in the order that pixel_shuffle takes: plane, row, column.
at::Tensor phase_weights(const Convolution& found, const Phases& rows, const Phases& columns) {
  const at::Tensor& weight = found.weight;  // in × out × K × K
  const int64_t s = found.stride[0], inputs = weight.size(0), outputs = weight.size(1);
  at::Tensor phases = at::zeros({outputs, s, s, inputs, rows.size(), columns.size()}, weight.options());
  for (int64_t ry = 0; ry < s; ++ry) {
    for (int64_t rx = 0; rx < s; ++rx) {
      for (int64_t dy = rows.first; dy <= rows.last; ++dy) {
        for (int64_t dx = columns.first; dx <= columns.last; ++dx) {
          const int64_t ky = ry + found.padding[0] - s * dy, kx = rx + found.padding[1] - s * dx;
          if (ky < 0 || kx < 0 || ky >= weight.size(2) || kx >= weight.size(3)) continue;
          phases.select(1, ry)
              .select(1, rx)
              .select(2, dy - rows.first)
              .select(2, dx - columns.first)
              .copy_(weight.select(2, ky).select(2, kx).t());
        }
      }
    }
  }
  return phases.reshape({outputs * s * s, inputs, rows.size(), columns.size()});
}

// Folds the batch norm that alone reads this convolution, if there is one with constant statistics, and removes it.
// batch_norm(input, weight, bias, mean, variance, training, momentum, eps, cudnn)
void fold_batch_norm(Convolution& found) {
  Value* output = found.node->output();
  if (output->uses().size() != 1) return;
  Node* norm = output->uses()[0].user;
  if (norm->kind() != c10::aten::batch_norm || norm->input(0) != output) return;
  at::Tensor values[4];  // weight, bias, mean, variance
  for (size_t i = 0; i < 4; ++i) {
    const auto value = toIValue(norm->input(i + 1));
    if (!value || !value->isTensor()) return;
    values[i] = value->toTensor();
  }
  const auto training = toIValue(norm->input(5)), eps = toIValue(norm->input(7));
  if (!training || training->toBool() || !eps) return;
  const at::Tensor scale = values[0] * (values[3] + eps->toDouble()).rsqrt();
  const at::Tensor bias = found.bias.defined() ? found.bias : at::zeros_like(values[2]);
  found.weight = found.weight * scale.view({1, -1, 1, 1});
  found.bias = (bias - values[2]) * scale + values[1];
  norm->output()->replaceAllUsesWith(output);
  norm->destroy();
}

void replace(Graph& graph, Convolution found) {
  fold_batch_norm(found);
  const int64_t s = found.stride[0];
  const Phases rows = phases_of(found.weight.size(2), s, found.padding[0]);
  const Phases columns = phases_of(found.weight.size(3), s, found.padding[1]);
  // The convolution pads both sides alike; what lies before the first wanted row and column is cut off.
  const int64_t pad_y = std::max(-rows.first, rows.last), pad_x = std::max(-columns.first, columns.last);
  const at::Tensor bias = found.bias.defined() ? found.bias.repeat_interleave(s * s) : at::Tensor();
  const WithInsertPoint before(found.node);
  const auto numbers = [](int64_t a, int64_t b) { return c10::IValue(std::vector<int64_t>{a, b}); };
  Value* input = found.node->input(0);
  Value* size_y = graph.insert(c10::aten::size, {input, 2});
  Value* size_x = graph.insert(c10::aten::size, {input, 3});
  Value* result = graph.insert(c10::aten::conv2d, {input, phase_weights(found, rows, columns),
                                                   bias.defined() ? c10::IValue(bias) : c10::IValue(), numbers(1, 1),
                                                   numbers(pad_y, pad_x), numbers(1, 1), 1});
  result = graph.insert(c10::aten::narrow, {result, 2, pad_y + rows.first, size_y});
  result = graph.insert(c10::aten::narrow, {result, 3, pad_x + columns.first, size_x});
  result = graph.insert(c10::aten::pixel_shuffle, {result, s});
  found.node->output()->replaceAllUsesWith(result);
  found.node->destroy();
}

}  // namespace

void replace_up_convolutions(Graph& graph) {
  for (const Convolution& found : convolutions(graph)) {
    if (enlarges_exactly(found)) replace(graph, found);
  }
}

}  // namespace inpaint::torch_module
