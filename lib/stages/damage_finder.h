#pragma once
#include <optional>
#include <string>
#include <vector>

#include "classic/mask/damage.h"
#include "core/fields.h"
#include "pipeline/item.h"

namespace inpaint {

/// The options --detect, ... of a stage that repairs: damage that is found in the picture itself.
class DamageFinder {
 public:
  void describe(Fields& fields);
  /// Throws SpecError.
  void prepare(const Fields& given) const;
  bool given() const { return !kinds_.empty(); }
  /// The picture is to be shown with its damage marked instead of being repaired.
  bool previews() const { return preview_; }
  /// The item's mask, if it has one, and the damage found, of the picture's size. Tells facts["damage"]: the share of
  /// the picture that each kind covers.
  Mask united_with_mask(Item& item) const;

 private:
  std::vector<std::string> kinds_;
  DamageOptions options_;
  bool preview_ = false;
};

}  // namespace inpaint
