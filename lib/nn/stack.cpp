#include "nn/stack.h"

#include <algorithm>

namespace inpaint {

Tensor stack(const std::vector<Tensor>& parts) {
  if (parts.empty() || parts.front().rank() == 0) throw std::invalid_argument("nothing to stack");
  if (parts.size() == 1) return parts.front();
  std::vector<int64_t> shape = parts.front().shape();
  shape[0] = 0;
  for (const Tensor& part : parts) {
    if (part.rank() != parts.front().rank() || !std::equal(shape.begin() + 1, shape.end(), part.shape().begin() + 1)) {
      throw std::invalid_argument("tensors of " + shape_text(parts.front().shape()) + " and " +
                                  shape_text(part.shape()) + " do not stack");
    }
    shape[0] += part.extent(0);
  }
  Tensor batch(shape);
  float* to = batch.data();
  for (const Tensor& part : parts) to = std::copy_n(part.data(), part.size(), to);
  return batch;
}

Tensor entries(const Tensor& batch, int64_t begin, int64_t count) {
  if (batch.rank() == 0 || begin < 0 || count < 0 || begin + count > batch.extent(0)) {
    throw std::out_of_range("a batch of " + shape_text(batch.shape()) + " has no entries " + std::to_string(begin) +
                            " to " + std::to_string(begin + count));
  }
  std::vector<int64_t> shape = batch.shape();
  const int64_t step = shape[0] == 0 ? 0 : batch.size() / shape[0];
  shape[0] = count;
  const auto keep = std::make_shared<Tensor>(batch);
  return Tensor(shape, std::shared_ptr<float[]>(keep, keep->data() + begin * step));
}

}  // namespace inpaint
