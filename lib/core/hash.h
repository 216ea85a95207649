#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace inpaint {

/// 128-bit XXH3 of the bytes as 32 hexadecimal digits. For telling contents apart, not for security.
std::string content_hash(std::span<const uint8_t> bytes);
std::string content_hash(std::string_view text);

/// 64-bit XXH3 of the text; the same on every machine and in every version (shards rely on it).
uint64_t stable_hash(std::string_view text);

}  // namespace inpaint
