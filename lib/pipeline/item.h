#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "image/codec.h"
#include "image/image.h"

namespace inpaint {

/// A file to be written beside the main result: STEM + suffix, e.g. ".preview.jpg". A picture is written in the format
/// of the suffix, text as it is.
struct Extra {
  std::string suffix;
  std::variant<Image, std::string> content;
};

/// One picture on its way through the stages.
struct Item {
  std::string rel;    ///< path relative to its input root, '/' between folders; names the picture
  uint64_t seed = 0;  ///< differs between pictures, the same from run to run
  std::string text;   ///< of a source that gives texts: the prompt
  Image image;        ///< never empty once decoded, or made
  Image original;     ///< as it was before a stage cut the subject out; empty if none did; of the image's size
  Mask mask;          ///< empty until something gives one; then of the image's size
  Matte matte;        ///< likewise
  nlohmann::json facts = nlohmann::json::object();  ///< what stages want told: coverage, model, ...
  Notes notes;
  std::vector<Extra> extras;
};

}  // namespace inpaint
