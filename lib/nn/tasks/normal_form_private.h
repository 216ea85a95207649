#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace inpaint {

/// Lower-case letters and digits in runs: "T-Shirt" gives t, shirt; apostrophes vanish. Bytes beyond ASCII count as
/// letters.
std::vector<std::string> tokens_of(std::string_view text);

/// A key that is the same for spellings of one English word: case, hyphens, blanks, underscores, singular and plural
/// ("T_Shirts", "t shirt"). Not a word itself, never shown. Empty for text without letters and digits.
std::string normal_form(std::string_view text);

}  // namespace inpaint
