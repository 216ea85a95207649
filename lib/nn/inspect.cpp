#include "nn/inspect.h"

#include <fmt/format.h>

#include "core/error.h"
#include "nn/file_kind.h"
#include "nn/module.h"
#include "nn/onnx/model_file.h"

namespace inpaint {
namespace {

FileFacts inspect_onnx(const std::string& path) {
  const OnnxModel model = read_onnx(path);
  FileFacts facts{fmt::format("ONNX opset {}", model.opset), model.inputs, model.outputs, {}};
  if (!model.producer.empty()) facts.notes.push_back("made by " + model.producer);
  facts.notes.push_back(fmt::format("{} parameters", model.parameters()));
  if (!has_module("onnx")) return facts;
  for (std::string& note : module_driver("onnx").inspect(path).notes) facts.notes.push_back(std::move(note));
  return facts;
}

}  // namespace

FileFacts inspect_file(const std::string& path) {
  switch (file_kind(path)) {
    case FileKind::torchscript: return module_driver("torch").inspect(path);
    case FileKind::onnx: return inspect_onnx(path);
    case FileKind::pickle:
      throw MissingError(
          fmt::format("{}: is a Python pickle, which runs whatever code it holds when it is opened; "
                      "examples/convert_weights.py turns its weights into safetensors",
                      path));
    default: break;
  }
  throw MissingError(
      fmt::format("{}: expected a TorchScript, ONNX or safetensors file; this is none of them, or cut off", path));
}

}  // namespace inpaint
