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
namespace {

constexpr int frame = 1024;     // longer side of the picture in the coordinates of prompts
constexpr int mask_side = 256;  // of low_res_masks, which cover frame x frame

const std::vector<int64_t> embedding_shape{1, 256, 64, 64};

enum Label { background = 0, subject = 1, box_start = 2, box_end = 3, padding = -1 };

Tensor filled(std::vector<int64_t> shape, float value) {
  Tensor tensor(std::move(shape));
  std::fill_n(tensor.data(), tensor.size(), value);
  return tensor;
}

// The same values without the first axis.
Tensor without_batch(const Tensor& tensor) {
  Tensor out({tensor.shape().begin() + 1, tensor.shape().end()});
  std::copy_n(tensor.data(), tensor.size(), out.data());
  return out;
}

struct PromptTensors {
  Tensor coordinates, labels;
};

PromptTensors tensors_of(const Prompt& prompt, double x_scale, double y_scale) {
  std::vector<float> coordinates, labels;
  const auto add = [&](double x, double y, Label label) {
    coordinates.push_back(static_cast<float>(x * x_scale));
    coordinates.push_back(static_cast<float>(y * y_scale));
    labels.push_back(static_cast<float>(label));
  };
  for (const Prompt::Point& point : prompt.points) add(point.x, point.y, point.subject ? subject : background);
  if (prompt.box) {
    add(prompt.box->x0, prompt.box->y0, box_start);
    add(prompt.box->x1, prompt.box->y1, box_end);
  } else {
    add(0, 0, padding);
  }
  const auto count = static_cast<int64_t>(labels.size());
  PromptTensors out{Tensor({1, count, 2}), Tensor({1, count})};
  std::copy(coordinates.begin(), coordinates.end(), out.coordinates.data());
  std::copy(labels.begin(), labels.end(), out.labels.data());
  return out;
}

struct Answer {
  Tensor overlaps, masks;  // 1xK, 1xKx256x256
};

Answer answer_in(const std::string& model, const std::vector<Tensor>& outputs) {
  Answer answer;
  std::string shapes;
  for (const Tensor& output : outputs) {
    shapes += (shapes.empty() ? "" : ", ") + shape_text(output.shape());
    if (output.rank() == 2 && output.extent(0) == 1) answer.overlaps = output;
    if (output.rank() == 4 && output.extent(0) == 1 && output.extent(2) == mask_side && output.extent(3) == mask_side)
      answer.masks = output;
  }
  if (answer.overlaps.empty() || answer.masks.empty() || answer.overlaps.extent(1) < 1 ||
      answer.masks.extent(1) != answer.overlaps.extent(1)) {
    throw ItemError(
        fmt::format("model {}: the decoder gave {}; expected iou_predictions 1xK and low_res_masks "
                    "1xKx{}x{}. Is it a decoder of Segment Anything as its export script makes it?",
                    model, shapes, mask_side, mask_side));
  }
  for (const Tensor& tensor : {answer.overlaps, answer.masks}) {
    const auto values = tensor.values();
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
      throw ItemError(fmt::format(
          "model {}: the decoder's output is not a number (NaN or infinite); the file may be damaged, or the "
          "precision too low for it: try --precision fp32",
          model));
  }
  return answer;
}

// Where the logits are above 0, interpolated between the centres of their pixels. `x_scale`, `y_scale`: from the
// picture's pixels to the mask's.
Mask full_size(const cv::Mat& logits, cv::Size size, double x_scale, double y_scale) {
  const cv::Matx23d logit_from_pixel(x_scale, 0, 0.5 * x_scale - 0.5, 0, y_scale, 0.5 * y_scale - 0.5);
  cv::Mat at_pixels;
  cv::warpAffine(logits, at_pixels, logit_from_pixel, size, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_REPLICATE);
  return Mask(cv::Mat(at_pixels > 0));
}

}  // namespace

