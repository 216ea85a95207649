// Variables of the environment that a test sets, and that are as before when it ends.
#pragma once
#include <cstdlib>
#include <list>
#include <map>
#include <optional>
#include <string>

namespace inpaint::test {

class Variable {
 public:
  /// Takes it away if `value` is null.
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* now = std::getenv(name)) before_ = now;
    value != nullptr ? setenv(name, value, 1) : unsetenv(name);
  }
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// Of the variables that S3 listens to only these are set.
class AwsEnvironment {
 public:
  explicit AwsEnvironment(const std::map<std::string, std::string>& wanted) {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
                             "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
      const auto it = wanted.find(name);
      variables_.emplace_back(name, it == wanted.end() ? nullptr : it->second.c_str());
    }
  }

 private:
  std::list<Variable> variables_;
};

}  // namespace inpaint::test
