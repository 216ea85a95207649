#include "nn/module.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "core/threads.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

std::string variable_of(std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return "INPAINT_" + name + "_MODULE";
}

std::vector<std::string> places_of(const std::string& name) {
  if (const char* given = std::getenv(variable_of(name).c_str()); given != nullptr && *given != '\0') return {given};
  const std::string file = "libinpaint_" + name + ".so";
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  return {(program / file).string(), (program / ".." / "lib" / "inpaint" / file).lexically_normal().string()};
}

std::string cure_of(const std::string& name) {
  const std::string package = name == "torch" ? "libtorch-dev" : "libopencv-dnn-dev";
  return fmt::format("install {} and build again, or set {} to the file", package, variable_of(name));
}

void* load(const std::string& name) {
  const std::vector<std::string> places = places_of(name);
  for (const std::string& place : places) {
    std::error_code error;
    if (!fs::exists(place, error)) continue;
    void* handle = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* reason = dlerror();
      throw MissingError(fmt::format("{}: cannot be loaded: {}", place, reason == nullptr ? "unknown reason" : reason));
    }
    return handle;
  }
  throw MissingError(
      fmt::format("the {} module is needed and absent: no {}; {}", name, join(places, ", no "), cure_of(name)));
}

}  // namespace

const DriverHost& module_host() {
  static const DriverHost host{&threads_per_worker, &log};
  return host;
}

void* module_function(const std::string& name, const std::string& function) {
  static std::mutex mutex;
  static std::map<std::string, void*> loaded;
  const std::lock_guard lock(mutex);
  void*& handle = loaded[name];
  if (handle == nullptr) handle = load(name);
  void* found = dlsym(handle, function.c_str());
  if (found == nullptr)
    throw MissingError(fmt::format(
        "the {} module has no {}: it is of another version of inpaint; build both from one source", name, function));
  return found;
}

Driver& module_driver(const std::string& name) {
  return reinterpret_cast<DriverEntry>(module_function(name, "inpaint_driver_1"))(module_host());
}

bool has_module(const std::string& name) {
  for (const std::string& place : places_of(name)) {
    std::error_code error;
    if (fs::exists(place, error)) return true;
  }
  return false;
}

}  // namespace inpaint
