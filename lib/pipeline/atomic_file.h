#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace inpaint {

/// Writes a whole file or nothing: into a temporary file beside it, fsynced, renamed over `path`. Folders are made as
/// needed. After a crash at any moment `path` is the old file, the new file, or absent. Throws ItemError.
void write_atomically(const std::string& path, std::span<const uint8_t> bytes);

/// Removes temporary files that a killed process left in `directory` (not below). Files still being written, also by
/// other processes, are told by their lock and stay.
void remove_stale_temporaries(const std::string& directory);

}  // namespace inpaint
