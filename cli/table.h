#pragma once
#include <string>
#include <vector>

namespace inpaint {

/// Rows in columns as wide as their widest entry, on standard output.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace inpaint
