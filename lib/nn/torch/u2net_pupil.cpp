#include <ATen/ATen.h>

#include "nn/torch/masked_norm_private.h"
#include "nn/torch/pupil_private.h"
#include "nn/torch/u2net_private.h"

namespace inpaint::torch_module {
namespace {

// stage1 to stage6 encode, stage5d to stage1d decode.
bool encodes(const std::string& layer) { return layer.starts_with("stage") && layer[6] == '.'; }

class U2NetPupil : public Pupil {
 public:
  explicit U2NetPupil(const PupilOptions& options)
      : architecture_(options.told.architecture),
        type_(options.type),
        mean_(at::tensor({.485F, .456F, .406F}).to(options.device).view({1, 3, 1, 1})),
        deviation_(at::tensor({.229F, .224F, .225F}).to(options.device).view({1, 3, 1, 1})) {}

  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes() const override {
    return u2net_shapes(architecture_, 1);
  }
  // Deep supervision as published: cross-entropy of the fused map and of every side, all alike.
  std::map<std::string, double> loss_weights() const override {
    std::map<std::string, double> weights;
    for (int i = 0; i < 7; ++i) weights["d" + std::to_string(i)] = 1;
    return weights;
  }
  std::map<std::string, std::string> metadata() const override { return {{"architecture", architecture_}}; }

  std::map<std::string, at::Tensor> losses(const TensorMap& weights, const std::vector<at::Tensor>& batch,
                                           bool freeze_encoder_norms) const override {
    const std::vector<at::Tensor> maps = run(weights, batch[0], true, freeze_encoder_norms);
    std::map<std::string, at::Tensor> terms;
    for (size_t i = 0; i < maps.size(); ++i)
      terms["d" + std::to_string(i)] = at::binary_cross_entropy_with_logits(maps[i].to(at::kFloat), batch[1]);
    return terms;
  }

  at::Tensor predict(const TensorMap& weights, const std::vector<at::Tensor>& batch) const override {
    return at::sigmoid(run(weights, batch[0], false, true)[0].to(at::kFloat));
  }

 private:
  std::vector<at::Tensor> run(const TensorMap& weights, const at::Tensor& picture, bool learns, bool frozen) const {
    const auto layer = [&](const std::string& name, const at::Tensor& x, int64_t dilation, bool norm) {
      const std::string conv = norm ? name + ".conv_s1" : name;
      const at::Tensor& weight = weights.at(conv + ".weight");
      const at::Tensor y = at::conv2d(x.to(type_), weight.to(type_), weights.at(conv + ".bias").to(type_), 1,
                                      weight.size(2) / 2 * dilation, dilation);
      if (!norm) return y;
      const std::string bn = name + ".bn_s1.";
      const bool follows = learns && !(frozen && encodes(name));
      NormParameters norms;
      norms.gamma = weights.at(bn + "weight");
      norms.beta = weights.at(bn + "bias");
      norms.mean = weights.at(bn + "running_mean");
      norms.variance = weights.at(bn + "running_var");
      return norm_and_relu(y.to(at::kFloat), norms, follows);
    };
    return run_u2net(architecture_, (picture - mean_) / deviation_, layer);
  }

  std::string architecture_;
  at::ScalarType type_;
  at::Tensor mean_, deviation_;
};

}  // namespace

std::unique_ptr<Pupil> make_u2net_pupil(const PupilOptions& options) { return std::make_unique<U2NetPupil>(options); }

}  // namespace inpaint::torch_module
