#include "remote/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>

#include "core/error.h"

namespace inpaint {

std::string to_base64(std::span<const uint8_t> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a 0
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

Bytes from_base64(std::string_view text) {
  if (text.starts_with("data:")) text.remove_prefix(std::min(text.size(), text.find(',') + 1));
  std::string plain;
  plain.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain),
               [](unsigned char c) { return std::isspace(c) == 0; });
  while (plain.size() % 4 != 0 && plain.size() % 4 != 1) plain += '=';  // some leave the padding out
  const size_t padding = plain.size() - std::min(plain.size(), plain.find_last_not_of('=') + 1);
  Bytes bytes(plain.size() / 4 * 3);
  const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(plain.data()),
                                   static_cast<int>(plain.size()));
  if (size < 0 || plain.empty() || padding > 2) throw ItemError("what should be base64 is not");
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

}  // namespace inpaint
