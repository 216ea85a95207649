#include "nn/torch/u2net_private.h"

#include <ATen/ATen.h>

#include <array>
#include <map>
#include <set>

#include "core/error.h"
#include "nn/safetensors.h"
#include "nn/torch/tensors_private.h"

namespace inpaint::torch_module {
namespace {

// A U-shaped residual block: `height` levels, of which a flat one ("4F") dilates instead of pooling.
struct Block {
  const char* name;
  int height;
  bool flat;
  int64_t in, mid, out;
};

std::vector<Block> blocks_of(const std::string& architecture) {
  if (architecture == "u2netp")
    return {{"stage1", 7, false, 3, 16, 64},    {"stage2", 6, false, 64, 16, 64},   {"stage3", 5, false, 64, 16, 64},
            {"stage4", 4, false, 64, 16, 64},   {"stage5", 4, true, 64, 16, 64},    {"stage6", 4, true, 64, 16, 64},
            {"stage5d", 4, true, 128, 16, 64},  {"stage4d", 4, false, 128, 16, 64}, {"stage3d", 5, false, 128, 16, 64},
            {"stage2d", 6, false, 128, 16, 64}, {"stage1d", 7, false, 128, 16, 64}};
  if (architecture == "u2net")
    return {{"stage1", 7, false, 3, 32, 64},      {"stage2", 6, false, 64, 32, 128},
            {"stage3", 5, false, 128, 64, 256},   {"stage4", 4, false, 256, 128, 512},
            {"stage5", 4, true, 512, 256, 512},   {"stage6", 4, true, 512, 256, 512},
            {"stage5d", 4, true, 1024, 256, 512}, {"stage4d", 4, false, 1024, 128, 256},
            {"stage3d", 5, false, 512, 64, 128},  {"stage2d", 6, false, 256, 32, 64},
            {"stage1d", 7, false, 128, 16, 64}};
  throw MissingError("architecture '" + architecture + "': the torch module knows u2net and u2netp");
}

// A 3 × 3 convolution (1 × 1 for outconv), as the file has it.
struct Layer {
  std::string name;
  int64_t in, out, kernel;
  bool norm;  ///< a batch norm behind
};

void add_block_layers(const Block& block, std::vector<Layer>& layers) {
  const auto add = [&](const std::string& part, int64_t in, int64_t out) {
    layers.push_back({std::string(block.name) + ".rebnconv" + part, in, out, 3, true});
  };
  add("in", block.in, block.out);
  add("1", block.out, block.mid);
  for (int level = 2; level <= block.height; ++level) add(std::to_string(level), block.mid, block.mid);
  for (int level = block.height - 1; level > 1; --level) add(std::to_string(level) + "d", 2 * block.mid, block.mid);
  add("1d", 2 * block.mid, block.out);
}

std::vector<Layer> layers_of(const std::vector<Block>& blocks, int64_t planes) {
  std::vector<Layer> layers;
  for (const Block& block : blocks) add_block_layers(block, layers);
  const size_t last = blocks.size() - 1;  // sides 1 to 5 read stage1d to stage5d, side 6 reads stage6
  for (size_t side = 1; side <= 6; ++side)
    layers.push_back({"side" + std::to_string(side), blocks[last + 1 - side].out, planes, 3, false});
  layers.push_back({"outconv", 6 * planes, planes, 1, false});
  return layers;
}

using Shapes = std::vector<std::pair<std::string, std::vector<int64_t>>>;

Shapes shapes_of(const std::vector<Layer>& layers) {
  Shapes shapes;
  for (const Layer& layer : layers) {
    const std::string conv = layer.name + (layer.norm ? ".conv_s1" : "");
    shapes.push_back({conv + ".weight", {layer.out, layer.in, layer.kernel, layer.kernel}});
    shapes.push_back({conv + ".bias", {layer.out}});
    if (!layer.norm) continue;
    for (const char* part : {"weight", "bias", "running_mean", "running_var"})
      shapes.push_back({layer.name + ".bn_s1." + part, {layer.out}});
  }
  return shapes;
}

void check_parameters(const Safetensors& file, const std::vector<Layer>& layers, const std::string& architecture) {
  const Shapes in_order = shapes_of(layers);
  const std::map<std::string, std::vector<int64_t>> expected(in_order.begin(), in_order.end());
  std::vector<std::string> wrong;
  for (const auto& [name, shape] : expected) {
    if (!file.has(name)) {
      wrong.push_back(name + " is missing");
    } else if (file.shape(name) != shape) {
      wrong.push_back(name + " is " + shape_text(file.shape(name)) + ", not " + shape_text(shape));
    }
  }
  for (const std::string& name : file.names()) {
    if (!expected.contains(name) && !name.ends_with("num_batches_tracked"))
      wrong.push_back(name + " is not part of it");
  }
  if (wrong.empty()) return;
  std::string text = file.path() + ": these are no parameters of " + architecture + ": " + wrong[0];
  for (size_t i = 1; i < wrong.size() && i < 3; ++i) text += ", " + wrong[i];
  if (wrong.size() > 3) text += " and " + std::to_string(wrong.size() - 3) + " more";
  throw MissingError(text + "; take the right architecture, or convert the file with examples/convert_weights.py");
}

struct Weights {
  at::Tensor weight, bias;
};
using WeightMap = std::map<std::string, Weights>;

// Batch norms of the official networks have eps 1e-5.
Weights folded(const Safetensors& file, const Layer& layer) {
  const auto get = [&](const std::string& name) { return to_torch(file.get(name), "float32", at::kCPU, false); };
  const std::string conv = layer.name + (layer.norm ? ".conv_s1" : "");
  Weights found{get(conv + ".weight"), get(conv + ".bias")};
  if (!layer.norm) return found;
  const std::string norm = layer.name + ".bn_s1.";
  const at::Tensor scale = get(norm + "weight") * (get(norm + "running_var") + 1e-5).rsqrt();
  return {found.weight * scale.view({-1, 1, 1, 1}),
          (found.bias - get(norm + "running_mean")) * scale + get(norm + "bias")};
}

at::Tensor enlarged(const at::Tensor& x, const at::Tensor& like) {
  if (x.size(2) == like.size(2) && x.size(3) == like.size(3)) return x;
  return at::upsample_bilinear2d(x, {like.size(2), like.size(3)}, false);
}

at::Tensor halved(const at::Tensor& x) { return at::max_pool2d(x, {2, 2}, {2, 2}, {0, 0}, {1, 1}, true); }

// The network's topology, over whatever computes its layers.
class Topology {
 public:
  explicit Topology(const U2NetLayer& layer) : layer_(layer) {}

