// Convolutional networks as graphs, for the engine of our own that runs them on the CPU. Standard library only.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "nn/net.h"
#include "nn/tensor.h"

namespace inpaint::native {

/// A result within one Graph: batch × channels × height × width, float32. Channels are known when the graph is built,
/// the other extents when it runs.
struct Value {
  int id = -1;
};

struct Activation {
  enum class Kind { none, relu, leaky_relu, sigmoid };
  Kind kind = Kind::none;
  float slope = 0;  ///< of leaky_relu below 0
};

/// How a convolution steps; pairs are vertical, horizontal.
struct Conv2d {
  int stride[2] = {1, 1}, dilation[2] = {1, 1};
  int before[2] = {0, 0}, after[2] = {0, 0};  ///< zeros added at top and left; at bottom and right
  int groups = 1;
  Activation activation = {};  ///< applied last
};
/// Stride 1, and the padding that keeps the size, for an odd kernel.
Conv2d same_size(int kernel, int dilation = 1, Activation activation = {});

struct MaxPool {
  int kernel[2] = {2, 2}, stride[2] = {2, 2};
  int before[2] = {0, 0}, after[2] = {0, 0};  ///< minus infinity
  bool ceil_mode = false;  ///< a last window that only begins within the picture or the padding before it counts
};

struct Resize {
  /// nearest: source = floor(target * in / out). bilinear: half-pixel centres. bilinear_corners: the corners' centres
  /// coincide (align_corners).
  enum class Mode { nearest, bilinear, bilinear_corners };
  Mode mode = Mode::bilinear;
  /// The size: of `like`, else `size` where > 0, else floor(in * factor). Pairs are vertical, horizontal.
  Value like = {};
  int size[2] = {0, 0};
  double factor[2] = {0, 0};
};

/// One operation. For those who compile graphs; others use Graph's functions.
struct Node {
  enum class Kind { input, conv, max_pool, resize, concat, add, multiply, activation, shuffle };
  Kind kind = Kind::input;
  std::vector<int> inputs = {};  // ids of values
  int channels = 0;              // of the result
  Conv2d conv = {};
  Tensor weight = {}, bias = {}, scale = {};
  MaxPool pool = {};
  Resize resize = {};
  Activation activation = {};
  bool scaled = false;  // a shuffle whose second input is its scale
};

/// Collects operations in the order in which they run. Whatever does not fit (channels, shapes, options) throws
/// std::invalid_argument that names expected and given.
class Graph {
 public:
  /// Inputs are fed in the order of these calls; any batch, height and width.
  Value input(int channels);
  /// weight: outputs × (inputs / groups) × height × width, as PyTorch has it. bias, scale: outputs, or empty. The
  /// result is scale * (x conv weight) + bias; weights are kept, not copied, until they are packed. pixel_scale, if
  /// given, is one plane of the result's size: the sum is multiplied by it before the bias is added, and where it is 0
  /// the result, before its activation, is 0.
  /// A nearest resize by the factor 2, alone or as the first part of a concatenation, that only this convolution reads
  /// costs nothing where the channels of all parts but the last are multiples of 16.
  Value conv2d(Value x, Tensor weight, Tensor bias, const Conv2d& how = {}, Tensor scale = {}, Value pixel_scale = {});
  Value max_pool(Value x, const MaxPool& how);
  Value resize(Value x, const Resize& how);
  /// Along the channels; heights and widths must be equal when it runs.
  Value concat(const std::vector<Value>& parts);
  /// Of equal shapes.
  Value add(Value a, Value b);
  Value multiply(Value a, Value b);
  Value activate(Value x, Activation how);
  /// Groups of 4 channels become 2 x 2 pixels of one: channel 4 c + 2 dy + dx of (y, x) goes to channel c of
  /// (2 y + dy, 2 x + dx), times `scale` there (one plane of the result's size, or none), plus `added` (of the
  /// result's shape, or none).
  Value pixel_shuffle(Value x, Value scale = {}, Value added = {});
  Value relu(Value x) { return activate(x, {Activation::Kind::relu}); }
  Value leaky_relu(Value x, float slope) { return activate(x, {Activation::Kind::leaky_relu, slope}); }
  Value sigmoid(Value x) { return activate(x, {Activation::Kind::sigmoid}); }
  /// Outputs come in the order of these calls.
  void output(Value x);

  int channels(Value x) const { return node(x).channels; }
  const std::vector<Node>& nodes() const { return nodes_; }  // a value's id is its node's index
  const std::vector<int>& inputs() const { return inputs_; }
  const std::vector<int>& outputs() const { return outputs_; }

 private:
  const Node& node(Value x) const;
  Value push(Node node);

  std::vector<Node> nodes_;
  std::vector<int> inputs_, outputs_;
};

/// A batch normalisation at inference as a convolution's scale and bias: four tensors of one value per channel, and the
/// bias of the convolution before it (or empty).
struct FoldedNorm {
  Tensor scale, bias;
};
FoldedNorm fold_batch_norm(const Tensor& weight, const Tensor& bias, const Tensor& mean, const Tensor& variance,
                           double epsilon, const Tensor& conv_bias = {});

/// The processor's vector instructions to use: automatic is the best there is. Every choice gives the same result up to
/// rounding.
enum class InstructionSet { automatic, portable, avx2, avx512 };
/// How convolutions that allow it are computed. Winograd: 3 × 3, stride 1, dilation 1, by F(4 × 4, 3 × 3);
/// and 5 × 5, stride 2, padded by 2, as the sum of four such convolutions, of even and odd rows and columns.
enum class Algorithm { automatic, direct, winograd };

struct EngineOptions {
  InstructionSet instructions = InstructionSet::automatic;
  Algorithm algorithm = Algorithm::automatic;
};

/// Makes a graph run on the CPU in fp32, with threads_per_worker() threads. Plans are made per input shape at first
/// use, the last few are kept; memory for intermediate results is kept too, once per simultaneous call.
/// Throws std::invalid_argument for a graph without inputs or outputs, MissingError for instructions that the processor
/// lacks. The net's run throws ItemError for inputs of another number, channels or of sizes that do not fit together.
std::unique_ptr<Net> compile(Graph graph, const EngineOptions& options = {});

}  // namespace inpaint::native
