#pragma once
#include <span>
#include <string>
#include <string_view>

#include "image/codec.h"

namespace inpaint {

std::string to_base64(std::span<const uint8_t> bytes);
/// Line breaks and a "data:...;base64," before it are passed over. Throws ItemError if it is none.
Bytes from_base64(std::string_view text);

}  // namespace inpaint
