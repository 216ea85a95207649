#include "nn/tasks/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "core/codec.h"
#include "core/error.h"
#include "nn/tasks/resize_private.h"

namespace inpaint {
namespace {

enum class Plane {
  red,
  green,
  blue,
  known_red,
  known_green,
  known_blue,
  filled_red,
  filled_green,
  filled_blue,
  other_red,
  other_green,
  other_blue,
  hole,
  known,
  known_half
};

// The channels of one tensor, in order.
std::vector<Plane> channels_of(const CardInput& input, const std::string& list) {
  std::vector<Plane> channels;
  const bool bgr = input.colors == "bgr";
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find('+', begin), list.size());
    const std::string name = list.substr(begin, end - begin);
    begin = end + 1;
    std::vector<Plane> planes;
    if (name == "image") planes = {Plane::red, Plane::green, Plane::blue};
    if (name == "known-image") planes = {Plane::known_red, Plane::known_green, Plane::known_blue};
    if (name == "filled-image") planes = {Plane::filled_red, Plane::filled_green, Plane::filled_blue};
    if (name == "filled-image-2") planes = {Plane::other_red, Plane::other_green, Plane::other_blue};
    if (bgr) std::reverse(planes.begin(), planes.end());
    if (name == "hole") planes = {Plane::hole};
    if (name == "known") planes = {Plane::known};
    if (name == "known-half") planes = {Plane::known_half};
    if (planes.empty()) {
      throw SpecError(fmt::format(
          "input.tensors: '{}' is unknown; expected image, known-image, filled-image, filled-image-2, hole, known, "
          "known-half, joined by '+'",
          name));
    }
    channels.insert(channels.end(), planes.begin(), planes.end());
  }
  return channels;
}

// Nothing: the picture's largest value.
std::optional<double> divisor(const CardInput& input) {
  if (input.divide == "max") return std::nullopt;
  try {
    const double value = Codec<double>::parse(input.divide);
    if (value > 0) return value;
  } catch (const BadValue&) {
  }
  throw SpecError(fmt::format("input.divide: '{}'; expected a number above 0, or max", input.divide));
}

// The three colour channels, resized, in the depth of the picture.
cv::Mat colours_at(const Image& image, cv::Size size) {
  cv::Mat colours = resized(image.pixels(), size);
  if (colours.channels() == 4) {
    cv::Mat three;
    cv::cvtColor(colours, three, cv::COLOR_RGBA2RGB);
    return three;
  }
  return colours;
}

// CV_32FC3, RGB: normalised as the card says, of the fed size.
cv::Mat normalised(const CardInput& input, const Image& image, cv::Size size, cv::Size content) {
  const cv::Mat colours = colours_at(image, content);
  const std::optional<double> divide = divisor(input);
  double scale = 255.0 / image.max_value();
  if (divide) {
    scale /= *divide;
  } else {
    double most = 0;
    cv::minMaxLoc(colours.reshape(1), nullptr, &most);
    scale = 1 / std::max(most, 1.0);
  }
  cv::Mat values(size, CV_32FC3, cv::Scalar::all(0));
  std::array<float, 3> gain{}, offset{};
  for (size_t c = 0; c < 3; ++c) {
    const size_t fed = input.colors == "bgr" ? 2 - c : c;  // mean and std stand in the order of the fed channels
    gain[c] = static_cast<float>(scale / input.std[fed]);
    offset[c] = static_cast<float>(-input.mean[fed] / input.std[fed]);
  }
  const auto convert = [&]<class T>(const T*) {
    for (int y = 0; y < content.height; ++y) {
      const auto* from = colours.ptr<T>(y);
      auto* to = values.ptr<float>(y);
      for (int x = 0; x < content.width; ++x) {
        for (size_t c = 0; c < 3; ++c) *to++ = static_cast<float>(*from++) * gain[c] + offset[c];
      }
    }
  };
  image.is_16_bit() ? convert(static_cast<const uint16_t*>(nullptr)) : convert(static_cast<const uint8_t*>(nullptr));
  return values;
}

bool padded_by_reflection(const CardInput& input) { return !fixed_size(input); }

