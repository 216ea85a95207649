#pragma once
#include <string>

namespace inpaint {

/// What a model file is, told by its content.
enum class FileKind {
  torchscript,  ///< a zip archive with code/
  pickle,       ///< Python objects: a raw pickle, or torch.save's zip archive (data.pkl and no code/)
  safetensors,
  onnx,
  unknown,  ///< none of these, or cut off
};

/// Reads the beginning, and the directory of a zip archive. Throws MissingError if the file cannot be read.
FileKind file_kind(const std::string& path);

/// Throws MissingError with the cure if the file is a pickle, or cannot be read. `whose`: what the message begins with.
void refuse_pickle(const std::string& path, const std::string& whose = "");

/// "TorchScript", "Python pickle", ...
const char* file_kind_name(FileKind kind);

}  // namespace inpaint