  std::vector<at::Tensor> maps(const std::vector<Block>& blocks, at::Tensor x) const {
    std::vector<at::Tensor> encoded;
    for (size_t stage = 0; stage < 6; ++stage) encoded.push_back(x = run(blocks[stage], stage == 0 ? x : halved(x)));
    std::vector<at::Tensor> sides{layer_("side6", x, 1, false)};
    for (size_t stage = 6; stage < blocks.size(); ++stage) {
      const at::Tensor& beside = encoded[10 - stage];
      x = run(blocks[stage], at::cat({enlarged(x, beside), beside}, 1));
      sides.insert(sides.begin(), layer_("side" + std::to_string(11 - stage), x, 1, false));
    }
    for (at::Tensor& side : sides) side = enlarged(side, sides[0]);
    sides.insert(sides.begin(), layer_("outconv", at::cat(sides, 1), 1, false));
    return sides;
  }

 private:
  at::Tensor run(const Block& block, const at::Tensor& x) const {
    const auto layer = [&](const std::string& part, const at::Tensor& t, int64_t dilation) {
      return layer_(std::string(block.name) + ".rebnconv" + part, t, dilation, true);
    };
    // A flat block dilates by 1, 2, 4, 8; the others by 2 at the bottom only.
    const auto dilation = [&](int level) -> int64_t {
      return block.flat ? int64_t{1} << (level - 1) : (level == block.height ? 2 : 1);
    };
    const at::Tensor whole = layer("in", x, 1);
    std::vector<at::Tensor> levels{whole};
    for (int level = 1; level <= block.height; ++level) {
      const bool pool = !block.flat && level > 1 && level < block.height;
      levels.push_back(layer(std::to_string(level), pool ? halved(levels.back()) : levels.back(), dilation(level)));
    }
    at::Tensor t = levels.back();
    for (int level = block.height - 1; level >= 1; --level) {
      const at::Tensor& beside = levels[static_cast<size_t>(level)];
      t = layer(std::to_string(level) + "d", at::cat({enlarged(t, beside), beside}, 1), dilation(level));
    }
    return t + whole;
  }