SegmentAnything::SegmentAnything(Card card, std::shared_ptr<const Net> encoder, std::shared_ptr<const Net> decoder)
    : card_(std::move(card)), encoder_(std::move(encoder)), decoder_(std::move(decoder)) {
  if (card_.family != "segment-anything")
    throw SpecError(fmt::format("model {}: its card says 'family: {}'; points and boxes need segment-anything",
                                card_.name, card_.family));
  check_input(card_);
  if (card_.input.resize != "fit" || !fixed_size(card_.input))
    throw SpecError(fmt::format(
        "model {}: input: expected a fixed size and 'resize: fit', as Segment Anything was trained", card_.name));
}

EncodedPicture SegmentAnything::encode(const Image& image) const {
  Fed fed = feed(card_.input, image);
  if (card_.input.layout == "nhwc") fed.tensors.at(0) = without_batch(fed.tensors[0]);
  const std::vector<Tensor> outputs = encoder_->run(fed.tensors);
  if (outputs.empty() || outputs[0].shape() != embedding_shape) {
    throw ItemError(fmt::format(
        "model {}: the encoder gave {}; expected an embedding of {}. Is it an encoder of "
        "Segment Anything?",
        card_.name, outputs.empty() ? "nothing" : shape_text(outputs[0].shape()), shape_text(embedding_shape)));
  }
  const double longer = std::max(fed.size.width, fed.size.height);
  return {outputs[0], image.pixels().size(), fed.content, frame / longer};
}

FoundMask SegmentAnything::find(const EncodedPicture& picture, const Prompt& prompt) const {
  if (!prompt.box && prompt.points.empty()) throw std::invalid_argument("a prompt needs a box or a point");
  const double width = picture.content.width * picture.to_frame, height = picture.content.height * picture.to_frame;
  const double x_scale = width / picture.picture.width, y_scale = height / picture.picture.height;
  const PromptTensors shown = tensors_of(prompt, x_scale, y_scale);
  Tensor size({2});
  size.data()[0] = static_cast<float>(height), size.data()[1] = static_cast<float>(width);
  const Answer answer =
      answer_in(card_.name, decoder_->run({picture.embedding, shown.coordinates, shown.labels,
                                           filled({1, 1, mask_side, mask_side}, 0), filled({1}, 0), size}));
  const auto overlaps = answer.overlaps.values();
  const auto best = std::max_element(overlaps.begin(), overlaps.end());
  const cv::Mat masks(static_cast<int>(overlaps.size()) * mask_side, mask_side, CV_32F,
                      const_cast<float*>(answer.masks.data()));  // only read
  const int first = static_cast<int>(best - overlaps.begin()) * mask_side;
  const double to_mask = mask_side / static_cast<double>(frame);
  return {full_size(masks.rowRange(first, first + mask_side), picture.picture, x_scale * to_mask, y_scale * to_mask),
          std::clamp(static_cast<double>(*best), 0.0, 1.0)};
}

PromptSegmenter::PromptSegmenter(Card card, std::shared_ptr<const Net> encoder, std::shared_ptr<const Net> decoder,
                                 std::optional<BoxText> box, std::vector<PointText> points)
    : model_(std::move(card), std::move(encoder), std::move(decoder)),
      box_(std::move(box)),
      points_(std::move(points)) {
  if (!box_ && points_.empty()) throw SpecError("models of points and boxes need --box or --point");
}

FoundMask PromptSegmenter::segment(const SubjectRequest& request) const {
  if (!request.hint.empty()) throw std::invalid_argument("models of points and boxes take no hint");
  const int width = request.image.width(), height = request.image.height();
  Prompt prompt;
  if (box_) {
    prompt.box = box_->in(width, height).grown(0, width, height);
    if (prompt.box->empty())
      throw ItemError(fmt::format("--box {}: covers no pixel of the picture, which is {} × {}",
                                  Codec<BoxText>::print(*box_), width, height),
                      ItemError::Cause::input);
  }
  for (const PointText& point : points_)
    prompt.points.push_back({point.x.pixels(width), point.y.pixels(height), point.subject});
  return model_.find(model_.encode(request.image), prompt);
}

}  // namespace inpaint
