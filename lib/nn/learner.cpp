#include "nn/learner.h"

#include "nn/module.h"

namespace inpaint {

std::unique_ptr<Learner> make_learner(const LearnerOptions& options) {
  return reinterpret_cast<LearnerEntry>(module_function("torch", "inpaint_learner_1"))(module_host(), options);
}

}  // namespace inpaint