  const U2NetLayer& layer_;
};

class U2NetProgram : public Program {
 public:
  U2NetProgram(std::string architecture, WeightMap weights, at::ScalarType type)
      : architecture_(std::move(architecture)), weights_(std::move(weights)), type_(type) {}

  std::vector<at::Tensor> run(std::vector<at::Tensor> inputs) const override {
    const auto layer = [&](const std::string& name, const at::Tensor& x, int64_t dilation, bool norm) {
      const Weights& found = weights_.at(name);
      const int64_t padding = found.weight.size(2) / 2 * dilation;
      at::Tensor y = at::conv2d(x, found.weight, found.bias, 1, padding, dilation);
      return norm ? y.relu_() : y;
    };
    std::vector<at::Tensor> maps = run_u2net(architecture_, inputs[0].to(type_), layer);
    for (at::Tensor& map : maps) map = at::sigmoid(map.to(at::kFloat));
    return maps;
  }
  int reduced_convolutions() const override { return type_ == at::kFloat ? 0 : static_cast<int>(weights_.size()); }

 private:
  std::string architecture_;
  WeightMap weights_;
  at::ScalarType type_;
};

class U2Net : public Network {
 public:
  U2Net(std::string architecture, WeightMap weights)
      : architecture_(std::move(architecture)), weights_(std::move(weights)) {}
  std::unique_ptr<Program> program(const Plan& plan) const override {
    const at::ScalarType type = torch_type(plan.precision);
    const at::MemoryFormat format = plan.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    WeightMap ready;
    for (const auto& [name, found] : weights_)
      ready[name] = {found.weight.to(type).contiguous(format), found.bias.to(type)};
    return std::make_unique<U2NetProgram>(architecture_, std::move(ready), type);
  }
  size_t input_count() const override { return 1; }
  std::string signature() const override { return "forward(image: ?x3x?x?)"; }

 private:
  std::string architecture_;
  WeightMap weights_;
};

}  // namespace

std::vector<std::pair<std::string, std::vector<int64_t>>> u2net_shapes(const std::string& architecture,
                                                                       int64_t planes) {
  return shapes_of(layers_of(blocks_of(architecture), planes));
}

std::vector<at::Tensor> run_u2net(const std::string& architecture, const at::Tensor& x, const U2NetLayer& layer) {
  return Topology(layer).maps(blocks_of(architecture), x);
}

std::unique_ptr<Network> read_u2net(const std::string& path, const std::string& architecture,
                                    const at::Device& device) {
  const Safetensors file(path);
  const int64_t planes = file.has("outconv.weight") ? file.shape("outconv.weight").at(0) : 1;
  const std::vector<Layer> layers = layers_of(blocks_of(architecture), planes);
  check_parameters(file, layers, architecture);
  WeightMap weights;
  for (const Layer& layer : layers) {
    const Weights found = folded(file, layer);
    weights[layer.name] = {found.weight.to(device), found.bias.to(device)};
  }
  return std::make_unique<U2Net>(architecture, std::move(weights));
}

}  // namespace inpaint::torch_module
