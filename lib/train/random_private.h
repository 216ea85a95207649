#pragma once
#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace inpaint {

/// Random numbers by key (SplitMix64, Steele et al. 2014): the same keys give the same numbers on every machine, which
/// the standard distributions do not; cheap enough to be made anew for every crop.
class Random {
 public:
  Random(std::initializer_list<uint64_t> keys) {
    for (const uint64_t key : keys) state_ = mixed(state_ + step + mixed(key));
  }

  uint64_t bits() { return mixed(state_ += step); }
  /// In [low, high).
  double uniform(double low, double high) { return low + (high - low) * (static_cast<double>(bits() >> 11) * 0x1p-53); }
  /// In [low, high), both above 0, equally likely per ratio.
  double by_ratio(double low, double high) { return std::exp(uniform(std::log(low), std::log(high))); }
  /// low, ..., high.
  int64_t whole(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(std::floor(uniform(0, static_cast<double>(high - low + 1))));
  }
  bool chance(double probability) { return uniform(0, 1) < probability; }
  /// Mean 0, deviation 1, never beyond 3.5: four uniform numbers added.
  float bell() {
    const uint64_t four = bits();
    const auto sum = (four & 0xffff) + (four >> 16 & 0xffff) + (four >> 32 & 0xffff) + (four >> 48);
    return (static_cast<float>(sum) / 65535.0f - 2.0f) * 1.7320508f;
  }

 private:
  static constexpr uint64_t step = 0x9e3779b97f4a7c15;
  static uint64_t mixed(uint64_t z) {
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  uint64_t state_ = 0;
};

}  // namespace inpaint
