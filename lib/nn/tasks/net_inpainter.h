#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/fields.h"
#include "image/tasks.h"
#include "nn/card.h"
#include "nn/net.h"

namespace inpaint {

class CropNet;

/// Gives a picture with its hole (mask above 0) filled quickly, for networks that correct such fills; of any depth,
/// never failing for what a picture or hole is. Another one for each `variant`.
using Proposal = std::function<Image(const Image& picture, const Mask& hole, int variant)>;

/// How pictures larger than a network is made for are given to it; names and defaults are those of IOPaint.
struct LargeOptions {
  /// original  the whole picture at once
  /// resize    the whole picture, shrunk until no side is longer than `limit`; the fill is enlarged again
  /// crop      crops around the holes at full scale
  std::string strategy = "crop";
  int trigger = 800;  ///< crop: pictures without a longer side than this are given whole
  int margin = 128;   ///< crop: known pixels around each hole, at least; more around large holes
  /// Longest side that the network is given. crop: of larger holes long thin ones are filled in overlapping tiles,
  /// others from coarse to fine.
  int limit = 1280;

  void describe(Fields& fields);
};

/// Fills holes with a network. Known pixels stay bit-identical, soft mask values blend; 16-bit pictures are filled
/// without steps of 8 bits; grey stays grey; alpha is kept. A network that repaints the whole picture (the card's
/// output.composited is false) is matched in tone to the known pixels around the hole. If memory does not suffice, the
/// batch is halved, then the crop: told in the log, and as reason of the holes. The result does not depend on where in
/// a picture a crop lies. A request's search_area is refused with std::invalid_argument.
class NetInpainter : public Inpainter {
 public:
  /// `propose` is for networks that read "filled-image". Throws SpecError if the card is not one of a network that
  /// fills holes, or is one of such a network and nobody proposes.
  NetInpainter(Card card, std::shared_ptr<const Net> net, LargeOptions options = {}, Proposal propose = {});
  ~NetInpainter() override;
  FillResult fill(const FillRequest& request) const override;

 private:
  class Work;
  std::unique_ptr<const CropNet> net_;
  LargeOptions options_;
  // What was found to be too much for the memory of the device, for the pictures to come.
  mutable std::atomic<int64_t> pixels_per_call_;
  mutable std::atomic<int> longest_side_;
};

}  // namespace inpaint
