#pragma once
#include <vector>

#include "nn/native/graph.h"
#include "nn/native/kernels_private.h"
#include "nn/native/memory_private.h"

namespace inpaint::native {

/// A convolution's parameters as kernels read them, scale included. Each form is made when first asked for; one thread
/// at a time may ask, whatever it got stays valid.
class Weights {
 public:
  /// Layouts of the convolution's input and result.
  Weights(const Node& node, const Kernels& kernels, bool blocked_in, bool blocked_out);

  int inputs() const { return inputs_; }    ///< channels of one group
  int outputs() const { return outputs_; }  ///< of all groups
  int kernel_height() const { return height_; }
  int kernel_width() const { return width_; }
  int in_blocks() const { return blocked_in_ ? (inputs_ + block - 1) / block : inputs_; }
  bool blocked_in() const { return blocked_in_; }
  bool blocked_out() const { return blocked_out_; }

  /// Blocked result: output blocks are taken in pairs where the kernels can; a last single one stays.
  int groups() const { return (out_blocks() + per_group() - 1) / per_group(); }
  int out_blocks() const { return (outputs_ + block - 1) / block; }
  int per_group() const { return kernels_.pairs ? 2 : 1; }
  int blocks_in_group(int group) const { return out_blocks() - group * per_group() < per_group() ? 1 : per_group(); }

  /// As Multiply::weights for this group of output blocks, or PlaneRow::weights for this output plane.
  const float* direct(int group) const { return direct_.data() + group * direct_stride_; }
  /// Winograd's input blocks. A convolution of stride 2 reads the map's pixels of even and of odd rows and columns, its
  /// four phases, as if they were that many channels: phase by phase, odd rows first, then odd columns.
  int winograd_blocks() const { return in_blocks() * phases_; }
  int phases() const { return phases_; }

  /// The weights of one of this group's 36 products, as Multiply::weights of one tap, from this input block on.
  const float* winograd(int group, int slice, int from_block) const {
    return winograd_.data() + group * 36 * winograd_slice(0) + slice * winograd_slice(group) +
           static_cast<int64_t>(from_block) * block * block * blocks_in_group(group);
  }
  int64_t winograd_slice(int group) const {
    return static_cast<int64_t>(winograd_blocks()) * block * block * blocks_in_group(group);
  }
  /// Per output channel, padded to whole blocks.
  const float* bias() const { return bias_.data(); }

  void need_direct();
  void need_winograd();

 private:
  void gather(int out_block, int b, float* to, int64_t gap, int64_t tap_gap) const;
  void pack_group(int group);
  void pack_plane(int output);
  void transform_group(int group);
  std::vector<float> taps_of_phase(const std::vector<float>& taps, int phase) const;

  const Kernels& kernels_;
  Tensor weight_, scale_;
  int outputs_, inputs_, height_, width_, phases_;
  bool blocked_in_, blocked_out_;
  int64_t direct_stride_ = 0;
  Floats direct_, winograd_, bias_;
};

}  // namespace inpaint::native
