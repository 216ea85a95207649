#include "classic/segment/color_key.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "drawing.h"

namespace inpaint::test {
namespace {

// Opacity of a disc with a smooth rim, from 4 x 4 points in each pixel.
cv::Mat disc_opacity(int width, int height, double cx, double cy, double radius) {
  cv::Mat opacity(height, width, CV_32F);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      int hits = 0;
      for (int i = 0; i < 16; ++i) hits += std::hypot(x + (i % 4 + 0.5) / 4 - cx, y + (i / 4 + 0.5) / 4 - cy) < radius;
      opacity.at<float>(y, x) = static_cast<float>(hits) / 16.0f;
    }
  }
  return opacity;
}

Image blended(const cv::Mat& opacity, const Color& front, const Color& back) {
  cv::Mat rgb(opacity.size(), CV_8UC3);
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      const double a = opacity.at<float>(y, x);
      const auto mix = [a](uint8_t f, uint8_t b) { return static_cast<uint8_t>(f * a + b * (1 - a) + 0.5); };
      rgb.at<cv::Vec3b>(y, x) = {mix(front.r, back.r), mix(front.g, back.g), mix(front.b, back.b)};
    }
  }
  return Image(rgb);
}

constexpr Color blue{20, 60, 180}, grey{225, 225, 225};

}  // namespace

TEST_CASE("border_color is the median of a frame of two per cent") {
  const Image image = painted_picture(160, 120);
  std::vector<int> channel[3];
  for (int y = 0; y < 120; ++y) {
    for (int x = 0; x < 160; ++x) {
      if (x >= 2 && x < 158 && y >= 2 && y < 118) continue;
      for (int c = 0; c < 3; ++c) channel[c].push_back(image.pixels().at<cv::Vec3b>(y, x)[c]);
    }
  }
  for (auto& values : channel) std::sort(values.begin(), values.end());
  const auto median = [](const std::vector<int>& v) { return static_cast<uint8_t>(v[(v.size() - 1) / 2]); };
  CHECK(border_color(image) == Color{median(channel[0]), median(channel[1]), median(channel[2])});
}

TEST_CASE("border_color of tiny pictures and past a subject that touches the border") {
  CHECK(border_color(flat_picture(1, 1, 5, 6, 7)) == Color{5, 6, 7});
  CHECK(border_color(flat_picture(2, 1, 5, 6, 7)) == Color{5, 6, 7});
  cv::Mat rgb = flat_picture(40, 30, 5, 6, 7).pixels().clone();
  rgb(cv::Rect(10, 10, 20, 20)).setTo(cv::Scalar(200, 0, 0));
  CHECK(border_color(Image(rgb)) == Color{5, 6, 7});
}

TEST_CASE("a disc before a uniform background is cut out with a soft rim") {
  const cv::Mat opacity = disc_opacity(80, 70, 41.3, 33.8, 20);
  const Matte matte = color_key(blended(opacity, blue, grey), {});
  cv::Mat difference;
  cv::absdiff(matte.values(), opacity, difference);
  for (int y = 0; y < 70; ++y) {
    for (int x = 0; x < 80; ++x) {
      const double distance = std::hypot(x + 0.5 - 41.3, y + 0.5 - 33.8);
      if (distance > 23) CHECK(matte.values().at<float>(y, x) == 0);
      if (distance < 17) CHECK(matte.values().at<float>(y, x) == 1);
    }
  }
  const cv::Mat rim = (opacity > 0) & (opacity < 1);
  CHECK(cv::mean(difference, rim)[0] < 0.12);
  CHECK(cv::sum(matte.values())[0] == doctest::Approx(cv::sum(opacity)[0]).epsilon(0.02));
}

TEST_CASE("the matte lies in 0 to 1 and has the picture's size") {
  for (const Image& image :
       {painted_picture(50, 40), painted_16_bit(50, 40), with_painted_alpha(painted_picture(50, 40))}) {
    const Matte matte = color_key(image, {});
    CHECK(matte.width() == 50);
    CHECK(matte.height() == 40);
    double least = 0, most = 0;
    cv::minMaxLoc(matte.values(), &least, &most);
    CHECK(least >= 0);
    CHECK(most <= 1);
  }
}

TEST_CASE("background colour enclosed by the subject belongs to it") {
  cv::Mat rgb = flat_picture(60, 60, 225, 225, 225).pixels().clone();
  rgb(cv::Rect(10, 10, 40, 40)).setTo(cv::Scalar(20, 60, 180));
  rgb(cv::Rect(24, 24, 12, 12)).setTo(cv::Scalar(225, 225, 225));
  const Matte matte = color_key(Image(rgb), {});
  CHECK(matte.values().at<float>(30, 30) == 1);
  CHECK(matte.values().at<float>(15, 15) == 1);
  CHECK(matte.values().at<float>(5, 5) == 0);
}

TEST_CASE("the background colour may be named") {
  cv::Mat rgb = flat_picture(60, 40, 225, 225, 225).pixels().clone();
  rgb(cv::Rect(0, 0, 25, 40)).setTo(cv::Scalar(20, 60, 180));
  const Matte grey_out = color_key(Image(rgb), {.color = grey}), blue_out = color_key(Image(rgb), {.color = blue});
  CHECK(grey_out.values().at<float>(20, 5) == 1);
  CHECK(grey_out.values().at<float>(20, 50) == 0);
  CHECK(blue_out.values().at<float>(20, 5) == 0);
  CHECK(blue_out.values().at<float>(20, 50) == 1);
}

TEST_CASE("the tolerance is a distance in Lab") {
  // Two greys: L of 225 and of 205 on the 0-100 scale differ by about 7.
  cv::Mat rgb = flat_picture(60, 60, 225, 225, 225).pixels().clone();
  rgb(cv::Rect(20, 20, 20, 20)).setTo(cv::Scalar(205, 205, 205));
  const auto lightness = [](double v) { return 116 * std::cbrt(std::pow((v / 255 + 0.055) / 1.055, 2.4)) - 16; };
  const double distance = lightness(225) - lightness(205);
  CHECK(cv::sum(color_key(Image(rgb), {.tolerance = distance + 1}).values())[0] == 0);
  CHECK(color_key(Image(rgb), {.tolerance = distance - 1}).values().at<float>(30, 30) == 1);
}

TEST_CASE("a picture of nothing but background gives an empty matte, one without it a full one") {
  CHECK(cv::countNonZero(color_key(flat_picture(30, 20, 9, 99, 199), {}).values()) == 0);
  CHECK(cv::countNonZero(color_key(flat_picture(1, 1, 9, 99, 199), {}).values()) == 0);
  const cv::Mat full = color_key(flat_picture(30, 20, 9, 99, 199), {.color = Color{250, 250, 0}}).values();
  CHECK(identical(full, cv::Mat(20, 30, CV_32FC1, cv::Scalar(1))));
}

TEST_CASE("16 bits give the matte of the same picture in 8") {
  const Image narrow = blended(disc_opacity(50, 40, 25, 20, 12), blue, grey);
  cv::Mat wide;
  narrow.pixels().convertTo(wide, CV_16U, 257.0);
  CHECK(identical(color_key(Image(wide), {}).values(), color_key(narrow, {}).values()));
}

}  // namespace inpaint::test
