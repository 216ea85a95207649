#include "nn/torch/script_private.h"

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <caffe2/serialize/versions.h>
#include <torch/csrc/jit/passes/common_subexpression_elimination.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/interpreter.h>
#include <torch/csrc/jit/runtime/operator.h>
#include <torch/csrc/jit/serialization/import.h>

#include <regex>
#include <set>

#include "core/error.h"
#include "nn/torch/archive_private.h"
#include "nn/torch/compat_private.h"
#include "nn/torch/passes_private.h"
#include "nn/torch/signature_private.h"
#include "nn/torch/tensors_private.h"

namespace inpaint::torch_module {
namespace {

using torch::jit::Module;

class ScriptProgram : public Program {
 public:
  ScriptProgram(const std::shared_ptr<Graph>& graph, c10::IValue self, std::vector<c10::IValue> defaults, int reduced)
      : code_(graph, "forward"), self_(std::move(self)), defaults_(std::move(defaults)), reduced_(reduced) {}

  std::vector<at::Tensor> run(std::vector<at::Tensor> inputs) const override {
    const torch::jit::GraphOptimizerEnabledGuard as_it_is(false);
    torch::jit::Stack stack{self_};
    for (at::Tensor& input : inputs) stack.emplace_back(std::move(input));
    for (size_t i = stack.size(); i < defaults_.size(); ++i) stack.push_back(defaults_[i]);
    torch::jit::InterpreterState(code_).run(stack);
    return flattened(stack.back());
  }
  int reduced_convolutions() const override { return reduced_; }

 private:
  torch::jit::Code code_;
  c10::IValue self_;
  std::vector<c10::IValue> defaults_;  // by place, self included
  int reduced_;
};

class ScriptNetwork : public Network {
 public:
  ScriptNetwork(Module module, std::vector<TensorFacts> inputs, std::vector<c10::IValue> defaults, at::Device device)
      : module_(std::move(module)), inputs_(std::move(inputs)), defaults_(std::move(defaults)), device_(device) {
    graph_ = module_.get_method("forward").graph();
    add_shapes(*graph_, inputs_);
  }

  std::unique_ptr<Program> program(const Plan& plan) const override {
    std::shared_ptr<Graph> graph = graph_->copy();
    use_device(*graph, device_);
    torch::jit::EliminateCommonSubexpression(graph);
    if (slow_up_convolutions && device_.is_cpu()) replace_up_convolutions(*graph);
    int reduced = 0;
    if (plan.precision != Precision::fp32) reduced = reduce_convolutions(*graph, torch_type(plan.precision));
    if (plan.channels_last) use_channels_last(*graph);
    torch::jit::runRequiredPasses(graph);
    return std::make_unique<ScriptProgram>(graph, module_._ivalue(), defaults_, reduced);
  }
  size_t input_count() const override { return inputs_.size(); }
  std::string signature() const override { return signature_text(inputs_); }

 private:
  Module module_;
  std::shared_ptr<Graph> graph_;
  std::vector<TensorFacts> inputs_;
  std::vector<c10::IValue> defaults_;
  at::Device device_;
};

void check_version(const std::string& file, int64_t version) {
  const auto newest = static_cast<int64_t>(caffe2::serialize::kMaxSupportedFileFormatVersion);
  if (version > newest)
    throw MissingError(file + ": an archive of version " + std::to_string(version) + ", newer than libtorch " +
                       TORCH_VERSION + " reads (" + std::to_string(newest) +
                       "); build the module with a newer libtorch, or export the network with an older one");
}

// Operators of other libraries that the code calls ("ops.torchvision.nms(...)") and that nothing here has.
std::set<std::string> missing_operators(const std::string& file, const Archive& archive) {
  std::set<std::string> missing;
  caffe2::serialize::PyTorchStreamReader reader(file);
  static const std::regex call("ops\\.([A-Za-z_0-9]+)\\.([A-Za-z_0-9]+)");
  for (const std::string& name : archive.names) {
    if (!name.starts_with(archive.folder + "/code/") || !name.ends_with(".py")) continue;
    const auto [bytes, size] = reader.getRecord(name.substr(archive.folder.size() + 1));
    const std::string text(static_cast<const char*>(bytes.get()), size);
    for (std::sregex_iterator i(text.begin(), text.end(), call), end; i != end; ++i) {
      const std::string full = (*i)[1].str() + "::" + (*i)[2].str();
      if (torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(full)).empty()) missing.insert(full);
    }
  }
  return missing;
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Module load(const std::string& file, const Archive& archive, const at::Device& device) {
  check_version(file, archive.version);
  try {
    const std::set<std::string> missing = missing_operators(file, archive);
    if (!missing.empty())
      throw MissingError(file + ": needs operators that libtorch alone has not: " + joined(missing) +
                         "; export the network without them, or as ONNX");
    Module module = torch::jit::load(file, device);
    module.eval();
    return module;
  } catch (const MissingError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    if (means_no_memory(error.what())) throw std::bad_alloc();
    throw MissingError(file + ": libtorch " + TORCH_VERSION + " cannot read it: " + first_line(error.what()) +
                       "; if the file is damaged, get it again");
  }
}

int64_t parameter_count(const Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

Module frozen(const Module& module, const std::string& file) {
  try {
    return torch::jit::freeze(module);
  } catch (const std::exception& error) {
    throw MissingError(file + ": cannot be made ready for inference (torch.jit.freeze): " + first_line(error.what()));
  }
}

// Values of optional arguments, by place behind self.
std::vector<c10::IValue> defaults_of(const Module& module) {
  std::vector<c10::IValue> defaults;
  for (const c10::Argument& argument : module.get_method("forward").function().getSchema().arguments())
    defaults.push_back(argument.default_value().value_or(c10::IValue()));
  return defaults;
}

}  // namespace

std::unique_ptr<Network> read_script(const std::string& file, const at::Device& device) {
  const Module module = load(file, read_archive(file), device);
  std::vector<TensorFacts> inputs = forward_inputs(module, file);
  std::vector<c10::IValue> defaults = defaults_of(module);
  return std::make_unique<ScriptNetwork>(frozen(module, file), std::move(inputs), std::move(defaults), device);
}

FileFacts inspect_script(const std::string& file) {
  const Archive archive = read_archive(file);
  check_version(file, archive.version);
  FileFacts facts;
  facts.format = "TorchScript archive version " + std::to_string(archive.version);
  const std::set<std::string> missing = missing_operators(file, archive);
  if (!missing.empty()) {
    facts.notes.push_back("operators that nothing here runs: " + joined(missing));
    return facts;
  }
  const Module module = load(file, archive, at::kCPU);
  facts.inputs = forward_inputs(module, file);
  facts.notes.push_back(std::to_string(parameter_count(module)) + " parameters");
  const Module ready = frozen(module, file);
  const std::shared_ptr<Graph> graph = ready.get_method("forward").graph();
  add_shapes(*graph, facts.inputs);
  facts.outputs = graph_outputs(*graph);
  return facts;
}

}  // namespace inpaint::torch_module
