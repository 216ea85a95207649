#include <fmt/format.h>

#include "classic/mask/combine.h"
#include "classic/segment/regions.h"
#include "core/error.h"
#include "image/overlay.h"
#include "nn/tasks/segment_anything.h"
#include "nn/tasks/vocabulary.h"
#include "pipeline/stage.h"
#include "stages/mask_facts.h"
#include "stages/remote_edit.h"
#include "stages/remote_task.h"
#include "stages/subject_task.h"
#include "stages/target_finder.h"

namespace inpaint {
namespace {

// Of a service's labels for one picture: words that mean none of them are passed over.
std::vector<int> labels_that_are_there(const std::vector<std::string>& words, const Card& card) {
  std::vector<int> all;
  for (const std::string& word : words) {
    if (card.labels.empty()) break;
    try {
      for (const int label : labels_for({word}, card)) all.push_back(label);
    } catch (const SpecError&) {
      continue;  // not in this picture
    }
  }
  return all;
}

class SegmentStage : public Stage {
 public:
  void describe(Fields& fields) override {
    task_.describe(fields, {"keep", "fail"});
    only_here_ = fields.names();
    std::erase_if(only_here_, [](const std::string& name) { return name == "target" || name == "keep-background"; });
    fields.add("preview", preview_, "Write an overlay beside each result, as STEM.preview.jpg").not_in_recipe();
    fields.add("overlay", preview_, "The same as --preview").not_in_recipe();
    fields.add("crops", crops_,
               "Write each connected part of the mask beside it, cut out of the picture, as STEM.crop-1.png (the "
               "largest), ...");
    fields
        .add("regions", regions_,
             "Write boxes, areas and polygons of these parts beside it (COCO), as STEM.regions.json")
        .not_in_recipe();
    remote_.describe(fields);
  }

  void prepare(const Fields& given) override {
    remote_.prepare(given, only_here_);
    if (!remote_.given()) return task_.prepare(given);
    if (task_.target().empty())
      throw SpecError(fmt::format("segment: --endpoint {} needs --target: what to find", remote_.card().name));
    words_ = target_words(task_.target());
  }

  std::vector<Port> gives() const override { return {Port::mask}; }
  Port result() const override { return Port::mask; }
  std::vector<const Companion*> companions() const override { return task_.companions(); }
  std::vector<std::string> extras() const override {
    std::vector<std::string> suffixes;
    if (preview_) suffixes.push_back(".preview.jpg");
    if (crops_) suffixes.push_back(".crop-#.png");
    if (regions_) suffixes.push_back(".regions.json");
    return suffixes;
  }
  std::optional<RemoteUse> remote_use() const override { return remote_.use(); }
  void keep_in(const std::string& directory) override { remote_.keep_in(directory); }
  void abort() const override { remote_.abort(); }

  nlohmann::json recipe() const override { return remote_.given() ? remote_.recipe() : task_.recipe(); }
  bool opens_network() const override { return !remote_.given() && task_.opens_network(); }
  void open() override {
    if (remote_.given()) return remote_.open();
    segmenter_ = task_.open_segmenter();
  }

  void run(Item& item) const override { run_and_wait(*this, item); }

  std::unique_ptr<Waiting> start(Item& item) const override {
    if (remote_.given()) return ask(item);
    const auto request = task_.request(item);
    std::vector<Detection> boxes;
    FoundMask found = request ? find(*request, item, boxes) : nothing_in(item.image);
    task_.settle(found.confidence, found.method, item);
    take(found.mask, request.has_value(), boxes, item);
    return nullptr;
  }

 private:
  std::unique_ptr<Waiting> ask(Item& item) const {
    return remote_.ask(
        {.image = picture_for_service(item.image, remote_.card())}, item,
        [this](const RemoteAnswer& answer, Item& asked) { take(united(answer.regions, asked), true, {}, asked); });
  }

  // The regions that --target means, together.
  Mask united(const std::vector<RemoteRegion>& regions, Item& item) const {
    Card labels;
    for (const RemoteRegion& region : regions) labels.labels.push_back(region.label);
    Mask all(item.image.width(), item.image.height());
    nlohmann::json& told = item.facts["labels"] = nlohmann::json::array();
    for (const int index : labels_that_are_there(words_, labels)) {
      const RemoteRegion& region = regions[static_cast<size_t>(index)];
      all = unite(all, mask_of_answer(region.mask, item.image));
      told.push_back({{"label", region.label}, {"score", region.score}});
    }
    return all;
  }

  // `looked`: there was a picture to look at.
  void take(const Mask& found, bool looked, const std::vector<Detection>& boxes, Item& item) const {
    item.mask = task_.keeps_background() ? invert(found) : found;
    tell_mask(item);
    if (looked && found.coverage() == 0)
      item.notes.push_back(task_.keeps_background() ? "no subject found: all is background"
                                                    : "no subject found: the mask is empty");
    if (preview_) item.extras.push_back({".preview.jpg", mask_overlay(item.image, item.mask)});
    if (crops_ || regions_) add_regions(item, boxes);
  }

  static FoundMask nothing_in(const Image& image) { return {Mask(image.width(), image.height()), std::nullopt}; }

  // Also tells what boxes were found, where the task looks for such.
  FoundMask find(const SubjectRequest& request, Item& item, std::vector<Detection>& boxes) const {
    if (!task_.detects()) return segmenter_->segment(request);
    boxes = task_.detection().find(item);
    const auto* prompted = dynamic_cast<const PromptSegmenter*>(segmenter_.get());
    if (prompted == nullptr || boxes.empty()) return {mask_of(boxes, item.image), std::nullopt};
    std::vector<Box> shown;
    for (const Detection& one : boxes) shown.push_back(one.box);
    return prompted->segment_boxes(item.image, shown);
  }

  void add_regions(Item& item, const std::vector<Detection>& boxes) const {
    const std::vector<MaskRegion> regions = regions_of(item.mask);
    for (size_t i = 0; i < regions.size() && crops_; ++i)
      item.extras.push_back({fmt::format(".crop-{}.png", i + 1), crop_region(item.image, regions[i])});
    if (!regions_) return;
    if (!remote_.given() && task_.detects()) {
      item.extras.push_back({".regions.json", task_.detection().coco(item, boxes)});
      return;
    }
    const auto score = item.facts.find("confidence");
    const nlohmann::json coco = coco_of(regions, item.rel, item.image.pixels().size(),
                                        score == item.facts.end() ? std::nullopt : std::optional(score->get<double>()));
    const std::string text = coco.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    item.extras.push_back({".regions.json", text + "\n"});
  }

  SubjectTask task_{"segment"};
  RemoteTask remote_{"segment"};
  std::vector<std::string> only_here_, words_;
  bool preview_ = false, crops_ = false, regions_ = false;
  std::unique_ptr<Segmenter> segmenter_;
};

}  // namespace

StageInfo segment_stage() {
  return {"segment", "Find the subject and write it as a mask",
          [] { return std::unique_ptr<Stage>(new SegmentStage); }};
}

}  // namespace inpaint
