#include "nn/native/step_private.h"

namespace inpaint::native {
namespace {

// Tasks are pairs of rows of one picture's result: a row of the input.
class ShuffleStep : public Step {
 public:
  ShuffleStep(const Map& in, const ShuffleTerms& terms, const Map& out) : in_(in), terms_(terms), out_(out) {}
  int tasks() const override { return out_.batch * in_.height; }
  void run(int task, const Memory& memory, Scratch&) const override {
    const int picture = task / in_.height, y = task % in_.height;
    for (int c = 0; c < out_.channels; ++c) {
      for (int dy = 0; dy < 2; ++dy) {
        const int64_t row = static_cast<int64_t>(2 * y + dy) * out_.width;
        float* to = memory.of(out_, picture, c) + row;
        for (int dx = 0; dx < 2; ++dx) {
          const float* from =
              channel(memory, picture, 4 * c + 2 * dy + dx) + static_cast<int64_t>(y) * in_.width * in_.pixel();
          for (int x = 0; x < in_.width; ++x) to[2 * x + dx] = from[x * in_.pixel()];
        }
        finish(memory, picture, c, row, to);
      }
    }
  }

 private:
  const float* channel(const Memory& memory, int picture, int c) const {
    return in_.blocked ? memory.of(in_, picture, c / block) + c % block : memory.of(in_, picture, c);
  }
  void finish(const Memory& memory, int picture, int c, int64_t row, float* to) const {
    if (terms_.scale) {
      const float* scale = memory.of(*terms_.scale, picture) + row;
      for (int x = 0; x < out_.width; ++x) to[x] *= scale[x];
    }
    if (terms_.added) {
      const float* added = memory.of(*terms_.added, picture, c) + row;
      for (int x = 0; x < out_.width; ++x) to[x] += added[x];
    }
  }

  Map in_;
  ShuffleTerms terms_;
  Map out_;
};

}  // namespace

StepPtr shuffle_step(const Map& in, const ShuffleTerms& terms, const Map& out) {
  return std::make_unique<ShuffleStep>(in, terms, out);
}

}  // namespace inpaint::native
