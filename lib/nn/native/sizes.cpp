#include <cmath>
#include <stdexcept>

#include "nn/native/plan_private.h"

namespace inpaint::native {
namespace {

std::string text(const Size& size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

[[noreturn]] void too_small(const Size& in, const char* what) {
  throw std::invalid_argument(std::string(what) + " leaves nothing of a map of " + text(in) +
                              ": the input is too small");
}

int conv_extent(const Conv2d& how, int axis, int in, int64_t kernel) {
  const int64_t reach = (kernel - 1) * how.dilation[axis] + 1;
  const int64_t free = static_cast<int64_t>(in) + how.before[axis] + how.after[axis] - reach;
  return free < 0 ? 0 : static_cast<int>(free / how.stride[axis] + 1);
}

int pool_extent(const MaxPool& how, int axis, int in) {
  const int stride = how.stride[axis];
  const int free = in + how.before[axis] + how.after[axis] - how.kernel[axis];
  if (free < 0 && !how.ceil_mode) return 0;
  const int up = how.ceil_mode ? stride - 1 : 0;
  int out = (free < 0 ? (free + up < 0 ? -1 : 0) : (free + up) / stride) + 1;
  if (how.ceil_mode && (out - 1) * stride >= in + how.before[axis]) --out;
  return out;
}

int resize_extent(const Resize& how, int axis, int in) {
  return how.size[axis] > 0 ? how.size[axis] : static_cast<int>(std::floor(in * how.factor[axis]));
}

Size size_of(const Node& node, const std::vector<Size>& known) {
  const auto input = [&](size_t i) { return known[static_cast<size_t>(node.inputs[i])]; };
  const Size in = input(0);
  Size out = in;
  switch (node.kind) {
    case Node::Kind::conv:
      out = {conv_extent(node.conv, 0, in.height, node.weight.extent(2)),
             conv_extent(node.conv, 1, in.width, node.weight.extent(3))};
      if (out.height <= 0 || out.width <= 0) too_small(in, "a convolution");
      if (node.inputs.size() == 2 && !(input(1) == out)) {
        throw std::invalid_argument("a convolution's result of " + text(out) + " and its pixel_scale of " +
                                    text(input(1)) + " differ in size");
      }
      break;
    case Node::Kind::max_pool:
      out = {pool_extent(node.pool, 0, in.height), pool_extent(node.pool, 1, in.width)};
      if (out.height <= 0 || out.width <= 0) too_small(in, "a pooling");
      break;
    case Node::Kind::resize:
      out = node.inputs.size() == 2
                ? input(1)
                : Size{resize_extent(node.resize, 0, in.height), resize_extent(node.resize, 1, in.width)};
      if (out.height <= 0 || out.width <= 0) too_small(in, "a resize");
      break;
    case Node::Kind::shuffle:
      out = {2 * in.height, 2 * in.width};
      for (size_t i = 1; i < node.inputs.size(); ++i) {
        if (input(i) == out) continue;
        throw std::invalid_argument("a pixel shuffle's result of " + text(out) + " meets a map of " + text(input(i)));
      }
      break;
    default:
      for (size_t i = 1; i < node.inputs.size(); ++i) {
        if (input(i) == in) continue;
        throw std::invalid_argument("maps of " + text(in) + " and " + text(input(i)) +
                                    " meet: the input's height and width do not suit this network");
      }
  }
  return out;
}

}  // namespace

std::vector<Size> infer_sizes(const Graph& graph, const std::vector<Size>& inputs) {
  std::vector<Size> sizes;
  size_t next = 0;
  for (const Node& node : graph.nodes()) {
    sizes.push_back(node.kind == Node::Kind::input ? inputs.at(next++) : size_of(node, sizes));
  }
  return sizes;
}

}  // namespace inpaint::native
