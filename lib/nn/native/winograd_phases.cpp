#include <algorithm>

#include "nn/native/conv_private.h"

namespace inpaint::native {
namespace {

constexpr int tiles_per_task = 16;
constexpr int32_t no_shift = 0;

// What the three phases share. In Memory::work lie 36 slices of the input, then 36 of the products.
struct Phases {
  const Kernels& kernels;
  const Weights& weights;
  ConvWork work;
  Tiling tiling;

  int64_t in_slice() const { return slice_floats(static_cast<int64_t>(weights.winograd_blocks()) * tiling.count); }
  int64_t out_slice() const { return slice_floats(static_cast<int64_t>(weights.out_blocks()) * tiling.count); }
  int64_t block_floats() const { return static_cast<int64_t>(tiling.count) * block; }
  float* slices(const Memory& memory) const { return memory.work; }
  float* products(const Memory& memory) const { return memory.work + 36 * in_slice(); }
  int runs() const { return (tiling.count + tiles_per_task - 1) / tiles_per_task; }
};

class PhaseStep : public Step {
 public:
  explicit PhaseStep(const Phases& phases) : phases_(phases) {}
  size_t work_floats() const override { return static_cast<size_t>(36 * (phases_.in_slice() + phases_.out_slice())); }

 protected:
  Phases phases_;
};

class InputStep : public PhaseStep {
 public:
  using PhaseStep::PhaseStep;
  int tasks() const override { return phases_.runs(); }
  void run(int task, const Memory& memory, Scratch&) const override {
    const int first = task * tiles_per_task, count = std::min(tiles_per_task, phases_.tiling.count - first);
    for (int b = 0; b < phases_.weights.winograd_blocks(); ++b) {
      float* to = phases_.slices(memory) + b * phases_.block_floats() + first * block;
      read_block(phases_.kernels, phases_.work, memory, b, phases_.tiling, first, count, to, phases_.in_slice());
    }
  }
};

// Tasks are groups of output blocks of a slice.
class ProductStep : public PhaseStep {
 public:
  using PhaseStep::PhaseStep;
  int tasks() const override { return 36 * phases_.weights.groups(); }
  void run(int task, const Memory& memory, Scratch&) const override {
    const Weights& weights = phases_.weights;
    const int slice = task / weights.groups(), group = task % weights.groups();
    const int absent = absent_blocks(phases_.work, slice);
    phases_.kernels.multiply(
        {.in = phases_.slices(memory) + slice * phases_.in_slice() + absent * phases_.block_floats(),
         .in_block = phases_.block_floats(),
         .blocks = weights.winograd_blocks() - absent,
         .taps = &no_shift,
         .tap_count = 1,
         .weights = weights.winograd(group, slice, absent),
         .out = phases_.products(memory) + slice * phases_.out_slice() +
                group * weights.per_group() * phases_.block_floats(),
         .out_block = phases_.block_floats(),
         .out_blocks = weights.blocks_in_group(group),
         .count = phases_.tiling.count});
  }
};

class OutputStep : public PhaseStep {
 public:
  using PhaseStep::PhaseStep;
  int tasks() const override { return phases_.runs(); }
  void run(int task, const Memory& memory, Scratch&) const override {
    const Map& out = phases_.work.out;
    const int first = task * tiles_per_task, count = std::min(tiles_per_task, phases_.tiling.count - first);
    for (int b = 0; b < out.blocks(); ++b) {
      const float* from = phases_.products(memory) + b * phases_.block_floats() + first * block;
      phases_.kernels.winograd_output(phases_.tiling.run(first, count, out, phases_.work.how), from,
                                      phases_.out_slice(), block_finish(phases_.weights, phases_.work, memory, b),
                                      memory.of(out, 0, b));
    }
  }
};

}  // namespace

Steps winograd_phases(const Kernels& kernels, Weights& weights, const ConvWork& work) {
  weights.need_winograd();
  const Phases phases{kernels, weights, work, Tiling(work.out)};
  Steps steps;
  steps.push_back(std::make_unique<InputStep>(phases));
  steps.push_back(std::make_unique<ProductStep>(phases));
  steps.push_back(std::make_unique<OutputStep>(phases));
  return steps;
}

}  // namespace inpaint::native
