#pragma once
#include <string>
#include <utility>
#include <vector>

namespace inpaint {

using BraceWords = std::vector<std::pair<std::string, std::string>>;

/// `pattern` with each {word} replaced by its value; a brace that is not closed stays. Throws SpecError, headed by
/// `what` ("--name"), for a word that is not among them.
std::string fill_braces(const std::string& pattern, const BraceWords& words, const std::string& what);

}  // namespace inpaint
