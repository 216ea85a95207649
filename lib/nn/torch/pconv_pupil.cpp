#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "nn/torch/features_private.h"
#include "nn/torch/pupil_private.h"

namespace inpaint::torch_module {
namespace {

constexpr int64_t texture_window = 8;   // pixels of a feature map; smaller maps are taken whole
constexpr double texture_floor = 0.02;  // contrast in [0,1] below which differences do not matter

at::Tensor absolute_mean(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().mean(); }

// N × C × C, over the number of values.
at::Tensor gram(const at::Tensor& features) {
  const at::Tensor flat = features.flatten(2);
  const double scale = 1.0 / static_cast<double>(flat.size(1) * flat.size(2));
  return at::bmm(flat * scale, flat.transpose(1, 2));
}

// Contrast of each filter's response around each place.
at::Tensor contrast(const at::Tensor& features) {
  const int64_t window = std::min({texture_window, features.size(2), features.size(3)});
  const int64_t stride = std::max<int64_t>(1, window / 2);
  return (at::avg_pool2d(features.square(), {window, window}, {stride, stride}) + texture_floor * texture_floor).sqrt();
}

// Differences of neighbours within the hole and one pixel around it.
at::Tensor variation(const at::Tensor& picture, const at::Tensor& hole) {
  const at::Tensor near = at::max_pool2d(hole, {3, 3}, {1, 1}, {1, 1});
  at::Tensor sum;
  for (const int64_t axis : {2, 3}) {
    const int64_t length = picture.size(axis) - 1;
    const auto first = [&](const at::Tensor& x) { return x.narrow(axis, 0, length); };
    const auto second = [&](const at::Tensor& x) { return x.narrow(axis, 1, length); };
    const at::Tensor term = ((second(picture) - first(picture)).abs() * (second(near) * first(near))).mean();
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

class PConvPupil : public Pupil {
 public:
  explicit PConvPupil(const PupilOptions& options) : type_(options.type) {
    const LearnerOptions& told = options.told;
    if (options.weights.empty()) {
      plan_ = {told.levels, told.base};
      shapes_ = pconv_shapes(told.width, plan_);
    } else {
      plan_ = pconv_plan(options.weights, options.metadata, told.weights);
      for (const auto& [name, values] : options.weights) shapes_.push_back({name, values.sizes().vec()});
    }
    if (!told.features.empty()) vgg_.emplace(told.features, options.device);
  }

  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes() const override { return shapes_; }
  std::map<std::string, double> loss_weights() const override {
    if (vgg_) return {{"valid", 1}, {"hole", 6}, {"tv", 0.1}, {"perceptual", 0.05}, {"style", 120}};
    return {{"valid", 1}, {"hole", 6}, {"tv", 0.1}, {"structure", 1}, {"texture", 0.5}};
  }
  std::map<std::string, std::string> metadata() const override {
    return {{"architecture", "pconv"}, {"base", plan_.base}};
  }
  double initial_scale(const std::string& name) const override {
    return plan_.base != "none" && name == "dec1.conv.weight" ? 0.01 : 1;  // begins as what it adds to
  }

  std::map<std::string, at::Tensor> losses(const TensorMap& weights, const std::vector<at::Tensor>& batch,
                                           bool freeze_encoder_norms) const override {
    const at::Tensor &truth = batch[0], &known = batch[1], hole = 1 - known;
    const at::Tensor made = made_of(weights, batch, {!freeze_encoder_norms, true});
    const at::Tensor filled = truth * known + made * hole;
    const at::Tensor difference = (made - truth).abs();
    std::map<std::string, at::Tensor> terms{
        {"valid", (difference * known).mean()}, {"hole", (difference * hole).mean()}, {"tv", variation(filled, hole)}};
    vgg_ ? add_vgg_terms(terms, made, filled, truth) : add_bank_terms(terms, filled, truth);
    return terms;
  }

  at::Tensor predict(const TensorMap& weights, const std::vector<at::Tensor>& batch) const override {
    const at::Tensor &image = batch[0], &known = batch[1];
    const at::Tensor made = made_of(weights, batch, {}).clamp(0, 1);
    return image * known + made * (1 - known);
  }

 private:
  at::Tensor made_of(const TensorMap& weights, const std::vector<at::Tensor>& batch, PConvNorms norms) const {
    std::vector<at::Tensor> inputs = batch;
    inputs[0] = batch[0] * batch[1];
    return run_pconv(weights, plan_, inputs, norms, type_);
  }

  void add_vgg_terms(std::map<std::string, at::Tensor>& terms, const at::Tensor& made, const at::Tensor& filled,
                     const at::Tensor& truth) const {
    const std::vector<at::Tensor> aim = (*vgg_)(truth, type_);
    at::Tensor perceptual = at::zeros({}, truth.options()), style = perceptual;
    for (const at::Tensor& picture : {made, filled}) {
      const std::vector<at::Tensor> is = (*vgg_)(picture, type_);
      for (size_t i = 0; i < is.size(); ++i) {
        perceptual = perceptual + absolute_mean(is[i], aim[i]);
        style = style + absolute_mean(gram(is[i]), gram(aim[i]));
      }
    }
    terms["perceptual"] = perceptual;
    terms["style"] = style;
  }

  static void add_bank_terms(std::map<std::string, at::Tensor>& terms, const at::Tensor& filled,
                             const at::Tensor& truth) {
    const std::vector<at::Tensor> aim = filter_bank(truth), is = filter_bank(filled);
    at::Tensor structure = at::zeros({}, truth.options()), texture = structure;
    for (size_t i = 0; i < is.size(); ++i) {
      structure = structure + absolute_mean(is[i], aim[i]);
      texture = texture + absolute_mean(contrast(is[i]), contrast(aim[i]));
    }
    terms["structure"] = structure;
    terms["texture"] = texture;
  }

  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes_;
  PConvPlan plan_;
  at::ScalarType type_;
  std::optional<VggFeatures> vgg_;
};

}  // namespace

std::unique_ptr<Pupil> make_pconv_pupil(const PupilOptions& options) { return std::make_unique<PConvPupil>(options); }

}  // namespace inpaint::torch_module
