#include "image/color.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <opencv2/imgproc.hpp>

namespace inpaint {

Color Codec<Color>::parse(const std::string& text) {
  static const std::map<std::string, Color> named = {
      {"black", {0, 0, 0}}, {"white", {255, 255, 255}}, {"grey", {128, 128, 128}}, {"gray", {128, 128, 128}},
      {"red", {255, 0, 0}}, {"green", {0, 128, 0}},     {"blue", {0, 0, 255}}};
  if (const auto it = named.find(text); it != named.end()) return it->second;
  std::string digits = text.starts_with('#') ? text.substr(1) : text;
  if (digits.size() == 3) digits = {digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]};
  unsigned value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (digits.size() != 6 || error != std::errc{} || stop != end) throw BadValue("a colour like '#ff8800' or white");
  return {static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 8 & 255), static_cast<uint8_t>(value & 255)};
}

namespace {

// OpenCV fills its tables on first use, without a lock.
void prepare_lab_tables() {
  static std::once_flag tables;
  std::call_once(tables, [] {
    cv::Mat lab;
    for (const int type : {CV_8UC3, CV_32FC3}) cv::cvtColor(cv::Mat::zeros(1, 1, type), lab, cv::COLOR_RGB2Lab);
  });
}

}  // namespace

cv::Mat rgb_to_lab(const cv::Mat& rgb) {
  prepare_lab_tables();
  cv::Mat lab;
  cv::cvtColor(rgb, lab, cv::COLOR_RGB2Lab);
  return lab;
}

std::string Codec<Color>::print(const Color& color) {
  return fmt::format("#{:02x}{:02x}{:02x}", color.r, color.g, color.b);
}

}  // namespace inpaint
