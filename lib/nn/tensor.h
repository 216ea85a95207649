// Includes nothing but the standard library: driver modules build with this header alone.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace inpaint {

/// A dense row-major array of float32 of any rank; pictures are batch × channels × height × width. Copies share their
/// values. Whoever makes a tensor fills it before handing it on; nobody writes into one that was handed over.
class Tensor {
 public:
  Tensor() = default;
  /// Values are not set. Throws std::invalid_argument for a negative extent, std::bad_alloc.
  explicit Tensor(std::vector<int64_t> shape) : shape_(std::move(shape)) {
    for (const int64_t extent : shape_) {
      if (extent < 0) throw std::invalid_argument("a tensor's extent is negative");
    }
    const size_t bytes = (static_cast<size_t>(size()) * sizeof(float) + 63) / 64 * 64;
    void* memory = std::aligned_alloc(64, bytes == 0 ? 64 : bytes);
    if (memory == nullptr) throw std::bad_alloc();
    values_ = std::shared_ptr<float[]>(static_cast<float*>(memory), [](float* p) { std::free(p); });
  }
  /// Wraps values that someone else owns and `keep` keeps alive (a mapped file, a runtime's buffer).
  Tensor(std::vector<int64_t> shape, std::shared_ptr<float[]> values)
      : shape_(std::move(shape)), values_(std::move(values)) {}

  bool empty() const { return !values_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t rank() const { return static_cast<int64_t>(shape_.size()); }
  /// Extent of one axis; negative counts from the end.
  int64_t extent(int64_t axis) const { return shape_.at(static_cast<size_t>(axis < 0 ? axis + rank() : axis)); }
  /// Number of values.
  int64_t size() const { return std::accumulate(shape_.begin(), shape_.end(), int64_t{1}, std::multiplies<>()); }
  const float* data() const { return values_.get(); }
  float* data() { return values_.get(); }
  std::span<const float> values() const { return {data(), static_cast<size_t>(size())}; }

 private:
  std::vector<int64_t> shape_;
  std::shared_ptr<float[]> values_;
};

/// "1x3x320x320".
inline std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t extent : shape) text += (text.empty() ? "" : "x") + (extent < 0 ? "?" : std::to_string(extent));
  return text.empty() ? "scalar" : text;
}

}  // namespace inpaint
