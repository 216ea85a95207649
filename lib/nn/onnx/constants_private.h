#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/onnx/model_file.h"

namespace inpaint {

/// A number or a list of numbers that is known before any picture is: sizes, scales, indices.
struct KnownList {
  bool scalar = false;  ///< of rank 0: one value
  bool whole = true;    ///< integers (or bool), in `integers`; else `numbers`
  std::vector<int64_t> integers;
  std::vector<float> numbers;

  size_t size() const { return whole ? integers.size() : numbers.size(); }
  std::vector<float> as_numbers() const;
};

/// Stands in a KnownList for an extent that is not known before the network runs. It is passed on, but nothing is
/// computed with it.
int64_t unknown_extent(int feature, int axis);
struct UnknownExtent {
  int feature = 0, axis = 0;
};
std::optional<UnknownExtent> as_unknown_extent(int64_t value);

/// Nothing if the tensor has more than one axis or a type that is not read.
std::optional<KnownList> known_list(const OnnxTensor& tensor);

/// What an operator makes of known lists, as the ONNX standard says; absent optional inputs are nullptr. Nothing if
/// the operator, or this use of it, is none of the few that exporters compute sizes with: Constant, ConstantOfShape,
/// Identity, Cast, Gather, Slice, Concat, Unsqueeze, Squeeze, Reshape, Floor, Ceil, Add, Sub, Mul, Div.
std::optional<KnownList> evaluate(const OnnxNode& node, const std::vector<const KnownList*>& inputs);

}  // namespace inpaint
