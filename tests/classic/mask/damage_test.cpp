#include "classic/mask/damage.h"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include "drawing.h"

namespace inpaint::test {
namespace {

constexpr Damage all_kinds[] = {Damage::scratches, Damage::dust, Damage::text};

// A soft gradient with a little noise, as a scan of a calm photograph has it.
cv::Mat calm(int width, int height) {
  cv::Mat rgb(height, width, CV_8UC3);
  uint32_t state = 12345;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        state = state * 1664525u + 1013904223u;
        const int noise = static_cast<int>(state >> 30) - 1;  // -1 to 2
        rgb.at<cv::Vec3b>(y, x)[c] = static_cast<uint8_t>(90 + 50 * x / width + 30 * y / height + 6 * c + noise);
      }
    }
  }
  return rgb;
}

struct Painted {
  cv::Mat rgb, truth;  // truth: 255 where something was painted
};

template <class Draw>
Painted painted(int width, int height, int tone, Draw draw) {
  Painted out{calm(width, height), cv::Mat::zeros(height, width, CV_8U)};
  draw(out.rgb, cv::Scalar::all(tone));
  draw(out.truth, cv::Scalar::all(255));
  out.truth = out.truth > 127;
  return out;
}

Painted scratched(int tone) {
  return painted(420, 320, tone, [](cv::Mat& on, const cv::Scalar& color) {
    cv::line(on, {60, 20}, {110, 290}, color, 2, cv::LINE_AA);
    cv::line(on, {170, 230}, {390, 150}, color, 1, cv::LINE_AA);
  });
}

Painted dusty(int tone) {
  return painted(420, 320, tone, [](cv::Mat& on, const cv::Scalar& color) {
    for (int i = 0; i < 15; ++i)
      cv::circle(on, {30 + 25 * i, 40 + (i * 97) % 240}, 1 + i % 3, color, cv::FILLED, cv::LINE_AA);
  });
}

Painted lettered(int tone) {
  return painted(420, 320, tone, [](cv::Mat& on, const cv::Scalar& color) {
    cv::putText(on, "Photo 2024", {60, 120}, cv::FONT_HERSHEY_SIMPLEX, 1.0, color, 2, cv::LINE_AA);
    cv::putText(on, "12.08.1998", {250, 290}, cv::FONT_HERSHEY_SIMPLEX, 0.6, color, 1, cv::LINE_AA);
  });
}

Painted damaged(Damage kind, int tone) {
  return kind == Damage::scratches ? scratched(tone) : kind == Damage::dust ? dusty(tone) : lettered(tone);
}

double share(const cv::Mat& part, const cv::Mat& whole) {
  return cv::countNonZero(part & whole) / static_cast<double>(std::max(1, cv::countNonZero(whole)));
}

double found_share(const Image& image, Damage kind) {
  const Mask mask = detect_damage(image, kind);
  return cv::countNonZero(mask.values()) / static_cast<double>(mask.values().total());
}

Image in_16_bits(const cv::Mat& rgb) {
  cv::Mat wide;
  rgb.convertTo(wide, CV_16U, 257);
  return Image(wide);
}

}  // namespace

TEST_CASE("damage is found, lighter or darker than the picture, and little else") {
  for (const Damage kind : all_kinds) {
    for (const int tone : {250, 10}) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(tone);
      const Painted picture = damaged(kind, tone);
      const Mask mask = detect_damage(Image(picture.rgb), kind);
      REQUIRE(mask.values().size() == picture.rgb.size());
      CHECK(share(mask.values(), picture.truth) > 0.95);
      cv::Mat near;
      cv::dilate(picture.truth, near, cv::getStructuringElement(cv::MORPH_ELLIPSE, {13, 13}));
      CHECK(share(near, mask.values()) > 0.93);
      CHECK(cv::countNonZero((mask.values() != 0) & (mask.values() != 255)) == 0);
    }
  }
}

TEST_CASE("a calm picture has no damage") {
  for (const Damage kind : all_kinds) {
    CAPTURE(static_cast<int>(kind));
    CHECK(found_share(Image(calm(400, 300)), kind) == 0);
    CHECK(found_share(flat_picture(200, 150, 128, 128, 128), kind) == 0);
    CHECK(found_share(flat_picture(200, 150, 0, 0, 0), kind) == 0);
    CHECK(found_share(flat_picture(200, 150, 255, 255, 255), kind) == 0);
  }
}

TEST_CASE("stripes, edges and texture are content") {
  cv::Mat stripes = calm(400, 300), checks = calm(400, 300), edges = calm(400, 300), noise(300, 400, CV_8UC3);
  cv::RNG random(3);
  random.fill(noise, cv::RNG::UNIFORM, 60, 200);
  for (int x = 0; x < 400; x += 10) stripes(cv::Rect(x, 0, 4, 300)) += cv::Scalar::all(60);
  for (int y = 0; y < 300; y += 12) {
    for (int x = (y / 12) % 2 * 12; x < 388; x += 24) checks(cv::Rect(x, y, 12, 12)) += cv::Scalar::all(70);
  }
  edges(cv::Rect(150, 0, 250, 300)) += cv::Scalar::all(80);
  cv::circle(edges, {80, 150}, 50, cv::Scalar(30, 60, 90), cv::FILLED, cv::LINE_AA);
  for (const Damage kind : all_kinds) {
    CAPTURE(static_cast<int>(kind));
    CHECK(found_share(Image(stripes), kind) < 0.001);
    CHECK(found_share(Image(checks), kind) < 0.001);
    CHECK(found_share(Image(edges), kind) < 0.001);
    CHECK(found_share(Image(noise), kind) < 0.005);  // noise of 140 levels has something like a short word in it
  }
}

