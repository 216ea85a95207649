#pragma once
#include <vector>

#include "nn/native/graph.h"

namespace inpaint::native {

/// A result within a Program, in one layout.
struct Slot {
  int node = -1;  ///< whose value it holds
  bool blocked = false;
  int parent = -1, first_channel = 0;  ///< it is written right into a part of another one: a concatenation
  int output = -1;                     ///< it is written right into this output of the net
};

/// What runs, with what was fused: a convolution, then `first`, then a residual added, then `last`.
struct Operation {
  enum class Kind { conv, pool, resize, combine, activate, shuffle, copy };
  Kind kind = Kind::copy;
  int node = -1;            ///< of the graph: the convolution of a fused chain
  std::vector<int> inputs;  ///< slots; of a convolution first the parts of its input
  int output = -1;          ///< slot
  Activation first = {}, last = {};
  /// Of a convolution: its parts, whether the first is doubled, and which of `inputs` are residual and pixel_scale.
  int parts = 1;
  bool doubled = false;
  int residual = -1, pixel_scale = -1;
};

/// A graph made ready for any size: layouts chosen, operations fused, concatenations made free where possible. The
/// first slots are the inputs.
struct Program {
  std::vector<Slot> slots;
  std::vector<Operation> operations;
  std::vector<int> outputs;  ///< slot per output
};
Program make_program(const Graph& graph);

}  // namespace inpaint::native