// Fills what lies right of and below the content by reflection at its edges, however little content there is.
cv::Mat reflected(const cv::Mat& values, cv::Size content) {
  if (content == values.size()) return values;
  cv::Mat out;
  cv::copyMakeBorder(values(cv::Rect({}, content)), out, 0, values.rows - content.height, 0,
                     values.cols - content.width, cv::BORDER_REFLECT | cv::BORDER_ISOLATED);
  return out;
}

struct Picture {
  cv::Mat colours;              // CV_32FC3
  std::vector<cv::Mat> filled;  // likewise
  cv::Mat hole;                 // CV_8U, 1 in the hole; empty: none
};

Picture prepared(const CardInput& input, const Image& image, const Mask& hole, const std::vector<Image>& filled,
                 cv::Size size, cv::Size content) {
  Picture picture{normalised(input, image, size, content), {}, {}};
  for (const Image& one : filled) picture.filled.push_back(normalised(input, one, size, content));
  if (!hole.empty()) {
    picture.hole = cv::Mat(size, CV_8U, cv::Scalar(0));
    touched(hole.values(), content).copyTo(picture.hole(cv::Rect({}, content)));
  }
  if (padded_by_reflection(input)) {
    picture.colours = reflected(picture.colours, content);
    for (cv::Mat& one : picture.filled) one = reflected(one, content);
    if (!hole.empty()) picture.hole = reflected(picture.hole, content);
  }
  return picture;
}

// One channel into memory, `step` values from pixel to pixel.
void write_channel(const Picture& picture, Plane plane, float* to, int64_t step) {
  const int colour = plane >= Plane::hole ? 0 : static_cast<int>(plane) % 3;
  const bool known_only = plane >= Plane::known_red && plane <= Plane::known_blue;
  const bool filled = plane >= Plane::filled_red && plane <= Plane::other_blue;
  const cv::Mat& colours = filled ? picture.filled[plane >= Plane::other_red ? 1 : 0] : picture.colours;
  const float at_known = plane == Plane::hole ? 0.0f : plane == Plane::known ? 1.0f : 0.5f;
  const float at_hole = plane == Plane::hole ? 1.0f : plane == Plane::known ? 0.0f : -0.5f;
  for (int y = 0; y < picture.colours.rows; ++y) {
    const auto* from = colours.ptr<float>(y) + colour;
    const uint8_t* hole = picture.hole.empty() ? nullptr : picture.hole.ptr<uint8_t>(y);
    for (int x = 0; x < picture.colours.cols; ++x, to += step) {
      const bool in_hole = hole != nullptr && hole[x] != 0;
      if (plane >= Plane::hole) {
        *to = in_hole ? at_hole : at_known;
      } else {
        *to = known_only && in_hole ? 0.0f : from[ptrdiff_t{3} * x];
      }
    }
  }
}

}  // namespace

void check_input(const Card& card) {
  try {
    fixed_size(card.input);
    divisor(card.input);
    for (const std::string& list : card.input.tensors) channels_of(card.input, list);
  } catch (const SpecError& error) {
    throw SpecError(fmt::format("model {}: {}", card.name, error.what()));
  }
}

int fills_read(const CardInput& input) {
  int fills = 0;
  for (const std::string& list : input.tensors) {
    for (const Plane plane : channels_of(input, list)) {
      if (plane == Plane::filled_red) fills = std::max(fills, 1);
      if (plane == Plane::other_red) fills = 2;
    }
  }
  return fills;
}

std::optional<cv::Size> fixed_size(const CardInput& input) {
  if (input.size == "free") return std::nullopt;
  const size_t cross = input.size.find('x');
  try {
    const int width = Codec<int>::parse(input.size.substr(0, cross));
    const int height = cross == std::string::npos ? width : Codec<int>::parse(input.size.substr(cross + 1));
    if (width > 0 && height > 0) return cv::Size(width, height);
  } catch (const BadValue&) {
  }
  throw SpecError(fmt::format("input.size: '{}'; expected free, N or WxH", input.size));
}

