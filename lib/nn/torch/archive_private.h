// What a file is, told from its bytes before libtorch sees it (whose own messages name neither file nor cure).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace inpaint::torch_module {

/// A TorchScript archive: a zip with one folder.
struct Archive {
  std::string folder;              ///< of all its records
  int64_t version = 0;             ///< of the format; 0 if it does not say
  std::vector<std::string> names;  ///< of its records, with the folder
};

/// Throws MissingError, with the cure, if the file is absent, cut off, or anything but a TorchScript archive.
Archive read_archive(const std::string& file);

}  // namespace inpaint::torch_module