TEST_CASE("depth, greyness and alpha of the picture do not matter") {
  for (const Damage kind : all_kinds) {
    CAPTURE(static_cast<int>(kind));
    const Painted picture = damaged(kind, 250);
    const Mask mask = detect_damage(Image(picture.rgb), kind);
    CHECK(identical(detect_damage(in_16_bits(picture.rgb), kind).values(), mask.values()));
    cv::Mat rgba;
    cv::cvtColor(picture.rgb, rgba, cv::COLOR_RGB2RGBA);
    CHECK(identical(detect_damage(Image(rgba), kind).values(), mask.values()));
    cv::Mat grey;
    cv::cvtColor(picture.rgb, grey, cv::COLOR_RGB2GRAY);
    cv::cvtColor(grey, grey, cv::COLOR_GRAY2RGB);
    CHECK(share(detect_damage(Image(grey, nullptr, true), kind).values(), picture.truth) > 0.95);
  }
}

TEST_CASE("what cannot be seen is not damaged") {
  const Painted picture = scratched(250);
  cv::Mat alpha(picture.rgb.size(), CV_8U, cv::Scalar(255));
  alpha(cv::Rect(0, 0, 200, 320)).setTo(0);
  const Mask mask = detect_damage(Image(picture.rgb).with_alpha(alpha), Damage::scratches, {0.5, 0});
  CHECK(cv::countNonZero(mask.values()(cv::Rect(0, 0, 200, 320))) == 0);
  CHECK(cv::countNonZero(mask.values()(cv::Rect(200, 0, 220, 320))) > 100);
}

TEST_CASE("more sensitivity finds more, none finds nothing") {
  for (const Damage kind : all_kinds) {
    CAPTURE(static_cast<int>(kind));
    const Image image(damaged(kind, 160).rgb);
    CHECK(cv::countNonZero(detect_damage(image, kind, {0, 2}).values()) == 0);
    cv::Mat less = cv::Mat::zeros(image.pixels().size(), CV_8U);
    for (const double sensitivity : {0.2, 0.5, 0.8, 1.0}) {
      const cv::Mat more = detect_damage(image, kind, {sensitivity, 2}).values();
      CHECK(cv::countNonZero(less & ~more) == 0);
      less = more;
    }
    CHECK(cv::countNonZero(less) > 0);
  }
}

TEST_CASE("what was found is grown by whole pixels") {
  const Image image(scratched(250).rgb);
  const cv::Mat found = detect_damage(image, Damage::scratches, {0.5, 0}).values();
  cv::Mat distance;
  cv::distanceTransform(found == 0, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  CHECK(identical(detect_damage(image, Damage::scratches, {0.5, 3}).values(), cv::Mat(distance <= 3.0001)));
}

TEST_CASE("a large picture is searched at a smaller size and its mask is as large as the picture") {
  Painted picture{calm(2600, 1700), cv::Mat::zeros(1700, 2600, CV_8U)};  // 4.4 megapixels
  cv::line(picture.rgb, {300, 200}, {2200, 1500}, cv::Scalar::all(250), 5, cv::LINE_AA);
  cv::line(picture.truth, {300, 200}, {2200, 1500}, cv::Scalar(255), 5);
  const Mask mask = detect_damage(Image(picture.rgb), Damage::scratches);
  REQUIRE(mask.values().size() == picture.rgb.size());
  CHECK(share(mask.values(), picture.truth) > 0.95);
  CHECK(cv::countNonZero(mask.values()) < 4 * cv::countNonZero(picture.truth));
}

TEST_CASE("pictures of every size and shape can be searched") {
  for (const Damage kind : all_kinds) {
    for (const cv::Size size :
         {cv::Size(1, 1), cv::Size(2, 1), cv::Size(1, 300), cv::Size(700, 3), cv::Size(9, 9), cv::Size(64, 65)}) {
      const Image image = painted_picture(size.width, size.height);
      CHECK(detect_damage(image, kind, {1.0, 2}).values().size() == size);
    }
    CHECK(detect_damage(Image(), kind).empty());
  }
}

TEST_CASE("the number of threads does not change what is found") {
  const int before = cv::getNumThreads();
  for (const Damage kind : all_kinds) {
    const Image image(damaged(kind, 200).rgb);
    cv::setNumThreads(1);
    const Mask alone = detect_damage(image, kind);
    cv::setNumThreads(4);
    CHECK(identical(detect_damage(image, kind).values(), alone.values()));
  }
  cv::setNumThreads(before);
}

TEST_CASE("options out of range are refused") {
  const Image image = painted_picture(20, 20);
  CHECK_THROWS_AS(detect_damage(image, Damage::dust, {-0.1, 2}), std::invalid_argument);
  CHECK_THROWS_AS(detect_damage(image, Damage::dust, {1.1, 2}), std::invalid_argument);
  CHECK_THROWS_AS(detect_damage(image, Damage::dust, {std::numeric_limits<double>::quiet_NaN(), 2}),
                  std::invalid_argument);
  CHECK_THROWS_AS(detect_damage(image, Damage::dust, {0.5, -1}), std::invalid_argument);
}

}  // namespace inpaint::test
