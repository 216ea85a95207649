#pragma once
#include <optional>
#include <string>

#include "core/checksum.h"

namespace inpaint {

/// The checksums of a file, hashed once: they are remembered in models_folder()/.verified.json until the file's path,
/// size, modification time or inode change. Processes may share that store; where it cannot be written, files are
/// hashed again. Told with -v when it hashes. Throws MissingError if the file cannot be read.
Checksums remembered_checksums(const std::string& path, bool md5, bool sha256);

/// The same without hashing: what is remembered of the file as it is now.
std::optional<Checksums> known_checksums(const std::string& path);

/// Hashes the file anew, whatever is remembered, and remembers that.
Checksums fresh_checksums(const std::string& path, bool md5, bool sha256);

/// Remembers what somebody else has just found out about the file.
void remember_checksums(const std::string& path, const Checksums& sums);

/// How many files this process has hashed.
int files_hashed();

}  // namespace inpaint
