#include "stages/damage_finder.h"

#include <fmt/format.h>

#include <cmath>

#include "classic/mask/combine.h"
#include "core/error.h"

namespace inpaint {
namespace {

Damage damage_called(const std::string& name) {
  if (name == "scratches") return Damage::scratches;
  return name == "dust" ? Damage::dust : Damage::text;
}

}  // namespace

void DamageFinder::describe(Fields& fields) {
  fields.add("detect", kinds_, "Find the damage in the picture itself, besides what a mask selects; may be repeated")
      .one_of({"scratches", "dust", "text"})
      .value("KIND");
  fields
      .add("detect-sensitivity", options_.sensitivity,
           "More finds fainter damage, and takes more of the picture's content for damage")
      .range(0, 1);
  fields.add("detect-grow", options_.grow, "Widen what was found by N pixels, for its soft edges").range(0, 100);
  fields.add("detect-preview", preview_, "Write the picture with the damage marked instead of repairing it");
}

void DamageFinder::prepare(const Fields& given) const {
  for (const char* option : {"detect-sensitivity", "detect-grow", "detect-preview"}) {
    if (!this->given() && given.given(option))
      throw SpecError(fmt::format("reconstruct: --{} belongs to --detect scratches, dust or text", option));
  }
}

Mask DamageFinder::united_with_mask(Item& item) const {
  Mask all = item.mask.empty() ? Mask(item.image.width(), item.image.height()) : item.mask;
  item.facts["damage"] = nlohmann::json::object();
  for (const std::string& kind : kinds_) {
    const Mask found = detect_damage(item.image, damage_called(kind), options_);
    item.facts["damage"][kind] = std::round(found.coverage() * 1e6) / 1e6;
    all = unite(all, found);
  }
  return all;
}

}  // namespace inpaint
