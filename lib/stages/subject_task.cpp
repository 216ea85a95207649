#include "stages/subject_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "core/names.h"
#include "nn/models.h"
#include "nn/tasks/feed.h"
#include "stages/automatic_subject.h"
#include "stages/net_subject.h"
#include "stages/network_models.h"
#include "stages/target_finder.h"

namespace inpaint {
namespace {

constexpr uint8_t unknown = 128;

cv::Point pixel_of(const PointText& point, cv::Size size) {
  const auto pixel = [](double at) { return static_cast<int>(std::floor(std::clamp(at, -1e8, 1e8))); };
  return {pixel(point.x.pixels(size.width)), pixel(point.y.pixels(size.height))};
}

std::string flag_of(const PointText& point) { return "--point " + Codec<PointText>::print(point); }
std::string flag_of(const BoxText& box) { return "--box " + Codec<BoxText>::print(box); }

bool has_percent(const SubjectOptions& options) {
  const auto in_points = [](const PointText& p) { return p.x.percent || p.y.percent; };
  const auto in_box = [](const BoxText& b) { return b.x.percent || b.y.percent || b.w.percent || b.h.percent; };
  return std::any_of(options.points.begin(), options.points.end(), in_points) || (options.box && in_box(*options.box));
}

// How box and points contradict each other in a picture of this size; "" if they do not.
std::string contradiction(const SubjectOptions& options, cv::Size size) {
  for (size_t i = 0; i < options.points.size(); ++i) {
    const PointText& point = options.points[i];
    const cv::Point at = pixel_of(point, size);
    if (point.subject && options.box && !options.box->in(size.width, size.height).rect().contains(at))
      return fmt::format("{}: on the subject, but outside {}", flag_of(point), flag_of(*options.box));
    for (size_t k = 0; k < i; ++k) {
      const PointText& other = options.points[k];
      if (other.subject != point.subject && pixel_of(other, size) == at)
        return fmt::format("{} and {}: one pixel cannot be both subject and background", flag_of(other),
                           flag_of(point));
    }
  }
  return "";
}

// What lies outside the picture; "" if nothing.
std::string outside(const SubjectOptions& options, cv::Size size) {
  if (options.box && options.box->in(size.width, size.height).grown(0, size.width, size.height).empty())
    return fmt::format("{}: covers no pixel of the picture, which is {} × {}", flag_of(*options.box), size.width,
                       size.height);
  for (const PointText& point : options.points) {
    if (!cv::Rect({}, size).contains(pixel_of(point, size)))
      return fmt::format("{}: outside the picture, which is {} × {}", flag_of(point), size.width, size.height);
  }
  return "";
}

// 0, unknown or 255; near black and near white count as such, since JPEG blurs them.
cv::Mat three_levels(const cv::Mat& values) {
  cv::Mat levels(values.size(), CV_8U, cv::Scalar(unknown));
  levels.setTo(0, values < 16);
  levels.setTo(255, values > 239);
  return levels;
}

// What is wrong with a hint of three levels, alone or beside box and points; "" if nothing.
std::string hint_problem(const cv::Mat& hint, const SubjectOptions& options) {
  double least = 0, most = 0;
  cv::minMaxLoc(hint, &least, &most);
  if (most == 0) return "black all over, which leaves no place for a subject";
  if (least == 255) return "white all over, which leaves nothing to find";
  if (least == most) return "grey all over, which tells nothing";
  if (options.box) {
    cv::Mat beyond = hint.clone();
    beyond(options.box->in(hint.cols, hint.rows).grown(0, hint.cols, hint.rows).rect()).setTo(0);
    if (cv::countNonZero(beyond == 255) > 0) return "white (subject) outside " + flag_of(*options.box);
  }
  for (const PointText& point : options.points) {
    const int level = hint.at<uint8_t>(pixel_of(point, hint.size()));
    if (level == (point.subject ? 0 : 255))
      return fmt::format("{} at {}", point.subject ? "black (background)" : "white (subject)", flag_of(point));
  }
  return "";
}

}  // namespace

void SubjectTask::describe(Fields& fields, const std::vector<std::string>& answers) {
  model_.describe(fields, "What finds the subject");
  fields
      .add("target", target_,
           "Networks with classes or boxes: what to find, in words (t-shirt; \"jeans, t-shirt\"); without --model, "
           "whichever knows them")
      .value("WORDS");
  options_.describe_place(fields);
  if (name_ == "segment") detection_.describe(fields);
  fields
      .add("hint", hint_,
           "auto, classic: a rough trimap (white is subject, black background, grey unknown); one file for all "
           "pictures, or "
           "a directory with one per picture")
      .value("MASK|DIR");
  fields.add("keep-background", keep_background_, "The other way round: the background instead of the subject");
  options_.describe_method(fields);
  fields
      .add("uncertain-below", uncertain_below_,
           "auto, classic, networks: a picture whose subject was found with less confidence counts as uncertain")
      .range(0, 1);
  on_uncertain_ = answers.front();
  std::string help =
      "auto, classic, networks: what an uncertain picture gives: its result and a note (keep), a failure (fail)";
  if (std::find(answers.begin(), answers.end(), "original") != answers.end())
    help += ", the picture as it was (original)";
  fields.add("on-uncertain", on_uncertain_, help).one_of(answers).value("NAME");
}

void SubjectTask::prepare(const Fields& given) {
  if (!target_.empty() && !given.given("model")) {
    model_.prepare(given, card_for_target(target_, name_));
  } else {
    model_.prepare(given);
  }
  if (model_.card()) check_network(given);
  automatic_.reset();
  if (model_.name() == "auto" && !options_.box && options_.points.empty() && !hint_.given()) prepare_automatic();
  if (hint_.given()) hint_.prepare_pictures("--hint");
  if (has_percent(options_)) return;  // known with the picture's size
  const std::string problem = contradiction(options_, {});
  if (!problem.empty()) throw SpecError(name_ + ": " + problem);
}

void SubjectTask::prepare_automatic() {
  automatic_ = find_card(automatic_network);
  check_input(*automatic_);
  automatic_checksum_ = model_checksum(*automatic_);
}

void SubjectTask::check_network(const Fields& given) {
  const Card& card = *model_.card();
  if (card.family == "segment-anything") {
    if (detection_.wanted()) {
      detection_.prepare_detector(target_);
      return;
    }
    for (const char* option : {"target", "least-score", "overlap"}) {
      if (given.knows(option) && given.given(option))
        throw SpecError(
            fmt::format("{}: --{}: chooses among the boxes of --detector, which is not given", name_, option));
    }
    if (!options_.box && options_.points.empty())
      throw SpecError(fmt::format("{}: --model {} needs --box{}", name_, card.name,
                                  name_ == "segment" ? ", --point or --detector" : " or --point"));
  } else if (card.output.kind == "boxes") {
    if (name_ != "segment")
      throw SpecError(fmt::format("{}: --model {}: finds boxes, which cut nothing out; use segment", name_, card.name));
    detection_.prepare(card, target_);
  } else if (card.output.kind == "classes") {
    if (target_.empty())
      throw SpecError(
          fmt::format("{}: --model {} needs --target; its classes: {}", name_, card.name, join(card.labels, ", ")));
    target_labels(target_, card);
  }
}

std::vector<int> SubjectTask::labels() const {
  return target_.empty() ? std::vector<int>{} : target_labels(target_, *model_.card());
}

nlohmann::json SubjectTask::recipe() const {
  nlohmann::json all = automatic_ ? network_recipe(*automatic_, automatic_checksum_) : model_.recipe();
  if (nlohmann::json more = detection_.recipe(); !more.is_null()) all["detector"] = std::move(more);
  return all;
}

bool SubjectTask::opens_network() const {
  return model_.opens_network() || detection_.opens_network(model_) ||
         (automatic_ && model_.would_use_torch(*automatic_));
}

std::unique_ptr<Matter> SubjectTask::open_automatic() const {
  return std::make_unique<AutomaticMatter>(NetSaliency(*automatic_, model_.open_beside(*automatic_)),
                                           make_matter("classic", options_));
}

std::unique_ptr<Segmenter> SubjectTask::open_segmenter() {
  if (automatic_) return std::make_unique<MatteSegmenter>(open_automatic());
  if (!model_.card()) return make_segmenter(model_.name(), options_);
  if (detects()) detection_.open(model_);
  if (model_.card()->output.kind == "boxes") return nullptr;  // the boxes themselves are the answer
  return open_network_segmenter(model_, options_, labels());
}

std::unique_ptr<Matter> SubjectTask::open_matter() {
  if (automatic_) return open_automatic();
  if (!model_.card()) return make_matter(model_.name(), options_);
  return open_network_matter(model_, options_, labels());
}

std::optional<SubjectRequest> SubjectTask::request(Item& item) const {
  const cv::Size size = item.image.pixels().size();
  for (const std::string& problem : {outside(options_, size), contradiction(options_, size)}) {
    if (!problem.empty()) throw ItemError(problem, ItemError::Cause::input);
  }
  SubjectRequest request{item.image, hint_.given() ? hint_for(item) : Mask()};
  if (item.image.has_alpha() && cv::countNonZero(item.image.alpha()) == 0) {
    item.notes.push_back("the picture is all transparent: there is nothing to find");
    return std::nullopt;
  }
  return request;
}

Mask SubjectTask::hint_for(Item& item) const {
  const Mask given = hint_.mask_for(item.rel, {}, item.notes);
  try {
    const cv::Mat hint = three_levels(fit_mask(given, item.image, false).values());
    const std::string problem = hint_problem(hint, options_);
    if (!problem.empty()) throw ItemError(problem);
    return Mask(hint);
  } catch (const ItemError& error) {
    throw ItemError(fmt::format("--hint {}: {}", hint_.file_for(item.rel), error.what()));
  }
}

bool SubjectTask::settle(std::optional<double> confidence, const std::string& method, Item& item) const {
  item.facts["model"] = model_.name();
  for (const char* fact : {"method", "confidence", "uncertain"}) item.facts.erase(fact);  // of an earlier stage
  const bool told = model_.name() == "auto" && !automatic_;                               // where the subject is
  if (told || !method.empty()) item.facts["method"] = told ? "classic" : method;
  if (!confidence) return false;
  const double rounded = std::round(*confidence * 1000) / 1000;
  item.facts["confidence"] = rounded;
  if (rounded >= uncertain_below_) return false;
  item.facts["uncertain"] = true;
  if (on_uncertain_ == "fail")
    throw ItemError(fmt::format("the subject is uncertain: confidence {}, wanted {} (--uncertain-below)", rounded,
                                uncertain_below_),
                    ItemError::Cause::input);
  const bool leaves = on_uncertain_ == "original";
  item.notes.push_back(leaves ? "the subject is uncertain: the picture was left as it is"
                              : "the subject is uncertain: the result wants a look");
  return leaves;
}

}  // namespace inpaint
