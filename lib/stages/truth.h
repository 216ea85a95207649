#pragma once
#include "core/fields.h"
#include "pipeline/companion.h"
#include "pipeline/item.h"

namespace inpaint {

/// The option --truth of a stage that fills holes: the originals, for measuring how close the fill comes.
class Truth {
 public:
  void describe(Fields& fields);
  /// Throws SpecError if the path does not exist.
  void prepare();
  bool given() const { return files_.given(); }
  const Companion& files() const { return files_; }
  /// The original of the item's picture. Throws ItemError if there is none or it has another size.
  Image of(Item& item) const;
  /// Compares the item's picture, filled where its mask says so, with the original: the figures of
  /// to_json(Comparison), and "hole_ratio": the share of the picture where the mask is above one half. They go to
  /// facts["truth"], which TruthTable reads.
  static void tell(const Image& original, Item& item);

 private:
  Companion files_;
};

}  // namespace inpaint
