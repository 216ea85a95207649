#pragma once
#include <map>
#include <string>

namespace inpaint {

/// `pattern` with each {word} replaced by its value; a brace that is not closed stays. Throws SpecError, headed by
/// `what` ("--name"), for a word that is not among them.
std::string fill_braces(const std::string& pattern, const std::map<std::string, std::string>& words,
                        const std::string& what);

}  // namespace inpaint
