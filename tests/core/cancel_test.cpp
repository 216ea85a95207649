#include "core/cancel.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <functional>

#include "support.h"

namespace inpaint::test {
namespace {

namespace fs = std::filesystem;

constexpr int survived = 7, not_cancelled = 8, cancelled_early = 9;

// Signals are tried in a child process, which leaves with this exit code.
int exit_code_of_child(const std::function<int()>& work) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(work());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a cancel starts unrequested and stays requested") {
  Cancel cancel;
  CHECK_FALSE(cancel.requested());
  cancel.request();
  CHECK(cancel.requested());
  cancel.request();
  CHECK(cancel.requested());
}

TEST_CASE("the first signal requests, the process goes on") {
  for (const int signal_number : {SIGINT, SIGTERM}) {
    CHECK(exit_code_of_child([&] {
            Cancel cancel;
            cancel_on_signals(cancel);
            if (cancel.requested()) return cancelled_early;
            raise(signal_number);
            return cancel.requested() ? survived : not_cancelled;
          }) == survived);
  }
}

TEST_CASE("the second signal leaves with 130 and removes the files that are still ephemeral") {
  const ScratchFolder scratch;
  const std::string half = scratch / "half.tmp", whole = scratch / "whole.jpg", other = scratch / "other.jpg";
  for (const std::string& path : {half, whole, other}) write_file(path, "x");
  const int code = exit_code_of_child([&] {
    Cancel cancel;
    cancel_on_signals(cancel);
    const EphemeralFile open_file(half.c_str());
    { const EphemeralFile finished(whole.c_str()); }
    raise(SIGINT);
    raise(SIGTERM);
    return survived;
  });
  CHECK(code == 130);
  CHECK_FALSE(fs::exists(half));
  CHECK(fs::exists(whole));
  CHECK(fs::exists(other));
}

TEST_CASE("places of finished ephemeral files are used again, and more than 256 do no harm") {
  const ScratchFolder scratch;
  const std::string last = scratch / "last.tmp";
  write_file(last, "x");
  const int code = exit_code_of_child([&] {
    Cancel cancel;
    cancel_on_signals(cancel);
    {
      std::deque<EphemeralFile> many;
      for (int i = 0; i < 300; ++i) many.emplace_back((scratch / "none").c_str());
    }
    const EphemeralFile open_file(last.c_str());
    raise(SIGINT);
    raise(SIGINT);
    return survived;
  });
  CHECK(code == 130);
  CHECK_FALSE(fs::exists(last));
}

}  // namespace inpaint::test
