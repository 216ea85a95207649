#pragma once
#include <map>
#include <string>

#include "nn/native/program_private.h"
#include "nn/native/step_private.h"
#include "nn/native/weights_private.h"

namespace inpaint::native {

struct Size {
  int height = 0, width = 0;
  bool operator==(const Size&) const = default;
};

/// The size of every node's result. Throws std::invalid_argument if sizes do not fit together.
std::vector<Size> infer_sizes(const Graph& graph, const std::vector<Size>& inputs);

/// A program at fixed sizes: steps, and where each map lies.
struct Plan {
  std::vector<StepPtr> steps;
  int64_t memory_floats = 0;      ///< for intermediate results
  size_t scratch_floats = 0;      ///< per thread
  size_t work_floats = 0;         ///< see Memory::work
  std::vector<Map> outputs = {};  ///< planar
};

/// What is made once per net and shared by its plans.
struct Prepared {
  const Graph& graph;
  const Program& program;
  const Kernels& kernels;
  Algorithm algorithm;
  std::map<int, std::unique_ptr<Weights>> weights = {};  ///< by node, made when first needed
};
/// Throws std::invalid_argument like infer_sizes.
Plan make_plan(Prepared& prepared, int batch, const std::vector<Size>& inputs, int threads);

}  // namespace inpaint::native
