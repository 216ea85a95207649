#pragma once
#include <atomic>

namespace inpaint {

/// Says that work should stop soon. Shared by reference; set from any thread or a signal handler.
class Cancel {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

/// From now on the first SIGINT or SIGTERM requests `cancel` (which must outlive the process' work), and the second
/// removes the temporary files then open and leaves at once with exit code 130.
void cancel_on_signals(Cancel& cancel);

/// A file that must not survive an immediate exit. At most 256 are remembered at a time.
class EphemeralFile {
 public:
  explicit EphemeralFile(const char* path);
  ~EphemeralFile();
  EphemeralFile(const EphemeralFile&) = delete;
  EphemeralFile& operator=(const EphemeralFile&) = delete;

 private:
  int slot_ = -1;
};

}  // namespace inpaint
