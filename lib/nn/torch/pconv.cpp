#include "nn/torch/pconv_private.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "nn/safetensors.h"
#include "nn/torch/enlarged_private.h"
#include "nn/torch/masked_norm_private.h"
#include "nn/torch/tensors_private.h"

namespace inpaint::torch_module {
namespace {

constexpr float leaky_slope = 0.2F;
constexpr float base_gain = 4;  // how much larger differences to the mean are read, and made

std::string layer_name(const char* side, int level) { return side + std::to_string(level); }

at::Tensor found(const TensorMap& parameters, const std::string& name) {
  const auto at = parameters.find(name);
  return at == parameters.end() ? at::Tensor() : at->second;
}

// How many of a window's pixels are known; pixels outside the picture are not.
at::Tensor window_counts(const at::Tensor& known, int64_t kernel, int64_t stride) {
  const int64_t padding = kernel / 2;
  const at::Tensor columns = at::avg_pool2d(known, {kernel, 1}, {stride, 1}, {padding, 0}, false, true, 1);
  return at::avg_pool2d(columns, {1, kernel}, {1, stride}, {0, padding}, false, true, 1);
}

// sum(1) / sum(M) where anything is known, else 0; and what is known after the layer.
MaskPlanes planes_of(const at::Tensor& counts, double whole) {
  MaskPlanes planes;
  planes.known = counts.gt(0).to(at::kFloat);
  planes.ratio = (whole / counts.clamp_min(1)) * planes.known;
  planes.full = planes.known.all().item<bool>();
  return planes;
}

class Run {
 public:
  Run(const TensorMap& parameters, const PConvPlan& plan, PConvNorms norms, at::ScalarType type)
      : parameters_(parameters), plan_(plan), norms_(norms), type_(type) {}

  at::Tensor operator()(const at::Tensor& input, const at::Tensor& known) const {
    std::vector<at::Tensor> skips{input}, masks{known};
    for (int level = 1; level <= plan_.levels; ++level) {
      const std::string name = layer_name("enc", level);
      const at::Tensor weight = parameters_.at(name + ".conv.weight");
      const MaskPlanes planes =
          planes_of(known_values(masks.back(), level - 1, weight.size(1), weight.size(2), 2), window_size(weight));
      skips.push_back(layer(name, convolved(skips.back(), weight, 2), planes, {norms_.encoder, 0}));
      masks.push_back(planes.known);
    }
    at::Tensor x = skips.back(), mask = masks.back();
    for (int level = plan_.levels; level > 0; --level) {
      const at::Tensor &beside = skips[static_cast<size_t>(level) - 1],
                       &its_mask = masks[static_cast<size_t>(level) - 1];
      const std::string name = layer_name("dec", level);
      const at::Tensor weight = parameters_.at(name + ".conv.weight");
      const int64_t kernel = weight.size(2);
      mask = at::upsample_nearest2d(mask, {2 * mask.size(2), 2 * mask.size(3)});
      const MaskPlanes planes = planes_of(static_cast<double>(x.size(1)) * window_counts(mask, kernel, 1) +
                                              known_values(its_mask, level - 1, beside.size(1), kernel, 1),
                                          window_size(weight));
      x = layer(name, enlarged_convolution(x, beside, weight, type_), planes,
                {norms_.decoder, level == 1 ? 1 : leaky_slope});
      mask = planes.known;
    }
    const at::Tensor last = found(parameters_, "out.conv.weight");
    if (!last.defined()) return x;
    return at::sigmoid(at::conv2d(at::leaky_relu(x, leaky_slope), last, found(parameters_, "out.conv.bias")));
  }

 private:
  static double window_size(const at::Tensor& weight) { return static_cast<double>(weight.numel() / weight.size(0)); }

  // How many values in each window of a level's result are known; of level 0, the input, what is read besides is all
  // known.
  at::Tensor known_values(const at::Tensor& mask, int level, int64_t channels, int64_t kernel, int64_t stride) const {
    const int64_t fills = level == 0 ? plan_.inputs() - 3 : 0;
    const at::Tensor counts = static_cast<double>(channels - fills) * window_counts(mask, kernel, stride);
    return fills > 0 ? counts + fills * window_counts(at::ones_like(mask), kernel, stride) : counts;
  }

  at::Tensor convolved(const at::Tensor& x, const at::Tensor& weight, int64_t stride) const {
    return at::conv2d(x.to(type_), weight.to(type_), {}, stride, weight.size(2) / 2).to(at::kFloat);
  }

