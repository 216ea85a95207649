#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "nn/native/graph.h"
#include "nn/native/kernels_private.h"

namespace inpaint::native {

/// A map within the memory of a run; see kernels_private.h for the two layouts.
struct Map {
  int memory = 0;      ///< 0: intermediate results; then the inputs, then the outputs
  int64_t offset = 0;  ///< floats
  int64_t batch_stride = 0;
  int batch = 0, channels = 0, height = 0, width = 0;
  bool blocked = false;

  int pixel() const { return blocked ? block : 1; }
  /// Blocks, or planes.
  int blocks() const { return blocked ? (channels + block - 1) / block : channels; }
  int64_t block_stride() const { return static_cast<int64_t>(height) * width * pixel(); }
  int64_t size() const { return blocks() * block_stride(); }  ///< floats of one picture
};

/// The memory of one run, by Map::memory.
struct Memory {
  std::vector<float*> at;
  float* work = nullptr;  ///< what the steps of one operation hand on to each other
  float* of(const Map& map, int picture = 0, int first_block = 0) const {
    return at[static_cast<size_t>(map.memory)] + map.offset + picture * map.batch_stride +
           first_block * map.block_stride();
  }
};

/// What one thread works in; a step may find there what its earlier task left.
struct Scratch {
  float* floats = nullptr;
  int kept = -1;  ///< which part of a step's input is packed there; -1 when a step begins
};

/// One operation at fixed sizes. Tasks are independent of each other.
class Step {
 public:
  virtual ~Step() = default;
  virtual int tasks() const = 0;
  virtual size_t scratch_floats() const { return 0; }
  virtual size_t work_floats() const { return 0; }
  virtual void run(int task, const Memory& memory, Scratch& scratch) const = 0;
};
using StepPtr = std::unique_ptr<const Step>;
using Steps = std::vector<StepPtr>;

inline Pointwise pointwise(const Activation& activation) {
  return {static_cast<int>(activation.kind), activation.slope};
}

StepPtr pool_step(const Kernels& kernels, const MaxPool& how, const Map& in, const Map& out);
StepPtr resize_step(const Kernels& kernels, const Resize& how, const Map& in, const Map& out);
/// Sum or product of two maps of one layout.
StepPtr combine_step(const Kernels& kernels, const Node& node, const Map& a, const Map& b, const Map& out);
StepPtr activate_step(const Kernels& kernels, Pointwise how, const Map& in, const Map& out);
/// See Graph::pixel_shuffle; planar like the result.
struct ShuffleTerms {
  std::optional<Map> scale = {}, added = {};
};
StepPtr shuffle_step(const Map& in, const ShuffleTerms& terms, const Map& out);
/// Between any two layouts; `out` may be a part of a larger map.
StepPtr copy_step(const Map& in, const Map& out);

}  // namespace inpaint::native
