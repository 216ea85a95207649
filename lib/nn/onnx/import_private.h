#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "nn/native/graph.h"
#include "nn/onnx/constants_private.h"
#include "nn/onnx/model_file.h"

namespace inpaint {

/// An ONNX file as a graph for the engine of our own.
struct ImportedGraph {
  native::Graph graph;
  /// What each input has to be fed with; -1: any. Sizes that the file computes are fixed for these shapes; the batch
  /// (first axis) is always free.
  std::vector<std::vector<int64_t>> input_shapes;
};

/// Nothing, and the reason, if the file holds an operator, or a use of one, that the engine has not. Shapes that the
/// file leaves free are taken from `sample_shapes`, as far as there are any.
std::optional<ImportedGraph> import_onnx(const OnnxModel& model, const std::vector<std::vector<int64_t>>& sample_shapes,
                                         std::string& reason);

/// The engine cannot run a file; caught in import_onnx.
class NotImported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
[[noreturn]] void refuse(const OnnxNode& node, const std::string& what);

/// Height or width of a result. Throws NotImported if it is none.
int64_t checked_extent(const OnnxNode& node, int64_t extent);

struct ImportedResize {
  native::Resize how;
  std::vector<int64_t> shape;  ///< of the result; -1: not known
};

/// The operators Resize and Upsample. `old`: as up to opset 10; `in`: shape of the input, -1 where not known; nullptr:
/// scales or sizes are absent or not known. Throws NotImported.
ImportedResize import_resize(const OnnxNode& node, bool old, const std::vector<int64_t>& in, const KnownList* scales,
                             const KnownList* sizes);

}  // namespace inpaint
