#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "nn/tasks/crop_net_private.h"
#include "nn/tasks/feed.h"
#include "nn/tasks/tone_private.h"

namespace inpaint {
namespace {

cv::Mat mirrored_to(const cv::Mat& pixels, cv::Size size) {
  cv::Mat out;
  cv::copyMakeBorder(pixels, out, 0, size.height - pixels.rows, 0, size.width - pixels.cols,
                     cv::BORDER_REFLECT | cv::BORDER_ISOLATED);
  return out;
}

}  // namespace

cv::Mat float_colors(const Image& picture) {
  cv::Mat colors = picture.pixels();
  if (picture.has_alpha()) cv::cvtColor(picture.pixels(), colors, cv::COLOR_RGBA2RGB);
  cv::Mat values;
  colors.convertTo(values, CV_32F, 1.0 / picture.max_value());
  return values;
}

CropNet::CropNet(Card card, std::shared_ptr<const Net> net, Proposal propose)
    : card_(std::move(card)), net_(std::move(net)), propose_(std::move(propose)) {
  check_input(card_);
  if (card_.output.kind != "colors") {
    throw SpecError(
        fmt::format("model {}: its output is {}, not colors: it cannot fill holes", card_.name, card_.output.kind));
  }
  fixed_ = fixed_size(card_.input);
  fills_ = fills_read(card_.input);
  if (fills_ > 0 && !propose_)
    throw SpecError(fmt::format("model {}: it reads filled pictures, and nothing fills them", card_.name));
}

bool CropNet::on_gpu() const { return net_->facts().device.kind == Device::Kind::cuda; }

int64_t CropNet::fed_pixels(cv::Size crop) const {
  const cv::Size fed = fed_size(card_.input, crop);
  return int64_t{fed.width} * fed.height;
}

std::vector<cv::Mat> CropNet::fill(const std::vector<Crop>& crops) const {
  std::vector<Image> pictures;
  std::vector<Mask> holes;
  std::vector<std::vector<Image>> filled(static_cast<size_t>(fills_));
  for (const Crop& crop : crops) {
    // Never squeezed into a fixed size: what a crop lacks is mirrored, so that shapes stay as they are.
    pictures.push_back(fixed_ ? Image(mirrored_to(crop.picture.pixels(), *fixed_)) : crop.picture);
    holes.push_back(fixed_ ? Mask(mirrored_to(crop.hole.values(), *fixed_)) : crop.hole);
    for (int i = 0; i < fills_; ++i)
      filled[static_cast<size_t>(i)].push_back(propose_(pictures.back(), holes.back(), i));
  }
  const Fed fed = feed_batch(card_.input, pictures, holes, filled);
  const std::vector<Tensor> outputs = net_->run(fed.tensors);
  std::vector<cv::Mat> fills;
  for (size_t i = 0; i < crops.size(); ++i) {
    const cv::Mat colors = colors_from(card_, outputs, fed, static_cast<int64_t>(i));
    cv::Mat fill = colors(cv::Rect({}, crops[i].picture.pixels().size()));
    if (!card_.output.composited) match_tone(fill, float_colors(crops[i].picture), crops[i].hole.values());
    fills.push_back(fill);
  }
  return fills;
}

}  // namespace inpaint
