#include "stages/net_subject.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "classic/matte/refine.h"
#include "classic/matte/scenes.h"
#include "core/error.h"
#include "nn/tasks/fake_net.h"

namespace inpaint::test {
namespace {

Card saliency_card() {
  Card card;
  card.name = "fake";
  card.input.size = "80";
  card.output.stretch = "min-max";
  return card;
}

// Sees the disc as a network does: 80 x 80, soft, from `least` to `most`.
std::shared_ptr<FakeNet> sees(const cv::Mat& alpha, double least, double most) {
  cv::Mat map;
  cv::resize(alpha, map, {80, 80}, 0, 0, cv::INTER_AREA);
  cv::GaussianBlur(map, map, {0, 0}, 1);
  map = map * (most - least) + least;
  return std::make_shared<FakeNet>([map](const std::vector<Tensor>&) {
    Tensor out({1, 1, 80, 80});
    std::copy_n(map.ptr<float>(), map.total(), out.data());
    return std::vector<Tensor>{out};
  });
}

class Fixed : public Segmenter {
 public:
  explicit Fixed(FoundMask found) : found_(std::move(found)) {}
  FoundMask segment(const SubjectRequest&) const override { return found_; }

 private:
  FoundMask found_;
};

}  // namespace

TEST_CASE("a network's subject gets the picture's edges, and a confidence") {
  const Cut cut = disc(200, 60);
  const auto net = sees(cut.alpha, 0.01, 0.97);
  const FoundMatte found = NetMatter(saliency_card(), net).matte({cut.image, {}});
  CHECK(found.matte.values().size() == cut.alpha.size());
  CHECK(mean_error(found.matte.values(), cut.alpha) < 0.002);
  REQUIRE(found.confidence);
  CHECK(*found.confidence > 0.8);

  const FoundMask mask = MatteSegmenter(std::make_unique<NetMatter>(saliency_card(), net)).segment({cut.image, {}});
  CHECK(identical(mask.mask.values(), cv::Mat(found.matte.values() > 0.5)));
  CHECK(mask.confidence == found.confidence);
}

TEST_CASE("an empty scene stays empty, with hardly any confidence") {
  const Cut cut = disc(200, 60);
  const FoundMask found = MatteSegmenter(std::make_unique<NetMatter>(saliency_card(), sees(cut.alpha, 0.02, 0.15)))
                              .segment({cut.image, {}});
  CHECK(found.mask.coverage() == 0);
  CHECK(*found.confidence < 0.2);
}

TEST_CASE("a subject that fills the picture half over is found in any shape of picture") {
  cv::Mat wide(60, 300, CV_8UC3, cv::Scalar(70, 110, 160));
  wide.colRange(150, 300).setTo(cv::Scalar(210, 60, 40));
  cv::Mat alpha = cv::Mat::zeros(60, 300, CV_32F);
  alpha.colRange(150, 300).setTo(1);
  const FoundMask found =
      MatteSegmenter(std::make_unique<NetMatter>(saliency_card(), sees(alpha, 0, 1))).segment({Image(wide), {}});
  CHECK(identical(found.mask.values(), cv::Mat(alpha > 0.5f)));
}

TEST_CASE("what any segmenter selects becomes a matte") {
  const Cut cut = disc(160, 50);
  const RefinedMatter matter(std::make_unique<Fixed>(FoundMask{cut.subject, 0.7}));
  const FoundMatte found = matter.matte({cut.image, {}});
  CHECK(identical(found.matte.values(), refine_matte(cut.image, cut.subject).values()));
  CHECK(found.confidence == 0.7);
}

TEST_CASE("networks of opacity take no hint, and cards of other kinds are refused") {
  const Cut cut = disc(60, 20);
  const NetMatter matter(saliency_card(), sees(cut.alpha, 0, 1));
  CHECK_THROWS_AS(matter.matte({cut.image, Mask(60, 60)}), std::invalid_argument);
  Card card = saliency_card();
  card.output.kind = "classes";
  CHECK_THROWS_AS(NetMatter(card, nullptr), SpecError);
}

}  // namespace inpaint::test
