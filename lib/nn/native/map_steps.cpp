#include <algorithm>
#include <cmath>

#include "nn/native/step_private.h"

namespace inpaint::native {
namespace {

constexpr int rows_per_task = 16, floats_per_task = 1 << 16;

int64_t row_floats(const Map& map) { return static_cast<int64_t>(map.width) * map.pixel(); }

// Tasks are strips of rows of one block of one picture.
class RowStep : public Step {
 public:
  RowStep(const Map& in, const Map& out) : in_(in), out_(out) {}
  int tasks() const override { return out_.batch * out_.blocks() * strips(); }
  void run(int task, const Memory& memory, Scratch& scratch) const override {
    const int strip = task % strips(), part = task / strips();
    const int picture = part / out_.blocks(), index = part % out_.blocks();
    const float* from = memory.of(in_, picture, index);
    float* to = memory.of(out_, picture, index);
    const int last = std::min(out_.height, (strip + 1) * rows_per_task);
    for (int y = strip * rows_per_task; y < last; ++y) row(y, from, to + y * row_floats(out_), scratch);
  }

 protected:
  virtual void row(int y, const float* in, float* out, Scratch& scratch) const = 0;
  Map in_, out_;

 private:
  int strips() const { return (out_.height + rows_per_task - 1) / rows_per_task; }
};

class PoolStep : public RowStep {
 public:
  PoolStep(const Kernels& kernels, const MaxPool& how, const Map& in, const Map& out)
      : RowStep(in, out), kernels_(kernels), how_(how) {}

 private:
  void row(int y, const float* in, float* out, Scratch&) const override {
    const int top = y * how_.stride[0] - how_.before[0];
    kernels_.max_pool({.in = in,
                       .height = in_.height,
                       .width = in_.width,
                       .out_width = out_.width,
                       .first_row = std::max(top, 0),
                       .last_row = std::min(top + how_.kernel[0], in_.height),
                       .kernel = how_.kernel[1],
                       .stride = how_.stride[1],
                       .left = how_.before[1],
                       .out = out,
                       .blocked = in_.blocked});
  }

  const Kernels& kernels_;
  MaxPool how_;
};

// For each target position: the two sources and the weight of the second.
struct Sources {
  std::vector<int32_t> first, second;
  std::vector<float> weight;

  Sources(Resize::Mode mode, int in, int out) {
    for (int i = 0; i < out; ++i) {
      const double at = std::clamp(position(mode, i, in, out), 0.0, in - 1.0);
      const int low = static_cast<int>(at);
      first.push_back(low);
      second.push_back(std::min(low + 1, in - 1));
      weight.push_back(mode == Resize::Mode::nearest ? 0.0f : static_cast<float>(at - low));
    }
  }

 private:
  static double position(Resize::Mode mode, int i, int in, int out) {
    switch (mode) {
      case Resize::Mode::nearest: return static_cast<double>(static_cast<int64_t>(i) * in / out);
      case Resize::Mode::bilinear: return (i + 0.5) * in / out - 0.5;
      case Resize::Mode::bilinear_corners: return out > 1 ? static_cast<double>(i) * (in - 1) / (out - 1) : 0.0;
    }
    return 0;
  }
};

class ResizeStep : public RowStep {
 public:
  ResizeStep(const Kernels& kernels, const Resize& how, const Map& in, const Map& out)
      : RowStep(in, out),
        kernels_(kernels),
        rows_(how.mode, in.height, out.height),
        columns_(how.mode, in.width, out.width) {}
  size_t scratch_floats() const override { return static_cast<size_t>(row_floats(in_)); }

 private:
  void row(int y, const float* in, float* out, Scratch& scratch) const override {
    const size_t at = static_cast<size_t>(y);
    kernels_.resize({.upper = in + rows_.first[at] * row_floats(in_),
                     .lower = in + rows_.second[at] * row_floats(in_),
                     .lower_weight = rows_.weight[at],
                     .width = in_.width,
                     .out_width = out_.width,
                     .first = columns_.first.data(),
                     .second = columns_.second.data(),
                     .weight = columns_.weight.data(),
                     .mixed = scratch.floats,
                     .out = out,
                     .blocked = in_.blocked});
  }

