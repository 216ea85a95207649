#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/native/graph.h"
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

}  // namespace inpaint
