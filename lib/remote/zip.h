#pragma once
#include <span>
#include <string>

#include "image/codec.h"

namespace inpaint {

/// The file called `name` in a ZIP archive. Throws ItemError if there is none, or the archive is damaged.
Bytes file_in_zip(std::span<const uint8_t> archive, const std::string& name);

}  // namespace inpaint