  const Kernels& kernels_;
  Sources rows_, columns_;
};

// Value by value: tasks are spans of one picture.
class SpanStep : public Step {
 public:
  explicit SpanStep(const Map& out) : out_(out) {}
  int tasks() const override { return out_.batch * spans(); }
  void run(int task, const Memory& memory, Scratch&) const override {
    const int picture = task / spans();
    const int64_t from = static_cast<int64_t>(task % spans()) * floats_per_task;
    span(memory, picture, from, std::min<int64_t>(floats_per_task, out_.size() - from));
  }

 protected:
  virtual void span(const Memory& memory, int picture, int64_t from, int64_t count) const = 0;
  Map out_;

 private:
  int spans() const { return static_cast<int>((out_.size() + floats_per_task - 1) / floats_per_task); }
};

class CombineStep : public SpanStep {
 public:
  CombineStep(const Kernels& kernels, const Node& node, const Map& a, const Map& b, const Map& out)
      : SpanStep(out), combine_(node.kind == Node::Kind::add ? kernels.add : kernels.multiply_each), a_(a), b_(b) {}

 private:
  void span(const Memory& memory, int picture, int64_t from, int64_t count) const override {
    combine_(memory.of(a_, picture) + from, memory.of(b_, picture) + from, memory.of(out_, picture) + from, count);
  }
  void (*combine_)(const float*, const float*, float*, int64_t);
  Map a_, b_;
};

class ActivateStep : public SpanStep {
 public:
  ActivateStep(const Kernels& kernels, Pointwise how, const Map& in, const Map& out)
      : SpanStep(out), kernels_(kernels), how_(how), in_(in) {}

 private:
  void span(const Memory& memory, int picture, int64_t from, int64_t count) const override {
    kernels_.activate(how_, memory.of(in_, picture) + from, memory.of(out_, picture) + from, count);
  }
  const Kernels& kernels_;
  Pointwise how_;
  Map in_;
};

// Tasks are 16 channels of a span of one picture, which stays in the cache while channel after channel is copied.
class CopyStep : public Step {
 public:
  CopyStep(const Map& in, const Map& out) : in_(in), out_(out) {}
  int tasks() const override { return out_.batch * groups() * spans(); }
  void run(int task, const Memory& memory, Scratch&) const override {
    const int part = task / spans(), picture = part / groups(), first = part % groups() * block;
    const int64_t begin = static_cast<int64_t>(task % spans()) * pixels_per_task;
    const int64_t end = std::min(begin + pixels_per_task, pixels());
    const int count = std::min(block, out_.channels - first);
    for (int c = first; c < first + count; ++c) {
      const float* from = channel(memory, in_, picture, c);
      float* to = channel(memory, out_, picture, c);
      const int in_step = in_.pixel(), out_step = out_.pixel();
      for (int64_t i = begin; i < end; ++i) to[i * out_step] = from[i * in_step];
    }
    if (!out_.blocked) return;
    for (int c = first + count; c < first + block; ++c) {
      float* to = channel(memory, out_, picture, c);
      for (int64_t i = begin; i < end; ++i) to[i * block] = 0;
    }
  }

 private:
  static constexpr int64_t pixels_per_task = 4096;
  int groups() const { return (out_.channels + block - 1) / block; }
  int64_t pixels() const { return static_cast<int64_t>(out_.height) * out_.width; }
  int spans() const { return static_cast<int>((pixels() + pixels_per_task - 1) / pixels_per_task); }
  static float* channel(const Memory& memory, const Map& map, int picture, int c) {
    return map.blocked ? memory.of(map, picture, c / block) + c % block : memory.of(map, picture, c);
  }
  Map in_, out_;
};

}  // namespace

StepPtr pool_step(const Kernels& kernels, const MaxPool& how, const Map& in, const Map& out) {
  return std::make_unique<PoolStep>(kernels, how, in, out);
}
StepPtr resize_step(const Kernels& kernels, const Resize& how, const Map& in, const Map& out) {
  return std::make_unique<ResizeStep>(kernels, how, in, out);
}
StepPtr combine_step(const Kernels& kernels, const Node& node, const Map& a, const Map& b, const Map& out) {
  return std::make_unique<CombineStep>(kernels, node, a, b, out);
}
StepPtr activate_step(const Kernels& kernels, Pointwise how, const Map& in, const Map& out) {
  return std::make_unique<ActivateStep>(kernels, how, in, out);
}
StepPtr copy_step(const Map& in, const Map& out) { return std::make_unique<CopyStep>(in, out); }

}  // namespace inpaint::native
