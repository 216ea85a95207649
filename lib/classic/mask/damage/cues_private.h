// What cues are made of.
#pragma once
#include <algorithm>
#include <cmath>

namespace inpaint::damage {

/// Mean and standard deviation of what was added.
struct Running {
  double n = 0, sum = 0, squares = 0;
  void add(double v) {
    ++n;
    sum += v;
    squares += v * v;
  }
  double mean() const { return sum / std::max(1.0, n); }
  double spread() const { return std::sqrt(std::max(0.0, squares / std::max(1.0, n) - mean() * mean())); }
};

inline float log2_of(double value) { return static_cast<float>(std::log2(std::max(1e-3, value))); }

}  // namespace inpaint::damage