cv::Size fed_size(const CardInput& input, cv::Size picture) {
  if (const auto fixed = fixed_size(input)) return *fixed;
  // Networks that pad by reflection inside need two values a side where they are coarsest.
  const int least = input.modulus > 1 ? 2 : 1;
  const auto up = [&](int side) { return std::max((side + input.modulus - 1) / input.modulus, least) * input.modulus; };
  return {up(picture.width), up(picture.height)};
}

std::vector<std::vector<int64_t>> usual_shapes(const CardInput& input) {
  const cv::Size size = fed_size(input, fixed_size(input).value_or(cv::Size(512, 512)));
  std::vector<std::vector<int64_t>> shapes;
  for (const std::string& list : input.tensors) {
    const auto channels = static_cast<int64_t>(channels_of(input, list).size());
    shapes.push_back(input.layout == "nhwc" ? std::vector<int64_t>{1, size.height, size.width, channels}
                                            : std::vector<int64_t>{1, channels, size.height, size.width});
  }
  return shapes;
}

cv::Size content_size(const CardInput& input, cv::Size picture) {
  const auto fixed = fixed_size(input);
  if (!fixed) return picture;
  if (input.resize == "stretch") return *fixed;
  const double scale =
      std::min(static_cast<double>(fixed->width) / picture.width, static_cast<double>(fixed->height) / picture.height);
  return {std::clamp(static_cast<int>(std::lround(picture.width * scale)), 1, fixed->width),
          std::clamp(static_cast<int>(std::lround(picture.height * scale)), 1, fixed->height)};
}

Fed feed(const CardInput& input, const Image& image, const Mask& hole) {
  return feed_batch(input, {image}, hole.empty() ? std::vector<Mask>{} : std::vector<Mask>{hole});
}

Fed feed_batch(const CardInput& input, const std::vector<Image>& images, const std::vector<Mask>& holes,
               const std::vector<std::vector<Image>>& filled) {
  if (images.empty() || (!holes.empty() && holes.size() != images.size())) {
    throw std::invalid_argument("a batch needs pictures, and a hole for each or none at all");
  }
  const bool complete = std::all_of(filled.begin(), filled.end(),
                                    [&](const std::vector<Image>& fills) { return fills.size() == images.size(); });
  if (!complete || filled.size() != static_cast<size_t>(fills_read(input)))
    throw std::invalid_argument("networks that read filled pictures need them of each, and others none");
  const cv::Size picture = images.front().pixels().size();
  for (size_t i = 0; i < images.size(); ++i) {
    const bool fits = images[i].pixels().size() == picture &&
                      (holes.empty() || holes[i].empty() || holes[i].values().size() == picture) &&
                      std::all_of(filled.begin(), filled.end(),
                                  [&](const auto& fills) { return fills[i].pixels().size() == picture; });
    if (!fits) throw std::invalid_argument("pictures and holes of one batch have one size");
  }
  Fed fed{{}, fed_size(input, picture), content_size(input, picture)};
  const int64_t height = fed.size.height, width = fed.size.width, count = static_cast<int64_t>(images.size());
  const bool nhwc = input.layout == "nhwc";
  std::vector<std::vector<Plane>> channels;
  for (const std::string& list : input.tensors) {
    channels.push_back(channels_of(input, list));
    const int64_t depth = static_cast<int64_t>(channels.back().size());
    fed.tensors.emplace_back(nhwc ? std::vector<int64_t>{count, height, width, depth}
                                  : std::vector<int64_t>{count, depth, height, width});
  }
  for (size_t i = 0; i < images.size(); ++i) {
    std::vector<Image> fills;
    for (const std::vector<Image>& variant : filled) fills.push_back(variant[i]);
    const Picture values = prepared(input, images[i], holes.empty() ? Mask{} : holes[i], fills, fed.size, fed.content);
    for (size_t t = 0; t < channels.size(); ++t) {
      const int64_t depth = static_cast<int64_t>(channels[t].size()), area = height * width;
      float* entry = fed.tensors[t].data() + static_cast<int64_t>(i) * depth * area;
      for (int64_t c = 0; c < depth; ++c) {
        write_channel(values, channels[t][static_cast<size_t>(c)], entry + (nhwc ? c : c * area), nhwc ? depth : 1);
      }
    }
  }
  return fed;
}

}  // namespace inpaint
