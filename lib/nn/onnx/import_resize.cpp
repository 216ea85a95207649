#include <fmt/format.h>

#include <cmath>

#include "nn/onnx/import_private.h"

namespace inpaint {
namespace {

using Shape = std::vector<int64_t>;

// An extent times a scale; of one that is not known (-1) the factor is kept instead.
int64_t scaled(const OnnxNode& node, int64_t extent, float scale, double& factor) {
  if (extent < 0 && scale >= 1 && scale == std::floor(scale)) {
    factor = scale;
    return -1;
  }
  // The standard places pixels by the scale, the engine by the sizes: the same if the scale is exact.
  const double target = static_cast<double>(extent) * scale;
  if (extent < 0 || target != std::floor(target)) refuse(node, "a scale that is not exact");
  return static_cast<int64_t>(target);
}

native::Resize::Mode mode_of(const OnnxNode& node, bool old, const Shape& in, const Shape& out) {
  const std::string mode = node.text("mode", "nearest");
  const std::string place = old ? "asymmetric" : node.text("coordinate_transformation_mode", "half_pixel");
  const std::string nearest = old ? "floor" : node.text("nearest_mode", "round_prefer_floor");
  if (mode == "nearest" && place == "asymmetric" && nearest == "floor") return native::Resize::Mode::nearest;
  if (mode != "linear" || node.integer("antialias", 0) != 0) refuse(node, fmt::format("mode {} {}", mode, place));
  if (place == "align_corners") return native::Resize::Mode::bilinear_corners;
  // To one pixel, the two half_pixel modes differ.
  const bool to_one = (out[2] == 1 && in[2] != 1) || (out[3] == 1 && in[3] != 1);
  if (place == "half_pixel" || (place == "pytorch_half_pixel" && !to_one)) return native::Resize::Mode::bilinear;
  refuse(node, "mode linear " + place);
}

}  // namespace

ImportedResize import_resize(const OnnxNode& node, bool old, const Shape& in, const KnownList* scales,
                             const KnownList* sizes) {
  if (node.find("axes") != nullptr) refuse(node, "axes");
  ImportedResize out{.shape = in};
  double factors[4] = {0, 0, 0, 0};
  if (sizes != nullptr && sizes->size() == 4 && sizes->whole) {
    out.shape = sizes->integers;
  } else if (scales != nullptr && scales->size() == 4 && !scales->whole) {
    for (size_t i = 0; i < 4; ++i) out.shape[i] = scaled(node, in[i], scales->numbers[i], factors[i]);
  } else {
    refuse(node, "neither sizes nor scales that are known");
  }
  if (out.shape[0] != in[0] || out.shape[1] != in[1]) refuse(node, "not of height and width alone");
  for (size_t i = 0; i < 2; ++i) {
    const int64_t extent = out.shape[i + 2];
    out.how.size[i] = extent < 0 ? 0 : static_cast<int>(checked_extent(node, extent));
    out.how.factor[i] = extent < 0 ? factors[i + 2] : 0;
  }
  out.how.mode = mode_of(node, old, in, out.shape);
  return out;
}

}  // namespace inpaint
