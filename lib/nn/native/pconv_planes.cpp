#include "nn/native/pconv_planes_private.h"

#include <algorithm>

namespace inpaint::native {
namespace {

// One plane, row by row.
struct Plane {
  int height = 0, width = 0;
  std::vector<float> values;
  Plane(int rows, int columns)
      : height(rows), width(columns), values(static_cast<size_t>(rows) * static_cast<size_t>(columns)) {}
  float* row(int y) { return values.data() + static_cast<ptrdiff_t>(y) * width; }
  const float* row(int y) const { return values.data() + static_cast<ptrdiff_t>(y) * width; }
};

// Sums over windows of kernel x kernel, padded by half of it with zeros.
Plane box_sums(const Plane& in, int kernel, int stride) {
  const int reach = kernel / 2, height = (in.height - 1) / stride + 1, width = (in.width - 1) / stride + 1;
  Plane sums(height, width);
  std::vector<float> columns(static_cast<size_t>(in.width + 2 * reach));  // zeros at both ends
  float* inner = columns.data() + reach;
  for (int y = 0; y < height; ++y) {
    const int first = std::max(y * stride - reach, 0), last = std::min(y * stride + reach, in.height - 1);
    std::copy_n(in.row(first), in.width, inner);
    for (int i = first + 1; i <= last; ++i) {
      const float* from = in.row(i);
      for (int x = 0; x < in.width; ++x) inner[x] += from[x];
    }
    float* to = sums.row(y);
    for (int tap = 0; tap < kernel; ++tap) {
      const float* from = columns.data() + tap;
      for (int x = 0; x < width; ++x) to[x] += from[x * stride];
    }
  }
  return sums;
}

Plane doubled(const Plane& in) {
  Plane out(2 * in.height, 2 * in.width);
  for (int y = 0; y < out.height; ++y) {
    const float* from = in.row(y / 2);
    float* to = out.row(y);
    for (int x = 0; x < out.width; ++x) to[x] = from[x / 2];
  }
  return out;
}

// Adds what windows over `planes` planes without holes hold, of the size of `like`.
void add_all_known(Plane& sums, const Plane& like, int kernel, int stride, float planes) {
  Plane all(like.height, like.width);
  std::fill(all.values.begin(), all.values.end(), 1.0f);
  const Plane counts = box_sums(all, kernel, stride);
  for (size_t i = 0; i < sums.values.size(); ++i) sums.values[i] += planes * counts.values[i];
}

// What is known afterwards; its scales go to `scales`.
Plane scaled(const Plane& sums, float window, float* scales) {
  Plane known(sums.height, sums.width);
  for (size_t i = 0; i < sums.values.size(); ++i) {
    const float any = std::min(sums.values[i], 1.0f);  // sums are whole numbers
    known.values[i] = any;
    scales[i] = any * (window / std::max(sums.values[i], 1.0f));
  }
  return known;
}

Tensor planes(const Tensor& known, int halvings) {
  return Tensor({known.extent(0), 1, known.extent(2) >> halvings, known.extent(3) >> halvings});
}
float* picture(Tensor& tensor, int64_t number) { return tensor.data() + number * tensor.extent(2) * tensor.extent(3); }

}  // namespace

void fill_planes(const PConvFacts& facts, const Tensor& known, int64_t number, PConvPlanes& result) {
  const auto filled = static_cast<float>(facts.inputs() - 3);  // planes of the input that are known everywhere
  std::vector<Plane> masks;                                    // of the picture and of each encoder's result
  masks.emplace_back(static_cast<int>(known.extent(2)), static_cast<int>(known.extent(3)));
  const float* from = known.data() + number * known.extent(2) * known.extent(3);
  for (float& value : masks[0].values) value = *from++;
  for (size_t n = 0; n < result.encoders.size(); ++n) {
    const int kernel = facts.kernels[n];
    const auto window = static_cast<float>(kernel * kernel);
    Plane sums = box_sums(masks[n], kernel, 2);
    if (n == 0 && filled > 0) {
      for (float& sum : sums.values) sum *= 3;
      add_all_known(sums, masks[0], kernel, 2, filled);
      masks.push_back(scaled(sums, (3 + filled) * window, picture(result.encoders[n], number)));
    } else {
      masks.push_back(scaled(sums, window, picture(result.encoders[n], number)));
    }
  }
  Plane above = masks.back();
  for (size_t n = result.decoders.size(); n-- > 0;) {
    const bool deepest = n + 1 == result.decoders.size();
    const auto from_above = static_cast<float>(deepest ? facts.widths[n] : facts.decoders[n + 1]);
    const auto from_skip = static_cast<float>(n > 0 ? facts.widths[n - 1] : 3);
    Plane sums = box_sums(doubled(above), 3, 1);
    const Plane skipped = box_sums(masks[n], 3, 1);
    for (size_t i = 0; i < sums.values.size(); ++i) {
      sums.values[i] = from_above * sums.values[i] + from_skip * skipped.values[i];
    }
    if (n == 0 && filled > 0) add_all_known(sums, masks[0], 3, 1, filled);
    above = scaled(sums, 9 * (from_above + from_skip + (n == 0 ? filled : 0)), picture(result.decoders[n], number));
  }
}

PConvPlanes empty_planes(const PConvFacts& facts, const Tensor& known) {
  PConvPlanes result;
  for (int n = 0; n < facts.levels; ++n) {
    result.encoders.push_back(planes(known, n + 1));
    result.decoders.push_back(planes(known, n));
  }
  return result;
}

}  // namespace inpaint::native
