#include "image/profile.h"

#include <algorithm>
#include <cstring>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "image/vips_private.h"

namespace inpaint {
namespace {

// The picture's ICC profile for RGB; empty if it has none.
std::span<const uint8_t> rgb_profile(const Image& image) {
  if (!image.metadata() || image.metadata()->profile_space() != "RGB ") return {};
  return image.metadata()->profile();
}

void set_profile(VipsImage* image, std::span<const uint8_t> profile) {
  if (profile.empty()) {
    vips_image_remove(image, VIPS_META_ICC_NAME);
  } else {
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, profile.data(), profile.size());
  }
}

VipsPtr step(const std::function<int(VipsImage**)>& work) {
  VipsImage* out = nullptr;
  check_vips(work(&out));
  return VipsPtr(out);
}

// RGB of 8 or 16 bits from one profile to the other, an empty one being sRGB.
cv::Mat converted(const cv::Mat& rgb, std::span<const uint8_t> from, std::span<const uint8_t> to) {
  const bool wide = rgb.depth() == CV_16U;
  const VipsPtr device(vips_image_new_from_memory_copy(rgb.data, rgb.total() * rgb.elemSize(), rgb.cols, rgb.rows, 3,
                                                       wide ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR));
  if (!device) throw VipsFailure{};
  device->Type = wide ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
  set_profile(device.get(), from);
  const VipsPtr colors = step([&](VipsImage** out) {
    return from.empty() ? vips_icc_import(device.get(), out, "input_profile", "srgb", nullptr)
                        : vips_icc_import(device.get(), out, "embedded", TRUE, nullptr);
  });
  const VipsPtr target = step([&](VipsImage** out) { return vips_copy(colors.get(), out, nullptr); });
  set_profile(target.get(), to);
  const int depth = wide ? 16 : 8;
  const VipsPtr result = step([&](VipsImage** out) {
    return to.empty() ? vips_icc_export(target.get(), out, "depth", depth, "output_profile", "srgb", nullptr)
                      : vips_icc_export(target.get(), out, "depth", depth, nullptr);
  });
  size_t size = 0;
  void* data = vips_image_write_to_memory(result.get(), &size);
  if (!data) throw VipsFailure{};
  cv::Mat out(rgb.size(), rgb.type());
  std::memcpy(out.data, data, std::min(size, out.total() * out.elemSize()));
  g_free(data);
  return out;
}

}  // namespace

bool same_profile(const Image& a, const Image& b) {
  const auto left = rgb_profile(a), right = rgb_profile(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

Image in_profile_of(const Image& image, const Image& like) {
  if (same_profile(image, like)) return image;
  cv::Mat rgb(image.pixels().size(), CV_MAKETYPE(image.pixels().depth(), 3)), out;
  const int channels[] = {0, 0, 1, 1, 2, 2};
  cv::mixChannels(&image.pixels(), 1, &rgb, 1, channels, 3);
  const std::string reason = run_vips([&] { out = converted(rgb, rgb_profile(image), rgb_profile(like)); });
  if (!reason.empty()) throw ItemError("its colour profile cannot be converted: " + reason);
  return image.has_alpha() ? like.with_pixels(out).with_alpha(image.alpha()) : like.with_pixels(out);
}

}  // namespace inpaint
