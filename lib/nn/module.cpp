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

Driver& load(const std::string& name) {
  const std::vector<std::string> places = places_of(name);
  for (const std::string& place : places) {
    std::error_code error;
    if (!fs::exists(place, error)) continue;
    void* handle = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* reason = dlerror();
      throw MissingError(fmt::format("{}: cannot be loaded: {}", place, reason == nullptr ? "unknown reason" : reason));
    }
    const auto entry = reinterpret_cast<DriverEntry>(dlsym(handle, "inpaint_driver_1"));
    if (entry == nullptr)
      throw MissingError(
          fmt::format("{}: is no driver module of this version of inpaint; build both from one source", place));
    static const DriverHost host{&threads_per_worker, &log};
    return entry(host);
  }
  throw MissingError(
      fmt::format("the {} module is needed and absent: no {}; {}", name, join(places, ", no "), cure_of(name)));
}

}  // namespace

Driver& module_driver(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, Driver*> loaded;
  const std::lock_guard lock(mutex);
  Driver*& driver = loaded[name];
  if (driver == nullptr) driver = &load(name);
  return *driver;
}

bool has_module(const std::string& name) {
  for (const std::string& place : places_of(name)) {
    std::error_code error;
    if (fs::exists(place, error)) return true;
  }
  return false;
}

}  // namespace inpaint
