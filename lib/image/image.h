#pragma once
#include <memory>
#include <opencv2/core/mat.hpp>

namespace inpaint {

class Metadata;  // EXIF, XMP, IPTC, ICC profile and resolution as read from a file; defined in image/vips.h

/// A picture: height × width × 3 or 4, uint8 or uint16, RGB or RGBA (straight alpha), upright, with its metadata.
/// Copies share pixels; make a changed picture with `with_pixels`, never write into `pixels()`.
class Image {
 public:
  Image() = default;
  /// `pixels`: CV_8UC3, CV_8UC4, CV_16UC3 or CV_16UC4 (throws std::invalid_argument otherwise).
  explicit Image(cv::Mat pixels, std::shared_ptr<const Metadata> metadata = nullptr, bool grey = false);

  bool empty() const { return pixels_.empty(); }
  int width() const { return pixels_.cols; }
  int height() const { return pixels_.rows; }
  bool has_alpha() const { return pixels_.channels() == 4; }
  bool is_16_bit() const { return pixels_.depth() == CV_16U; }
  /// 255 or 65535.
  int max_value() const { return is_16_bit() ? 65535 : 255; }
  /// The picture came as grey (its three colour channels are equal) and is written as grey if they still are.
  bool grey() const { return grey_; }
  const cv::Mat& pixels() const { return pixels_; }
  const std::shared_ptr<const Metadata>& metadata() const { return metadata_; }

  /// The same picture (metadata, greyness) with other pixels; their size, depth and channels may differ.
  Image with_pixels(cv::Mat pixels) const { return Image(std::move(pixels), metadata_, grey_); }

  /// 8-bit RGB, height × width × 3, alpha dropped: what algorithms that look (not write) work on.
  cv::Mat rgb8() const;
  /// The alpha channel, height × width, of the picture's depth; opaque if it has none.
  cv::Mat alpha() const;
  /// The same picture with this alpha channel: height × width, of the picture's depth.
  Image with_alpha(const cv::Mat& alpha) const;

 private:
  cv::Mat pixels_;
  std::shared_ptr<const Metadata> metadata_;
  bool grey_ = false;
};

/// height × width, uint8: 255 = repaint (or: selected), 0 = keep, between = soft.
class Mask {
 public:
  Mask() = default;
  /// `values`: CV_8UC1 (throws std::invalid_argument otherwise).
  explicit Mask(cv::Mat values);
  /// All 0.
  Mask(int width, int height);

  bool empty() const { return values_.empty(); }
  int width() const { return values_.cols; }
  int height() const { return values_.rows; }
  const cv::Mat& values() const { return values_; }
  /// Share of the area that is repainted, soft pixels counted by their value, in [0,1].
  double coverage() const;

 private:
  cv::Mat values_;
};

/// height × width, float32 in [0,1]: opacity of the subject, straight (never premultiplied).
class Matte {
 public:
  Matte() = default;
  /// `values`: CV_32FC1 (throws std::invalid_argument otherwise).
  explicit Matte(cv::Mat values);
  /// mask / 255.
  explicit Matte(const Mask& mask);

  bool empty() const { return values_.empty(); }
  int width() const { return values_.cols; }
  int height() const { return values_.rows; }
  const cv::Mat& values() const { return values_; }

 private:
  cv::Mat values_;
};

/// The picture cut out by the matte: its alpha becomes (alpha already there) × matte; colours are left as they are.
/// Sizes must agree (std::invalid_argument).
Image cut_out(const Image& image, const Matte& matte);

}  // namespace inpaint
