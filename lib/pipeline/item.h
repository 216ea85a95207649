#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "image/codec.h"
#include "image/image.h"

namespace inpaint {

/// A picture to be written beside the main result: STEM + suffix + ".jpg", e.g. suffix ".preview".
struct Extra {
  std::string suffix;
  Image image;
};

/// One picture on its way through the stages.
struct Item {
  std::string rel;    ///< path relative to its input root, '/' between folders; names the picture
  uint64_t seed = 0;  ///< differs between pictures, the same from run to run
  Image image;        ///< never empty once decoded
  Mask mask;          ///< empty until something gives one; then of the image's size
  Matte matte;        ///< likewise
  nlohmann::json facts = nlohmann::json::object();  ///< what stages want told: coverage, model, ...
  Notes notes;
  std::vector<Extra> extras;
};

}  // namespace inpaint
