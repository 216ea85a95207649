#include "stages/automatic_subject.h"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <stdexcept>

#include "drawing.h"
#include "nn/tasks/fake_net.h"
#include "stages/net_subject.h"
#include "support.h"

namespace inpaint::test {
namespace {

constexpr int side = 32;

// The subject is the left half for the network, `height` above the ground of 0.05, and the upper half for classic.
NetSaliency network_seeing(float height) {
  Card card;
  card.name = "fake";
  card.input.size = std::to_string(side);
  card.output.stretch = "min-max";
  const auto answer = [height](const std::vector<Tensor>&) {
    Tensor out({1, 1, side, side});
    for (int64_t i = 0; i < out.size(); ++i) out.data()[i] = i % side < side / 2 ? height : 0.05F;
    return std::vector<Tensor>{out};
  };
  return NetSaliency(card, std::make_shared<FakeNet>(answer));
}

class FakeClassic : public Matter {
 public:
  FakeClassic(double confidence, int& asked, float opacity = 0.875F)
      : confidence_(confidence), opacity_(opacity), asked_(asked) {}
  FoundMatte matte(const SubjectRequest& request) const override {
    ++asked_;
    cv::Mat values = cv::Mat::zeros(request.image.pixels().size(), CV_32F);
    values.rowRange(0, values.rows / 2).setTo(opacity_);
    return {Matte(values), confidence_};
  }

 private:
  double confidence_;
  float opacity_;
  int& asked_;
};

// Two colours, side by side.
Image two_halves() {
  cv::Mat rgb(side, side, CV_8UC3, cv::Scalar(200, 40, 30));
  rgb.colRange(side / 2, side).setTo(cv::Scalar(40, 60, 190));
  return Image(rgb);
}

struct Answer {
  FoundMatte found;
  int classic_asked = 0;
  float at(int y, int x) const { return found.matte.values().at<float>(y, x); }
};

Answer answer(float height, double classic_confidence, float classic_opacity = 0.875F) {
  Answer answer;
  const AutomaticMatter matter(
      network_seeing(height), std::make_unique<FakeClassic>(classic_confidence, answer.classic_asked, classic_opacity));
  answer.found = matter.matte({two_halves(), {}});
  return answer;
}

}  // namespace

TEST_CASE("auto takes the network's answer where it is sure, and asks no other") {
  const Answer sure = answer(0.99F, 1);
  CHECK(sure.found.method == "catalog-u2netp");
  CHECK(sure.classic_asked == 0);
  CHECK(sure.found.confidence > 0.92);
  CHECK(sure.at(28, 3) > 0.9f);
  CHECK(sure.at(3, 28) < 0.1f);
}

TEST_CASE("auto blends both answers where the network is not sure, the surer one more") {
  const Answer found = answer(0.5F, 0.1);
  CHECK(found.found.method == "catalog-u2netp+classic");
  CHECK(found.classic_asked == 1);
  CHECK(*found.found.confidence < 0.6);
  CHECK(found.at(3, 3) > 0.8f);              // both say yes
  CHECK(found.at(28, 28) < 0.1f);            // both say no
  CHECK(found.at(28, 3) > found.at(3, 28));  // only the network, only classic
}

TEST_CASE("auto sees nothing where classic does not and the network is not sure") {
  const Answer found = answer(0.5F, 0, 0);
  CHECK(found.found.method == "classic");
  CHECK(cv::countNonZero(found.found.matte.values()) == 0);
}

TEST_CASE("the model auto segments by what it cuts out") {
  int asked = 0;
  const MatteSegmenter segmenter(
      std::make_unique<AutomaticMatter>(network_seeing(0.5F), std::make_unique<FakeClassic>(0.7, asked)));
  const FoundMask found = segmenter.segment({two_halves(), {}});
  CHECK(found.method == "catalog-u2netp+classic");
  CHECK(found.mask.values().at<uint8_t>(3, 3) == 255);
  CHECK(found.mask.values().at<uint8_t>(28, 28) == 0);
}

TEST_CASE("the model auto takes no hint: that goes to classic at once") {
  int asked = 0;
  const AutomaticMatter matter(network_seeing(0.9F), std::make_unique<FakeClassic>(0.7, asked));
  CHECK_THROWS_AS(matter.matte({two_halves(), Mask(side, side)}), std::invalid_argument);
}

}  // namespace inpaint::test
