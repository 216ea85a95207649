#include "nn/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/error.h"
#include "nn/file_kind.h"
#include "nn/module.h"
#include "nn/native/pconv.h"
#include "nn/onnx/onnx_net.h"
#include "nn/safetensors.h"

namespace inpaint {
namespace {

// By the width of the first inner convolution, the parameters' names being those of the authors' state_dict.
std::string architecture_of(const Safetensors& file) {
  const std::string first = "stage1.rebnconv1.conv_s1.weight";
  if (!file.has(first) || file.shape(first).size() != 4) return "";
  const int64_t width = file.shape(first)[0];
  return width == 16 ? "u2netp" : width == 32 ? "u2net" : "";
}

FileFacts inspect_safetensors(const std::string& path) {
  const Safetensors file(path);
  int64_t values = 0;
  for (const std::string& name : file.names()) {
    const std::vector<int64_t>& shape = file.shape(name);
    values += std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  }
  FileFacts facts{"safetensors", {}, {}, {}};
  const std::string architecture = architecture_of(file);
  if (!architecture.empty()) facts.notes.push_back("architecture " + architecture);
  facts.notes.push_back(fmt::format("{} parameters in {} tensors", values, file.names().size()));
  if (native::looks_like_pconv(file)) {
    const native::PConvFacts net = native::pconv_facts(file);
    facts.notes.push_back("architecture pconv");
    facts.notes.push_back(fmt::format("{} levels, {} to {} channels", net.levels, net.widths.front(),
                                      *std::max_element(net.widths.begin(), net.widths.end())));
    facts.notes.push_back(fmt::format("multiple of {}", net.modulus()));
    facts.inputs = {{"known-image", "float32", {-1, 3, -1, -1}}, {"known", "float32", {-1, 1, -1, -1}}};
    if (net.base == "patch") facts.inputs.push_back({"filled-image+filled-image-2", "float32", {-1, 6, -1, -1}});
    facts.outputs = {{"picture", "float32", {-1, 3, -1, -1}}};
  }
  for (const auto& [key, value] : file.metadata()) facts.notes.push_back(key + ": " + value);
  return facts;
}

}  // namespace

FileFacts inspect_file(const std::string& path) {
  switch (file_kind(path)) {
    case FileKind::torchscript: return module_driver("torch").inspect(path);
    case FileKind::onnx: return inspect_onnx(path);
    case FileKind::safetensors: return inspect_safetensors(path);
    case FileKind::pickle: refuse_pickle(path); break;
    case FileKind::unknown: break;
  }
  throw MissingError(
      fmt::format("{}: expected a TorchScript, ONNX or safetensors file; this is none of them, or cut off", path));
}

}  // namespace inpaint
