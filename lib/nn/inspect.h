#pragma once
#include <string>

#include "nn/driver.h"

namespace inpaint {

/// What a model file says about itself; loads the driver's module if that takes one. Throws MissingError if the file is
/// absent, damaged, a pickle, or of a format that nothing here reads.
FileFacts inspect_file(const std::string& path);

/// A card for the file, as YAML that read_card accepts: what the file tells is filled in; the rest is guessed from
/// names and shapes, and marked so.
std::string draft_card(const std::string& path, const FileFacts& facts);

}  // namespace inpaint
