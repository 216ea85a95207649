#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace inpaint {

/// The known name closest to `word` (Damerau-Levenshtein, at most a third of its letters wrong), or "" if none is
/// close.
std::string nearest_name(std::string_view word, const std::vector<std::string>& known);

/// " (did you mean 'NAME'?)" for the nearest known name; else " (known: A, B, C)".
std::string name_hint(std::string_view word, const std::vector<std::string>& known);

/// The words joined by `separator`.
std::string join(const std::vector<std::string>& words, std::string_view separator);

/// The pieces of `text` between `separator`s, blanks around each piece removed. Empty text gives no piece.
std::vector<std::string> split(std::string_view text, char separator);

/// `text` without blanks at both ends.
std::string_view trim(std::string_view text);

/// "1 picture", "2 pictures".
std::string count_of(size_t n, std::string_view noun);

}  // namespace inpaint
