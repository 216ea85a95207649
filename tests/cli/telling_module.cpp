// A driver module for tests: opens nothing, but tells what it was asked and how the program was set up for it.
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "nn/driver.h"

namespace inpaint {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "unset" : value;
}

class TellingDriver : public Driver {
 public:
  explicit TellingDriver(const DriverHost& host) : host_(host) {}
  std::string version() const override { return "telling module 1.0"; }
  std::unique_ptr<Net> open(const OpenRequest& request) const override {
    throw MissingError("told: OMP_WAIT_POLICY=" + variable("OMP_WAIT_POLICY") + " threads=" +
                       std::to_string(host_.threads_per_worker()) + " device=" + Codec<Device>::print(request.device) +
                       " precision=" + Codec<Precision>::print(request.precision) + " file=" + request.file);
  }
  FileFacts inspect(const std::string& file) const override { throw MissingError("told: inspect " + file); }

 private:
  const DriverHost& host_;
};

}  // namespace
}  // namespace inpaint

extern "C" inpaint::Driver& inpaint_driver_1(const inpaint::DriverHost& host) {
  static inpaint::TellingDriver driver(host);
  return driver;
}
