#include "core/braces.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/names.h"

namespace inpaint {

std::string fill_braces(const std::string& pattern, const BraceWords& words, const std::string& what) {
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    const size_t close = pattern[i] == '{' ? pattern.find('}', i) : std::string::npos;
    if (close == std::string::npos) {
      out += pattern[i++];
      continue;
    }
    const std::string word = pattern.substr(i + 1, close - i - 1);
    const auto it = std::find_if(words.begin(), words.end(), [&](const auto& one) { return one.first == word; });
    if (it == words.end()) {
      std::vector<std::string> known;
      for (const auto& [name, value] : words) known.push_back(name);
      throw SpecError(fmt::format("{}: unknown word '{{{}}}'{}", what, word, name_hint(word, known)));
    }
    out += it->second;
    i = close + 1;
  }
  return out;
}

}  // namespace inpaint
