#include "restart.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/log.h"

namespace inpaint {
namespace {

char** kept_arguments = nullptr;

}  // namespace

void remember_arguments(char** arguments) { kept_arguments = arguments; }

std::vector<std::string> remembered_arguments() {
  std::vector<std::string> words;
  for (char** word = kept_arguments; word != nullptr && *word != nullptr; ++word) words.emplace_back(*word);
  if (!words.empty()) words.erase(words.begin());
  return words;
}

void restart_with_passive_openmp() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  execv("/proc/self/exe", kept_arguments);
  log(LogLevel::warning,
      fmt::format("networks may be slow: OMP_WAIT_POLICY=passive could not be set ({}); set it in the environment",
                  std::strerror(errno)));
}

}  // namespace inpaint
