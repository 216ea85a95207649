#include "nn/tasks/segment_anything.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "core/error.h"
#include "nn/tasks/feed.h"

namespace inpaint {

// A picture as the decoder needs it.
struct PromptSegmenter::Embedded {
  Tensor embedding;
  cv::Size picture, fed, content;  // of the picture; as fed; of the part of that which the picture fills
  int frame() const { return std::max(fed.width, fed.height); }
};

// In coordinates of the frame.
struct PromptSegmenter::Prompt {
  std::vector<float> coordinates, labels;
  bool ambiguous = false;
  void add(double x, double y, float label) {
    coordinates.push_back(static_cast<float>(x));
    coordinates.push_back(static_cast<float>(y));
    labels.push_back(label);
  }
};

namespace {

Tensor tensor_of(std::vector<int64_t> shape, const std::vector<float>& values) {
  Tensor tensor(std::move(shape));
  std::copy(values.begin(), values.end(), tensor.data());
  return tensor;
}

Tensor zeros(std::vector<int64_t> shape) {
  Tensor tensor(std::move(shape));
  std::fill_n(tensor.data(), tensor.size(), 0.0F);
  return tensor;
}

// The same values without the batch axis.
Tensor without_batch(const Tensor& tensor) {
  const auto kept = std::make_shared<Tensor>(tensor);
  const std::vector<int64_t> shape(tensor.shape().begin() + 1, tensor.shape().end());
  return {shape, std::shared_ptr<float[]>(kept, kept->data())};
}

std::string shapes_of(const std::vector<Tensor>& tensors) {
  std::string text;
  for (const Tensor& tensor : tensors) text += (text.empty() ? "" : ", ") + shape_text(tensor.shape());
  return text.empty() ? "nothing" : text;
}

bool finite(const float* values, int64_t count) {
  return std::all_of(values, values + count, [](float value) { return std::isfinite(value); });
}

// What the decoder gave: logits 1 x M x side x side, scores 1 x M.
struct Masks {
  Tensor logits, scores;
};

Masks masks_in(const Card& card, const std::vector<Tensor>& outputs, int64_t side) {
  Masks masks;
  for (const Tensor& one : outputs) {
    const bool planes = one.rank() == 4 && one.extent(0) == 1 && one.extent(1) > 0;
    if (planes && one.extent(2) == side && one.extent(3) == side) masks.logits = one;
  }
  for (const Tensor& one : outputs) {
    const bool fits = !masks.logits.empty() && one.shape() == std::vector<int64_t>{1, masks.logits.extent(1)};
    if (fits && masks.scores.empty()) masks.scores = one;
  }
  if (masks.scores.empty())
    throw ItemError(
        fmt::format("model {}: the decoder gave {}; expected low_res_masks 1xMx{}x{} and iou_predictions "
                    "1xM among its outputs. Is it the right file for this card?",
                    card.name, shapes_of(outputs), side, side));
  if (!finite(masks.logits.data(), masks.logits.size()) || !finite(masks.scores.data(), masks.scores.size()))
    throw ItemError(
        fmt::format("model {}: the decoder's output holds values that are not finite; the file may be "
                    "damaged, or the precision too low for it: try --precision fp32",
                    card.name));
  return masks;
}

// As select_masks in the official export, which counts points where we ask whether the prompt is a single one.
int64_t chosen(const Tensor& scores, bool ambiguous) {
  const int64_t count = scores.extent(1);
  if (count == 4 && !ambiguous) return 0;
  const float* first = scores.data() + (count == 4 ? 1 : 0);
  return std::max_element(first, scores.data() + count) - scores.data();
}

// As mask_postprocessing in the official export: bilinear to the frame, without the padding, bilinear to the picture;
// above 0 is selected.
Mask mask_of(const float* logits, int side, int frame, cv::Size content, cv::Size picture) {
  cv::Mat values(side, side, CV_32F);
  std::copy_n(logits, values.total(), values.ptr<float>());
  cv::resize(cv::Mat(values), values, {frame, frame}, 0, 0, cv::INTER_LINEAR);
  cv::resize(values(cv::Rect({}, content)), values, picture, 0, 0, cv::INTER_LINEAR);
  return Mask(values > 0);
}

}  // namespace

PromptSegmenter::PromptSegmenter(Card card, std::shared_ptr<const Net> encoder, std::shared_ptr<const Net> decoder,
                                 std::optional<BoxText> box, std::vector<PointText> points)
    : card_(std::move(card)),
      encoder_(std::move(encoder)),
      decoder_(std::move(decoder)),
      box_(std::move(box)),
      points_(std::move(points)) {
  if (card_.family != "segment-anything")
    throw SpecError(
        fmt::format("model {}: family is {}; points and boxes need segment-anything", card_.name, card_.family));
  check_input(card_);
  if (!fixed_size(card_.input) || card_.input.resize != "fit")
    throw SpecError(
        fmt::format("model {}: input.size is {} and input.resize {}; segment-anything expects a size such "
                    "as 1024, and fit",
                    card_.name, card_.input.size, card_.input.resize));
}

PromptSegmenter::Embedded PromptSegmenter::embed(const Image& image) const {
  Fed fed = feed(card_.input, image);
  if (card_.input.layout == "nhwc") fed.tensors.front() = without_batch(fed.tensors.front());
  const std::vector<Tensor> outputs = encoder_->run(fed.tensors);
  Embedded picture{{}, image.pixels().size(), fed.size, fed.content};
  const int64_t side = picture.frame() / 16;
  const bool right = !outputs.empty() && outputs[0].rank() == 4 && outputs[0].extent(0) == 1 &&
                     outputs[0].extent(2) == side && outputs[0].extent(3) == side;
  if (!right)
    throw ItemError(
        fmt::format("model {}: the encoder gave {}; expected an embedding 1x256x{}x{}. Is it the right file "
                    "for this card?",
                    card_.name, shapes_of(outputs), side, side));
  picture.embedding = outputs[0];
  return picture;
}

PromptSegmenter::Prompt PromptSegmenter::prompt_for(const Box& box, const std::vector<PointText>& points,
                                                    const Embedded& picture) const {
  const int width = picture.picture.width, height = picture.picture.height;
  const double x_scale = static_cast<double>(picture.content.width) / width;
  const double y_scale = static_cast<double>(picture.content.height) / height;
  Prompt prompt;
  for (const PointText& point : points)
    prompt.add(point.x.pixels(width) * x_scale, point.y.pixels(height) * y_scale, point.subject ? 1.0F : 0.0F);
  const Box inside = box.grown(0, width, height);
  prompt.ambiguous = inside.empty() && points.size() == 1;
  if (inside.empty()) {
    prompt.add(0, 0, -1);
  } else {
    prompt.add(inside.x0 * x_scale, inside.y0 * y_scale, 2);
    prompt.add(inside.x1 * x_scale, inside.y1 * y_scale, 3);
  }
  return prompt;
}

std::vector<Tensor> PromptSegmenter::decoder_inputs(const Embedded& picture, const Prompt& prompt) const {
  const auto count = static_cast<int64_t>(prompt.labels.size());
  const int64_t side = 4 * picture.embedding.extent(2);
  const cv::Size fed = picture.fed;  // the same for all pictures, since the full-size masks are not used
  std::vector<Tensor> inputs;
  for (const std::string& name : card_.decoder_inputs) {
    if (name == "image_embeddings") inputs.push_back(picture.embedding);
    if (name == "point_coords") inputs.push_back(tensor_of({1, count, 2}, prompt.coordinates));
    if (name == "point_labels") inputs.push_back(tensor_of({1, count}, prompt.labels));
    if (name == "mask_input") inputs.push_back(zeros({1, 1, side, side}));
    if (name == "has_mask_input") inputs.push_back(zeros({1}));
    if (name == "orig_im_size")
      inputs.push_back(tensor_of({2}, {static_cast<float>(fed.height), static_cast<float>(fed.width)}));
  }
  return inputs;
}

FoundMask PromptSegmenter::decode(const Embedded& picture, const Prompt& prompt) const {
  const int64_t side = 4 * picture.embedding.extent(2);
  const Masks masks = masks_in(card_, decoder_->run(decoder_inputs(picture, prompt)), side);
  const int64_t best = chosen(masks.scores, prompt.ambiguous);
  const float* logits = masks.logits.data() + best * side * side;
  return {mask_of(logits, static_cast<int>(side), picture.frame(), picture.content, picture.picture),
          std::clamp<double>(masks.scores.data()[best], 0, 1)};
}

FoundMask PromptSegmenter::segment(const SubjectRequest& request) const {
  if (!request.hint.empty()) throw std::invalid_argument("segment-anything takes no hint");
  if (!box_ && points_.empty()) throw std::invalid_argument("segment-anything needs a box or points");
  const Embedded picture = embed(request.image);
  const Box box = box_ ? box_->in(picture.picture.width, picture.picture.height) : Box();
  return decode(picture, prompt_for(box, points_, picture));
}

FoundMask PromptSegmenter::segment_boxes(const Image& image, const std::vector<Box>& boxes) const {
  cv::Mat all = cv::Mat::zeros(image.pixels().size(), CV_8U);
  if (boxes.empty()) return {Mask(all), std::nullopt};
  const Embedded picture = embed(image);
  double least_sure = 1;
  for (const Box& box : boxes) {
    const FoundMask found = decode(picture, prompt_for(box, {}, picture));
    all |= found.mask.values();
    least_sure = std::min(least_sure, *found.confidence);
  }
  return {Mask(all), least_sure};
}

}  // namespace inpaint
