#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/cancel.h"
#include "core/checksum.h"

namespace inpaint {

/// One file to be fetched.
struct Download {
  std::string url;   ///< https, http or file
  std::string path;  ///< where it goes; folders are made as needed
  Checksums checksums;
  std::optional<int64_t> size;  ///< bytes, if known
};

struct DownloadOptions {
  double connect_seconds = 30;
  double stall_seconds = 60;      ///< nothing came for so long: another attempt
  double total_seconds = 0;       ///< for all attempts together; 0: no limit
  int attempts = 5;               ///< in a row that bring nothing
  double first_wait_seconds = 1;  ///< before the second attempt, then twice as long each time, 30 at most
  const Cancel* cancel = nullptr;
  std::function<void(int64_t bytes, std::optional<int64_t> of)> progress;  ///< called some times a second
};

struct Downloaded {
  enum class Status { fetched, already_there, cancelled };
  Status status = Status::fetched;
  int64_t received = 0;  ///< bytes that came over the network in this call
};

/// Fetches a file: into PATH.part, checked, renamed over `path`, so that `path` is whole or absent at any moment. What
/// came is kept when it stops in between, and the next call asks for the rest only, unless the file there has changed
/// (its ETag or date is kept in PATH.part.json). Two processes may fetch the same file: one waits for the other.
/// Server errors (5xx, 429), broken connections and stalls are tried again. TLS certificates are checked
/// ($SSL_CERT_FILE names others than the system's); at most 5 redirections, none from https to http.
/// Throws SpecError for checksums that are missing, MissingError with the cure for everything else.
Downloaded download(const Download& wanted, const DownloadOptions& options);

}  // namespace inpaint
