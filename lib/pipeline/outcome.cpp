#include "pipeline/runner.h"

namespace inpaint {

std::string status_name(Outcome::Status status) {
  switch (status) {
    case Outcome::Status::done: return "done";
    case Outcome::Status::skipped: return "skipped";
    case Outcome::Status::failed: return "failed";
    case Outcome::Status::blocked: return "blocked";
    case Outcome::Status::planned: return "planned";
    case Outcome::Status::not_started: return "not_started";
  }
  return "";
}

}  // namespace inpaint
