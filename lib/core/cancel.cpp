#include "core/cancel.h"

#include <unistd.h>
#include <csignal>
#include <cstring>

#include <limits.h>
#include <array>

namespace inpaint {
namespace {

// The signal handler may only touch lock-free atomics and plain memory that was complete before `used` was set.
struct Slot {
  std::atomic<int> used{0};  // 0 free, 1 being filled or emptied, 2 holds a path
  char path[PATH_MAX] = {};
};
std::array<Slot, 256> slots;
std::atomic<Cancel*> to_cancel{nullptr};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<Cancel*>::is_always_lock_free);

void on_signal(int) {
  Cancel* cancel = to_cancel.load();
  if (cancel && !cancel->requested()) {
    cancel->request();
    return;
  }
  for (Slot& slot : slots) {
    if (slot.used.load() == 2) unlink(slot.path);
  }
  _exit(130);
}

}  // namespace

void cancel_on_signals(Cancel& cancel) {
  to_cancel.store(&cancel);
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

EphemeralFile::EphemeralFile(const char* path) {
  const size_t length = std::strlen(path);
  if (length >= PATH_MAX) return;
  for (size_t i = 0; i < slots.size(); ++i) {
    int free_mark = 0;
    if (!slots[i].used.compare_exchange_strong(free_mark, 1)) continue;
    std::memcpy(slots[i].path, path, length + 1);
    slots[i].used.store(2);
    slot_ = static_cast<int>(i);
    return;
  }
}

EphemeralFile::~EphemeralFile() {
  if (slot_ >= 0) slots[static_cast<size_t>(slot_)].used.store(0);
}

}  // namespace inpaint
