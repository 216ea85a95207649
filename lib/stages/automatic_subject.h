#pragma once
#include <memory>
#include <string>

#include "image/tasks.h"
#include "nn/tasks/net_saliency.h"
#include "stages/models.h"

namespace inpaint {

/// The model "auto" of segment and remove-bg: a network of opacity where it is sure; else its answer blended with that
/// of the model "classic", the surer one more, the picture's colours deciding where they differ; nothing where classic
/// sees nothing. What gave the answer is its method: "catalog-u2netp", "catalog-u2netp+classic" or "classic". Takes no
/// hint (std::invalid_argument).
class AutomaticMatter : public Matter {
 public:
  AutomaticMatter(NetSaliency network, std::unique_ptr<Matter> classic);
  FoundMatte matte(const SubjectRequest& request) const override;

 private:
  NetSaliency network_;
  std::unique_ptr<Matter> classic_;
};

}  // namespace inpaint
