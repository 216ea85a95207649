// Seconds per training step of the torch module: step_speed pconv|u2netp SIZE BATCH STEPS [WIDTH LEVELS [BASE
// [plain]]]. The batch is random; only the speed means something. plain: the loss of naive_step.py, differences alone.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/threads.h"
#include "nn/learner.h"

using namespace inpaint;

namespace {

Tensor random_tensor(std::vector<int64_t> shape, uint64_t& state) {
  Tensor tensor(std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth, MMIX
    tensor.data()[i] = static_cast<float>(state >> 40) / static_cast<float>(1 << 24);
  }
  return tensor;
}

// Holes are bars, as wide as usual ones.
Tensor mask(int64_t batch, int64_t size) {
  Tensor known({batch, 1, size, size});
  for (int64_t i = 0; i < known.size(); ++i) known.data()[i] = i % size % 64 < 20 ? 0.F : 1.F;
  return known;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5)
    return std::fprintf(stderr, "step_speed pconv|u2netp SIZE BATCH STEPS [WIDTH LEVELS [BASE [plain]]]\n"), 2;
  LearnerOptions options;
  options.architecture = argv[1];
  const int64_t size = std::atoi(argv[2]), batch = std::atoi(argv[3]);
  if (argc > 6) options.width = std::atoi(argv[5]), options.levels = std::atoi(argv[6]);
  if (argc > 7) options.base = argv[7];
  if (argc > 8) options.loss = {{"structure", 0}, {"texture", 0}, {"tv", 0}};
  const auto learner = make_learner(options);
  std::printf("%s, %d threads\n", learner->facts().c_str(), threads_per_worker());
  uint64_t state = 1;
  const std::vector<Tensor> given{random_tensor({batch, 3, size, size}, state), mask(batch, size)};
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const StepResult result = learner->step(given, {.learning_rate = 1e-4});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("forward %.3f s, with backward %.3f s, step %.3f s, %.2f pictures/s, loss %.5f, gradient %.4f:",
                result.forward_seconds, result.forward_seconds + result.backward_seconds, seconds,
                static_cast<double>(batch) / seconds, result.loss, result.gradient_norm);
    for (const auto& [name, value] : result.terms) std::printf(" %s %.5f", name.c_str(), value);
    std::printf("\n");
  }
}