  struct How {
    bool learns = false;
    float slope = 0;  // of what is below 0
  };
  at::Tensor layer(const std::string& name, const at::Tensor& raw, const MaskPlanes& planes, How how) const {
    NormParameters norm;
    norm.bias = found(parameters_, name + ".conv.bias");
    norm.gamma = found(parameters_, name + ".bn.weight");
    norm.beta = found(parameters_, name + ".bn.bias");
    norm.mean = found(parameters_, name + ".bn.running_mean");
    norm.variance = found(parameters_, name + ".bn.running_var");
    return masked_norm(raw, planes, norm, how.learns, how.slope);
  }

  const TensorMap& parameters_;
  PConvPlan plan_;
  PConvNorms norms_;
  at::ScalarType type_;
};

}  // namespace

std::vector<std::pair<std::string, std::vector<int64_t>>> pconv_shapes(int width, const PConvPlan& plan) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
  const auto channels = [&](int level) -> int64_t {
    return level == 0 ? plan.inputs() : width * (1 << std::min(level - 1, 3));
  };
  const auto add_norm = [&](const std::string& name, int64_t count) {
    for (const char* part : {"weight", "bias", "running_mean", "running_var"})
      shapes.push_back({name + ".bn." + part, {count}});
  };
  for (int level = 1; level <= plan.levels; ++level) {
    const std::string name = layer_name("enc", level);
    const int64_t kernel = level == 1 ? 7 : level <= 3 ? 5 : 3;
    shapes.push_back({name + ".conv.weight", {channels(level), channels(level - 1), kernel, kernel}});
    if (level > 1) add_norm(name, channels(level));
  }
  for (int level = plan.levels; level > 0; --level) {
    const std::string name = layer_name("dec", level);
    const int64_t outputs = level == 1 ? 3 : channels(level - 1), upper = channels(level);
    shapes.push_back({name + ".conv.weight", {outputs, upper + channels(level - 1), 3, 3}});
    if (level > 1) add_norm(name, outputs);
    if (level == 1) shapes.push_back({name + ".conv.bias", {outputs}});
  }
  return shapes;
}

PConvPlan pconv_plan(const TensorMap& parameters, const std::map<std::string, std::string>& metadata,
                     const std::string& file) {
  PConvPlan plan;
  while (parameters.contains(layer_name("enc", plan.levels + 1) + ".conv.weight")) ++plan.levels;
  const auto refuse = [&](const std::string& what) {
    throw MissingError(file + ": these are no parameters of a partial-convolution U-Net: " + what +
                       "; examples/convert_weights.py converts published ones");
  };
  if (plan.levels < 2) refuse("enc" + std::to_string(plan.levels + 1) + ".conv.weight is missing");
  const auto base = metadata.find("base");
  if (base != metadata.end()) plan.base = base->second;
  if (plan.base != "none" && plan.base != "pull-push" && plan.base != "patch")
    throw MissingError(file + ": base '" + plan.base + "': expected none, pull-push or patch");
  std::vector<int64_t> channels{plan.inputs()};
  for (int level = 1; level <= plan.levels; ++level) {
    const at::Tensor& weight = parameters.at(layer_name("enc", level) + ".conv.weight");
    if (weight.dim() != 4 || weight.size(1) != channels.back() || weight.size(2) != weight.size(3))
      refuse("enc" + std::to_string(level) + ".conv.weight is " + shape_text(weight.sizes().vec()));
    channels.push_back(weight.size(0));
  }
  int64_t upper = channels.back();
  for (int level = plan.levels; level > 0; --level) {
    const std::string name = layer_name("dec", level) + ".conv.weight";
    if (!parameters.contains(name)) refuse(name + " is missing");
    const at::Tensor& weight = parameters.at(name);
    if (weight.dim() != 4 || weight.size(1) != upper + channels[static_cast<size_t>(level) - 1] ||
        (level == 1 && weight.size(2) != 3))
      refuse(name + " is " + shape_text(weight.sizes().vec()));
    upper = weight.size(0);
  }
  if (upper != 3) refuse("dec1.conv.weight gives " + std::to_string(upper) + " channels instead of 3");
  if (plan.base != "none" && parameters.contains("out.conv.weight"))
    refuse("out.conv.weight stands on the base " + plan.base);
  return plan;
}

void widen_to_patch(TensorMap& parameters) {
  const int64_t more = PConvPlan{0, "patch"}.inputs() - PConvPlan{0, "pull-push"}.inputs();
  for (const char* name : {"enc1.conv.weight", "dec1.conv.weight"}) {
    at::Tensor& weight = parameters.at(name);
    weight = at::cat({weight, at::zeros({weight.size(0), more, weight.size(2), weight.size(3)})}, 1);
  }
  at::Tensor& last = parameters.at("dec1.conv.weight");
  last.mul_(0.5);
  if (const auto bias = parameters.find("dec1.conv.bias"); bias != parameters.end()) bias->second.mul_(0.5);
  // From a third of each fill to half of the smooth one and a quarter of each of the others.
  const int64_t smooth = last.size(1) - more - 4, centre = last.size(2) / 2;
  for (int64_t color = 0; color < 3; ++color) {
    last[color][smooth + color][centre][centre] += 1.0 / 6;
    for (const int64_t patch : {4, 7}) last[color][smooth + patch + color][centre][centre] = -1.0 / 12;
  }
}

