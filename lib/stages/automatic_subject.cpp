#include "stages/automatic_subject.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "classic/matte/rough.h"

namespace inpaint {
namespace {

constexpr double sure = 0.92;  // the network's confidence from which its answer is taken as it is

// At the size of the network's map: where the two differ, the picture's colours decide.
Matte blended(const FoundOpacity& network, const FoundMatte& classic) {
  const double c = classic.confidence.value_or(0), sum = network.confidence + c;
  const double share = sum > 0 ? network.confidence / sum : 0.5;
  cv::Mat small, mixed;
  cv::resize(classic.matte.values(), small, network.map.values().size(), 0, 0, cv::INTER_AREA);
  cv::addWeighted(network.map.values(), share, small, 1 - share, 0, mixed);
  return Matte(mixed);
}

}  // namespace

AutomaticMatter::AutomaticMatter(NetSaliency network, std::unique_ptr<Matter> classic)
    : network_(std::move(network)), classic_(std::move(classic)) {}

FoundMatte AutomaticMatter::matte(const SubjectRequest& request) const {
  if (!request.hint.empty()) throw std::invalid_argument("the model auto takes a hint to classic at once");
  const FoundOpacity seen = network_.find(request.image);
  const std::string network = automatic_network;
  if (seen.confidence >= sure) return {refine_rough_matte(request.image, seen.map), seen.confidence, network};
  FoundMatte classic = classic_->matte(request);
  classic.method = "classic";
  if (cv::countNonZero(classic.matte.values()) == 0) return classic;  // nor did the network see much
  const double mean = (seen.confidence + classic.confidence.value_or(0)) / 2;
  return {refine_rough_matte(request.image, blended(seen, classic)), mean, network + "+classic"};
}

}  // namespace inpaint
