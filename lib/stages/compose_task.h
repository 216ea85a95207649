#pragma once
#include <optional>
#include <string>
#include <vector>

#include "classic/compose/shadow.h"
#include "pipeline/item.h"
#include "pipeline/stage.h"
#include "stages/backdrop_source.h"

namespace inpaint {

/// Turns a cut-out into a picture to be shown: its options, and doing it. For the stage of that name and for stages
/// that end with it.
class ComposeTask {
 public:
  /// `name`: the stage, for messages.
  explicit ComposeTask(std::string name) : name_(std::move(name)) {}

  /// All options but --original.
  void describe(Fields& fields);
  void describe_original(Fields& fields);
  /// Throws SpecError for options that contradict or miss each other.
  void prepare(const Fields& given);

  /// Some option was given.
  bool wanted() const { return wanted_; }
  /// The result has no alpha.
  bool makes_opaque() const { return !background_.is_transparent(); }
  /// The picture as it was before the subject was cut out has to be in the item.
  bool needs_original() const { return (background_.is_blur() || shadow_ == "keep") && !original_.given(); }
  std::vector<const Companion*> companions() const;

  /// Composes the item's image: facts "subject" (its box in the result), "scale", "canvas". The item's mask goes along;
  /// matte and original, which no longer fit, are emptied. Throws ItemError if there is no subject to compose.
  void apply(Item& item) const;

 private:
  void check_layout(const Fields& given) const;
  void check_shadow(const Fields& given) const;
  Image cutout_of(const Item& item) const;
  Image original_of(const Image& cutout, Item& item) const;
  Layout layout_for(const Image& cutout, const Box& box) const;
  std::optional<Shadow> shadow_for(const Image& cutout, const Image& original, const Box& box,
                                   const Layout& layout) const;

  std::string name_;
  bool wanted_ = false;
  Background background_;
  LayoutOptions layout_;
  std::string fit_ = "fit";
  bool trim_ = false;
  std::string shadow_ = "none";
  std::optional<double> strength_, softness_;
  Companion original_;
  BackdropSource backdrop_;
};

}  // namespace inpaint
