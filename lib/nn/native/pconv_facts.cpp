#include <algorithm>

#include "core/error.h"
#include "nn/native/pconv.h"

namespace inpaint::native {
namespace {

std::string encoder(int level) { return "enc" + std::to_string(level); }
std::string decoder(int level) { return "dec" + std::to_string(level); }

// Collects what is wrong with a file, to be told all at once.
class Check {
 public:
  explicit Check(const Safetensors& parameters) : parameters_(parameters) {}

  /// The shape of a convolution's weight, or zeros.
  std::vector<int64_t> weight(const std::string& layer, int64_t inputs) {
    const std::string name = layer + ".conv.weight";
    const std::vector<int64_t> none{0, 0, 0, 0};
    if (!parameters_.has(name)) return wrong(name + " is missing"), none;
    const std::vector<int64_t>& shape = parameters_.shape(name);
    if (shape.size() != 4 || shape[0] < 1 || shape[2] != shape[3] || shape[2] % 2 == 0) {
      return wrong(name + " is " + shape_text(shape) + ", expected outputs x inputs x k x k with an odd k"), none;
    }
    if (inputs > 0 && shape[1] != inputs) {
      wrong(name + " is " + shape_text(shape) + ", expected " + std::to_string(inputs) + " inputs");
    }
    bias(layer, shape[0]);
    return shape;
  }

  void bias(const std::string& layer, int64_t outputs) { values(layer + ".conv.bias", outputs); }

  void norm(const std::string& layer, int64_t outputs) {
    const std::string name = layer + ".bn.";
    if (!parameters_.has(name + "weight")) return;
    for (const char* what : {"bias", "running_mean", "running_var"}) {
      if (!parameters_.has(name + what)) wrong(name + what + " is missing");
    }
    for (const char* what : {"weight", "bias", "running_mean", "running_var"}) values(name + what, outputs);
  }

  void wrong(const std::string& what) { wrong_.push_back(what); }

  void finish() const {
    if (wrong_.empty()) return;
    std::string text = parameters_.path() + ": does not fit pconv: ";
    for (size_t i = 0; i < wrong_.size() && i < 3; ++i) text += (i > 0 ? ", " : "") + wrong_[i];
    if (wrong_.size() > 3) text += " and " + std::to_string(wrong_.size() - 3) + " more";
    throw MissingError(text + "; examples/convert_weights.py converts published layouts");
  }

 private:
  // Optional, and if there, one value per channel.
  void values(const std::string& name, int64_t count) {
    if (!parameters_.has(name) || parameters_.shape(name) == std::vector<int64_t>{count}) return;
    wrong(name + " is " + shape_text(parameters_.shape(name)) + ", expected " + std::to_string(count));
  }

  const Safetensors& parameters_;
  std::vector<std::string> wrong_;
};

std::string base_of(const Safetensors& parameters, Check& check) {
  const auto told = parameters.metadata().find("base");
  const std::string base = told == parameters.metadata().end() ? "none" : told->second;
  if (base != "none" && base != "pull-push" && base != "patch")
    check.wrong("its base is '" + base + "', expected none, pull-push or patch");
  return base;
}

}  // namespace

bool looks_like_pconv(const Safetensors& parameters) {
  return parameters.has("enc1.conv.weight") && parameters.has("dec1.conv.weight");
}

PConvFacts pconv_facts(const Safetensors& parameters) {
  PConvFacts facts;
  Check check(parameters);
  facts.base = base_of(parameters, check);
  int64_t inputs = facts.inputs();
  for (int level = 1; level == 1 || parameters.has(encoder(level) + ".conv.weight"); ++level) {
    const std::vector<int64_t> shape = check.weight(encoder(level), inputs);
    check.norm(encoder(level), shape[0]);
    inputs = shape[0];
    facts.widths.push_back(static_cast<int>(shape[0]));
    facts.kernels.push_back(static_cast<int>(shape[2]));
    ++facts.levels;
  }
  for (int level = facts.levels; level > 0; --level) {
    const int64_t skipped = level > 1 ? facts.widths[static_cast<size_t>(level) - 2] : facts.inputs();
    const std::vector<int64_t> shape = check.weight(decoder(level), inputs > 0 && skipped > 0 ? inputs + skipped : 0);
    if (shape[2] != 0 && shape[2] != 3) check.wrong(decoder(level) + ".conv.weight: expected a kernel of 3 x 3");
    if (level > 1) check.norm(decoder(level), shape[0]);
    inputs = shape[0];
    facts.decoders.insert(facts.decoders.begin(), static_cast<int>(shape[0]));
  }
  if (inputs != 0 && inputs != 3)
    check.wrong("dec1.conv.weight has " + std::to_string(inputs) + " outputs, expected 3");
  if (parameters.has("dec1.bn.weight")) check.wrong("dec1.bn.weight: expected the last layer to have no norm");
  if (parameters.has("out.conv.weight")) {
    const std::vector<int64_t>& shape = parameters.shape("out.conv.weight");
    if (shape != std::vector<int64_t>{3, 3, 1, 1})
      check.wrong("out.conv.weight is " + shape_text(shape) + ", expected 3x3x1x1");
    check.bias("out", 3);
    if (facts.base != "none") check.wrong("out.conv.weight: expected none on the base " + facts.base);
  }
  if (facts.levels > 12) check.wrong(std::to_string(facts.levels) + " levels, expected 12 at most");
  check.finish();
  return facts;
}

}  // namespace inpaint::native
