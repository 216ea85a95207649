#include <fmt/format.h>

#include "classic/mask/combine.h"
#include "classic/segment/regions.h"
#include "image/overlay.h"
#include "nn/tasks/segment_anything.h"
#include "pipeline/stage.h"
#include "stages/mask_facts.h"
#include "stages/subject_task.h"

namespace inpaint {
namespace {

class SegmentStage : public Stage {
 public:
  void describe(Fields& fields) override {
    task_.describe(fields, {"keep", "fail"});
    fields.add("preview", preview_, "Write an overlay beside each result, as STEM.preview.jpg").not_in_recipe();
    fields.add("overlay", preview_, "The same as --preview").not_in_recipe();
    fields.add("crops", crops_,
               "Write each connected part of the mask beside it, cut out of the picture, as STEM.crop-1.png (the "
               "largest), ...");
    fields
        .add("regions", regions_,
             "Write boxes, areas and polygons of these parts beside it (COCO), as STEM.regions.json")
        .not_in_recipe();
  }

  void prepare(const Fields& given) override { task_.prepare(given); }

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

  nlohmann::json recipe() const override { return task_.recipe(); }
  bool opens_network() const override { return task_.opens_network(); }
  void open() override { segmenter_ = task_.open_segmenter(); }

  void run(Item& item) const override {
    const auto request = task_.request(item);
    std::vector<Detection> boxes;
    FoundMask found = request ? find(*request, item, boxes) : nothing_in(item.image);
    task_.settle(found.confidence, found.method, item);
    item.mask = task_.keeps_background() ? invert(found.mask) : found.mask;
    tell_mask(item);
    if (request && found.mask.coverage() == 0)
      item.notes.push_back(task_.keeps_background() ? "no subject found: all is background"
                                                    : "no subject found: the mask is empty");
    if (preview_) item.extras.push_back({".preview.jpg", mask_overlay(item.image, item.mask)});
    if (crops_ || regions_) add_regions(item, boxes);
  }

 private:
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
    if (task_.detects()) {
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
  bool preview_ = false, crops_ = false, regions_ = false;
  std::unique_ptr<Segmenter> segmenter_;
};

}  // namespace

StageInfo segment_stage() {
  return {"segment", "Find the subject and write it as a mask",
          [] { return std::unique_ptr<Stage>(new SegmentStage); }};
}

}  // namespace inpaint
