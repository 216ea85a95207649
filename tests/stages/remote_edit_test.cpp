#include "stages/remote_edit.h"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "support.h"

namespace inpaint::test {
namespace {

Mask hole_at(cv::Size size, const cv::Rect& box) {
  cv::Mat values = cv::Mat::zeros(size, CV_8U);
  values(box & cv::Rect({}, size)).setTo(255);
  return Mask(values);
}

EndpointCard card_of(const std::string& size, int modulus = 8, int64_t pixels = 0) {
  EndpointCard card;
  card.size = size;
  card.modulus = modulus;
  card.most_pixels = pixels;
  return card;
}

Image inverted(const Image& image) { return image.with_pixels(cv::Scalar::all(255) - image.pixels()); }

}  // namespace

TEST_CASE("a crop holds the hole with room around it, inside the picture where it can") {
  const Image image = painted_picture(900, 700);
  for (const cv::Rect box : {cv::Rect(400, 300, 60, 40), cv::Rect(0, 0, 30, 30), cv::Rect(880, 690, 20, 10)}) {
    const Mask mask = hole_at({900, 700}, box);
    const RemoteCrop fixed = crop_for_service(image, mask, card_of("512"));
    CHECK(fixed.image.pixels().size() == cv::Size(512, 512));
    CHECK(fixed.area.size() == cv::Size(512, 512));  // at its own scale
    CHECK((fixed.area & cv::Rect(0, 0, 900, 700)) == fixed.area);
    CHECK((fixed.area & box) == box);
    CHECK(cv::norm(fixed.image.pixels(), image.pixels()(fixed.area), cv::NORM_INF) == 0);
    CHECK(cv::countNonZero(fixed.mask.values()) == box.area());
    const RemoteCrop free = crop_for_service(image, mask, card_of("free", 64));
    CHECK(free.image.width() % 64 == 0);
    CHECK(free.image.height() % 64 == 0);
    CHECK((free.area & box) == box);
    CHECK(free.area.width >= box.width + 64);
  }
}

TEST_CASE("pictures smaller than the service's size are sent with their border repeated; large holes are shrunk") {
  const Image small = painted_picture(100, 60);
  const RemoteCrop crop = crop_for_service(small, hole_at({100, 60}, {10, 10, 20, 20}), card_of("512"));
  CHECK(crop.image.width() == 512);
  CHECK(cv::norm(crop.image.pixels()(cv::Rect({-crop.area.x, -crop.area.y}, cv::Size(100, 60))), small.pixels(),
                 cv::NORM_INF) == 0);
  const RemoteCrop shrunk =
      crop_for_service(painted_picture(2000, 1500), hole_at({2000, 1500}, {100, 100, 1500, 1000}), card_of("512x768"));
  CHECK(shrunk.image.pixels().size() == cv::Size(512, 768));
  CHECK(shrunk.area.width > 1500);
  const RemoteCrop limited = crop_for_service(painted_picture(2000, 1500), hole_at({2000, 1500}, {0, 0, 2000, 1500}),
                                              card_of("free", 8, 100000));
  CHECK(limited.image.pixels().total() <= 100000);
  CHECK(limited.area.size() == cv::Size(2000, 1504));
}

TEST_CASE("an answer fills the hole and nothing else; soft masks blend") {
  const Image image = painted_picture(300, 200);
  cv::Mat values = cv::Mat::zeros(200, 300, CV_8U);
  values(cv::Rect(50, 60, 80, 70)).setTo(255);
  values(cv::Rect(90, 60, 40, 70)).setTo(128);
  const Mask mask(values);
  const RemoteCrop crop = crop_for_service(image, mask, card_of("256"));
  cv::Mat noise(crop.image.pixels().size(), CV_8UC3);
  cv::theRNG().state = 5;
  cv::randu(noise, 200, 256);
  const Image result = paste_answer(image, mask, crop, Image(noise));
  cv::Mat kept = result.pixels().clone();
  image.pixels().copyTo(kept, values > 0);
  CHECK(cv::norm(kept, image.pixels(), cv::NORM_INF) == 0);
  CHECK(result.pixels().at<cv::Vec3b>(90, 70)[0] >= 200);
  const int before = image.pixels().at<cv::Vec3b>(90, 110)[1], after = result.pixels().at<cv::Vec3b>(90, 110)[1];
  const int sent = noise.at<cv::Vec3b>(90 - crop.area.y, 110 - crop.area.x)[1];
  CHECK(std::abs(after - (before + (sent - before) * 128 / 255)) <= 2);
}

TEST_CASE("an answer of another size is brought to the crop's, one of other proportions refused") {
  const Image image = painted_picture(600, 600);
  const Mask mask = hole_at({600, 600}, {200, 200, 150, 150});
  const RemoteCrop crop = crop_for_service(image, mask, card_of("512"));
  cv::Mat twice;
  cv::resize(inverted(crop.image).pixels(), twice, {}, 2, 2, cv::INTER_CUBIC);
  const Image result = paste_answer(image, mask, crop, Image(twice));
  const cv::Rect inside(210, 210, 130, 130);
  CHECK(cv::norm(result.pixels()(inside), inverted(image).pixels()(inside), cv::NORM_L1) / (3 * inside.area()) < 1);
  CHECK_THROWS_AS(paste_answer(image, mask, crop, Image(cv::Mat(512, 300, CV_8UC3, cv::Scalar::all(90)))), ItemError);
}

TEST_CASE("black, one-coloured and blurred answers are refused; a plain picture's plain answer is not") {
  const Image image = painted_picture(400, 400);
  cv::Mat busy = image.pixels().clone();
  cv::Mat noise(busy.size(), busy.type());
  cv::theRNG().state = 3;
  cv::randn(noise, 0, 20);
  cv::add(busy, noise, busy);
  const Mask mask = hole_at({400, 400}, {100, 100, 100, 100});
  const Image lively = image.with_pixels(busy);
  const RemoteCrop crop = crop_for_service(lively, mask, card_of("256"));
  const auto refusal = [&](const cv::Mat& answer) -> std::string {
    try {
      paste_answer(lively, mask, crop, Image(answer));
    } catch (const ItemError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refusal(crop.image.pixels()).empty());
  CHECK(refusal(cv::Mat::zeros(256, 256, CV_8UC3)).find("black") != std::string::npos);
  CHECK(refusal(cv::Mat(256, 256, CV_8UC3, cv::Scalar(90, 90, 90))).find("one colour") != std::string::npos);
  cv::Mat blurred;
  cv::GaussianBlur(crop.image.pixels(), blurred, {}, 12);
  CHECK(refusal(blurred).find("blurred") != std::string::npos);
  cv::GaussianBlur(crop.image.pixels(), blurred, {}, 0.6);  // what a round trip through a network may do
  CHECK(refusal(blurred).empty());

  const Image plain(cv::Mat(400, 400, CV_8UC3, cv::Scalar(250, 250, 250)));
  const RemoteCrop plain_crop = crop_for_service(plain, mask, card_of("256"));
  CHECK(cv::norm(paste_answer(plain, mask, plain_crop, plain_crop.image).pixels(), plain.pixels(), cv::NORM_INF) == 0);
}

TEST_CASE("a whole picture is shrunk to the service's limit, its opacity enlarged again") {
  const Image image = painted_picture(400, 300);
  CHECK(picture_for_service(image, card_of("free")).pixels().size() == cv::Size(400, 300));
  const Image sent = picture_for_service(image, card_of("free", 1, 30000));
  CHECK(sent.pixels().size() == cv::Size(200, 150));
  cv::Mat half = cv::Mat::zeros(150, 200, CV_32F);
  half.colRange(0, 100).setTo(1);
  const Matte matte = matte_of_answer(Matte(half), image);
  CHECK(matte.values().size() == cv::Size(400, 300));
  double least = 0, most = 0;
  cv::minMaxLoc(matte.values(), &least, &most);
  CHECK(least >= 0);
  CHECK(most <= 1);
  CHECK(matte.values().at<float>(100, 150) == 1);
  CHECK_THROWS_AS(matte_of_answer(Matte(cv::Mat(cv::Mat::zeros(100, 300, CV_32F))), image), ItemError);
}

}  // namespace inpaint::test
