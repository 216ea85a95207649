// The three errors this project throws on purpose. Each message names the file, key or flag, what was expected, and the
// cure; the command line turns the type into the exit code.
#pragma once
#include <stdexcept>
#include <string>

namespace inpaint {

/// Asked wrongly: a flag, a spec, a combination that cannot work. Exit code 2, before any picture is read.
class SpecError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Something needed is absent: a model file, a device, a library, a key. Exit code 3.
class MissingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One picture cannot be done; the others go on.
class ItemError : public std::runtime_error {
 public:
  enum class Cause {
    input,        ///< the bytes of the input are at fault: the same bytes fail again
    other,        ///< anything else: worth another try
    interrupted,  ///< nothing: the run is stopping
  };
  explicit ItemError(const std::string& what, Cause cause = Cause::other) : std::runtime_error(what), cause_(cause) {}
  Cause cause() const { return cause_; }

 private:
  Cause cause_;
};

}  // namespace inpaint
