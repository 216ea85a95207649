#include "stages/network_models.h"

#include "nn/tasks/net_classes.h"
#include "nn/tasks/segment_anything.h"
#include "stages/net_subject.h"

namespace inpaint {
namespace {

bool finds_opacity(const Card& card) { return card.family == "plain" && card.output.kind == "opacity"; }

}  // namespace

std::unique_ptr<Segmenter> open_network_segmenter(const ChosenModel& model, const SubjectOptions& options,
                                                  const std::vector<int>& labels) {
  const Card& card = *model.card();
  if (card.family == "segment-anything")
    return std::make_unique<PromptSegmenter>(card, model.open("encoder"), model.open("decoder"), options.box,
                                             options.points);
  if (card.output.kind == "classes") return std::make_unique<ClassSegmenter>(card, model.open(), labels);
  return std::make_unique<MatteSegmenter>(std::make_unique<NetMatter>(card, model.open()));
}

std::unique_ptr<Matter> open_network_matter(const ChosenModel& model, const SubjectOptions& options,
                                            const std::vector<int>& labels) {
  if (finds_opacity(*model.card())) return std::make_unique<NetMatter>(*model.card(), model.open());
  return std::make_unique<RefinedMatter>(open_network_segmenter(model, options, labels));
}

}  // namespace inpaint
