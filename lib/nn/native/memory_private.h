#pragma once
#include <cstddef>
#include <memory>

namespace inpaint::native {

/// Zeroed floats from the system, aligned to pages, large pages where it gives them. Throws std::bad_alloc.
class Floats {
 public:
  Floats() = default;
  explicit Floats(size_t count);
  float* data() const { return values_.get(); }
  size_t size() const { return size_; }

 private:
  std::shared_ptr<float[]> values_;
  size_t size_ = 0;
};

}  // namespace inpaint::native