at::Tensor pull_push(const at::Tensor& known_image, const at::Tensor& known, const at::Tensor& mean, int levels) {
  std::vector<at::Tensor> colors{known_image}, shares{known};
  for (int level = 0; level < levels; ++level) {
    const at::Tensor share = at::avg_pool2d(shares.back(), {2, 2});
    const at::Tensor sum = at::avg_pool2d(colors.back() * shares.back(), {2, 2});
    colors.push_back(at::where(share.gt(0), sum / share.clamp_min(1e-6), mean));
    shares.push_back((4 * share).clamp_max(1));
  }
  at::Tensor filled = mean;
  for (size_t level = colors.size(); level-- > 0;) {
    const at::Tensor& share = shares[level];
    if (level + 1 < colors.size()) filled = at::upsample_bilinear2d(filled, {share.size(2), share.size(3)}, false);
    filled = share * colors[level] + (1 - share) * filled;
  }
  return filled;
}

at::Tensor run_pconv(const TensorMap& parameters, const PConvPlan& plan, const std::vector<at::Tensor>& inputs,
                     PConvNorms norms, at::ScalarType type) {
  const Run run(parameters, plan, norms, type);
  const at::Tensor &known_image = inputs[0], &known = inputs[1];
  if (plan.base == "none") return run(known_image, known);
  const at::Tensor count = known.sum({2, 3}, true);
  const at::Tensor mean = at::where(count.gt(0), (known_image * known).sum({2, 3}, true) / count.clamp_min(1),
                                    at::full({1}, 0.5, known.options()));
  at::Tensor fill = pull_push(known_image, known, mean, plan.levels);
  std::vector<at::Tensor> read{(known_image - mean) * base_gain * known, (fill - mean) * base_gain, known};
  if (plan.base == "patch") {
    const at::Tensor one = inputs[2].narrow(1, 0, 3), other = inputs[2].narrow(1, 3, 3);
    read.insert(read.end(), {(one - mean) * base_gain, (other - mean) * base_gain});
    fill = (fill + one + other) / 3;
  }
  return fill + run(at::cat(read, 1), known) / base_gain * (1 - known);
}

namespace {

class PConvProgram : public Program {
 public:
  PConvProgram(TensorMap parameters, const PConvPlan& plan, at::ScalarType type)
      : parameters_(std::move(parameters)), plan_(plan), type_(type) {}
  std::vector<at::Tensor> run(std::vector<at::Tensor> inputs) const override {
    return {run_pconv(parameters_, plan_, inputs, {}, type_)};
  }
  int reduced_convolutions() const override { return type_ == at::kFloat ? 0 : 2 * plan_.levels; }

 private:
  TensorMap parameters_;
  PConvPlan plan_;
  at::ScalarType type_;
};

class PConvNetwork : public Network {
 public:
  PConvNetwork(TensorMap parameters, const PConvPlan& plan) : parameters_(std::move(parameters)), plan_(plan) {}
  std::unique_ptr<Program> program(const Plan& plan) const override {
    TensorMap ready;
    const auto format = plan.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    for (const auto& [name, values] : parameters_) ready[name] = values.dim() == 4 ? values.contiguous(format) : values;
    return std::make_unique<PConvProgram>(std::move(ready), plan_, torch_type(plan.precision));
  }
  size_t input_count() const override { return plan_.base == "patch" ? 3 : 2; }
  std::string signature() const override {
    const std::string filled = plan_.base == "patch" ? ", filled-images: ?x6x?x?" : "";
    return "forward(known-image: ?x3x?x?, known: ?x1x?x?" + filled + ")";
  }

 private:
  TensorMap parameters_;
  PConvPlan plan_;
};

}  // namespace

std::unique_ptr<Network> read_pconv(const std::string& path, const at::Device& device) {
  const Safetensors file(path);
  TensorMap parameters;
  for (const std::string& name : file.names()) parameters[name] = to_torch(file.get(name), "float32", device, false);
  const PConvPlan plan = pconv_plan(parameters, file.metadata(), path);
  return std::make_unique<PConvNetwork>(std::move(parameters), plan);
}

}  // namespace inpaint::torch_module
