#include "image/profile.h"

#include <doctest/doctest.h>

#include "drawing.h"

namespace inpaint::test {
namespace {

Image in_display_p3() { return load_picture(INPAINT_SOURCE_DIR "/tests/data/orientation6_p3.jpg"); }

}  // namespace

TEST_CASE("pictures are told apart by their profile") {
  const Image p3 = in_display_p3(), plain = painted_picture(4, 4);
  CHECK(same_profile(p3, p3.with_pixels(plain.pixels())));
  CHECK(same_profile(plain, Image()));
  CHECK_FALSE(same_profile(p3, plain));
}

TEST_CASE("colours are brought into another picture's profile, and back") {
  const Image p3 = in_display_p3();
  const Image red = in_profile_of(flat_picture(5, 3, 255, 0, 0), p3);
  // sRGB's red in Display P3: 0.9175, 0.2003, 0.1386.
  CHECK(cv::norm(red.pixels().at<cv::Vec3b>(2, 4), cv::Vec3b(234, 51, 35), cv::NORM_INF) <= 1);
  CHECK(same_profile(red, p3));
  const Image back = in_profile_of(red, flat_picture(1, 1, 0, 0, 0));
  CHECK(largest_difference(back.pixels(), flat_picture(5, 3, 255, 0, 0).pixels()) <= 8);
  CHECK(largest_difference(in_profile_of(flat_picture(5, 3, 255, 255, 255), p3).pixels(),
                           flat_picture(5, 3, 255, 255, 255).pixels()) <= 2);
}

TEST_CASE("depth and alpha survive the change of profile; the same profile changes nothing") {
  const Image p3 = in_display_p3(), deep = with_painted_alpha(painted_16_bit(20, 10));
  const Image changed = in_profile_of(deep, p3);
  CHECK(changed.is_16_bit());
  CHECK(identical(changed.alpha(), deep.alpha()));
  CHECK_FALSE(identical(changed.pixels(), deep.pixels()));
  CHECK(in_profile_of(deep, painted_picture(3, 3)).pixels().data == deep.pixels().data);
}

}  // namespace inpaint::test
