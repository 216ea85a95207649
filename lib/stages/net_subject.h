#pragma once
#include <memory>

#include "image/tasks.h"
#include "nn/tasks/net_saliency.h"

namespace inpaint {

/// The subject's opacity by a network of opacity, brought to the picture's own edges at full size. Takes no hint
/// (std::invalid_argument). Throws ItemError as NetSaliency.
class NetMatter : public Matter {
 public:
  /// Throws SpecError as NetSaliency.
  NetMatter(Card card, std::shared_ptr<const Net> net) : saliency_(std::move(card), std::move(net)) {}
  FoundMatte matte(const SubjectRequest& request) const override;

 private:
  NetSaliency saliency_;
};

/// Where any matter's opacity is above one half.
class MatteSegmenter : public Segmenter {
 public:
  explicit MatteSegmenter(std::unique_ptr<Matter> matter) : matter_(std::move(matter)) {}
  FoundMask segment(const SubjectRequest& request) const override;

 private:
  std::unique_ptr<Matter> matter_;
};

/// The opacity of what any segmenter selects: its edges become as soft as they are in the picture.
class RefinedMatter : public Matter {
 public:
  explicit RefinedMatter(std::unique_ptr<Segmenter> segmenter) : segmenter_(std::move(segmenter)) {}
  FoundMatte matte(const SubjectRequest& request) const override;

 private:
  std::unique_ptr<Segmenter> segmenter_;
};

}  // namespace inpaint
