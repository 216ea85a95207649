#pragma once
#include <optional>
#include <string>

#include "nn/torch/choice_private.h"

namespace inpaint::torch_module {

/// What tells a file from others: size and 64 KiB at its begin, middle and end. Not proof against malice: a wrong
/// answer costs speed, never a wrong result.
std::string file_identity(const std::string& file);

/// A choice of an earlier run under this key (any text); none if there is none.
std::optional<Choice> remembered(const std::string& key);

/// Keeps a choice; a cache folder that cannot be written is no error, only measured again.
void remember(const std::string& key, const Choice& choice);

}  // namespace inpaint::torch_module
