#include "stages/compose_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "classic/compose/kept_shadow.h"
#include "classic/compose/place.h"
#include "core/error.h"

namespace inpaint {
namespace {

void tell(const Layout& layout, const Box& subject, cv::Size canvas, nlohmann::json& facts) {
  const cv::Rect2d at = layout.placed(cv::Rect2d(subject.rect()));
  const auto bound = [](double value, int limit) { return std::clamp(cvRound(value), 0, limit); };
  facts["canvas"] = {canvas.width, canvas.height};
  facts["scale"] = std::round(layout.scale * 1e4) / 1e4;
  facts["subject"] = nullptr;
  if (subject.empty()) return;
  facts["subject"] = {bound(at.x, canvas.width), bound(at.y, canvas.height), bound(at.x + at.width, canvas.width),
                      bound(at.y + at.height, canvas.height)};
}

}  // namespace

void ComposeTask::describe(Fields& fields) {
  fields.add("background", background_,
             "What lies behind the subject: transparent, a colour, gradient:A-B[,horizontal|,radial], blur:N (the "
             "photograph itself, blurred; N in pixels or %), or a picture file");
  fields.add("crop", layout_.crop, "Crop to the subject");
  fields.add("margin", layout_.margin,
             "Crop to the subject with this margin: pixels of the result, or % of its shorter side");
  fields.add("canvas", layout_.canvas,
             "Size of the result; the subject (without --crop or --margin: the whole picture) is scaled");
  fields
      .add("fit", fit_,
           "Scale so that all fits into the canvas and its margin, or so that it is filled and the rest cut off")
      .one_of({"fit", "fill"})
      .value("HOW");
  fields.add("position", layout_.position,
             "Where on the canvas: centre, top, bottom, left, right, or a corner such as bottom-left");
  fields.add("trim", trim_, "Cut transparent borders off the result, but nothing of the shadow");
  fields
      .add("shadow", shadow_,
           "contact: where the subject touches the ground; drop: its outline behind it; keep: as it was in the picture")
      .one_of({"none", "contact", "drop", "keep"})
      .value("KIND");
  fields
      .add("shadow-strength", strength_, "How dark the shadow is; default: contact 0.5, drop 0.35, keep 1 (as it was)")
      .range(0, 1);
  fields
      .add("shadow-softness", softness_,
           "How far the shadow's edge spreads, in % of the subject's longer side; default: contact 1.2, drop 2")
      .range(0, 10);
}

void ComposeTask::describe_original(Fields& fields) {
  fields.add("original", original_, "The pictures before they were cut out, for --background blur:N and --shadow keep");
}

void ComposeTask::prepare(const Fields& given) {
  Fields own;
  describe(own);
  for (const std::string& option : own.names()) wanted_ |= given.given(option);
  check_layout(given);
  check_shadow(given);
  layout_.fill = fit_ == "fill";
  layout_.crop |= given.given("margin");
  backdrop_.prepare(background_, name_);
  if (!original_.given()) return;
  if (!background_.is_blur() && shadow_ != "keep")
    throw SpecError(name_ + ": --original belongs to --background blur:N or --shadow keep");
  original_.prepare_pictures("--original");
}

void ComposeTask::check_layout(const Fields& given) const {
  for (const char* option : {"fit", "position"}) {
    if (given.given(option) && !layout_.canvas)
      throw SpecError(fmt::format("{}: --{} belongs to --canvas WxH", name_, option));
  }
  if (given.given("margin")) {
    if (given.given("crop") && !layout_.crop)
      throw SpecError(name_ + ": --margin crops to the subject, but --crop is off; take one of them away");
    try {
      margin_pixels(layout_.margin, layout_.canvas, {1, 1});
    } catch (const std::invalid_argument& error) {
      throw SpecError(fmt::format("{}: --margin {}: {}", name_, Codec<Length>::print(layout_.margin), error.what()));
    }
  }
  if (!trim_) return;
  if (layout_.canvas || layout_.crop || given.given("margin"))
    throw SpecError(name_ + ": --trim decides the size by itself; take --canvas, --crop and --margin away");
  if (makes_opaque())
    throw SpecError(name_ + ": --trim needs --background transparent, or there is nothing to cut off");
}

void ComposeTask::check_shadow(const Fields& given) const {
  if (given.given("shadow-strength") && shadow_ == "none")
    throw SpecError(name_ + ": --shadow-strength belongs to --shadow contact, drop or keep");
  if (given.given("shadow-softness") && shadow_ != "contact" && shadow_ != "drop")
    throw SpecError(name_ + ": --shadow-softness belongs to --shadow contact or drop");
}

std::vector<const Companion*> ComposeTask::companions() const {
  std::vector<const Companion*> out = backdrop_.companions();
  out.push_back(&original_);
  return out;
}

Image ComposeTask::cutout_of(const Item& item) const {
  if (item.image.has_alpha()) return item.image;
  if (!item.matte.empty()) return cut_out(item.image, item.matte);
  throw ItemError(
      "the picture has no transparency, so there is no subject to compose; cut it out first (remove-bg takes the "
      "options of compose, too)",
      ItemError::Cause::input);
}

Image ComposeTask::original_of(const Image& cutout, Item& item) const {
  Image original = item.original;
  std::string where;
  if (original_.given()) {
    const std::string file = original_.file_for(item.rel);
    where = fmt::format("--original {}: ", file);
    try {
      original = decode_image(read_file(file), {}, item.notes);
    } catch (const ItemError& error) {
      throw ItemError(where + error.what());
    }
  }
  if (original.empty())
    throw ItemError("the picture as it was before it was cut out is gone; --original FILE|DIR gives it");
  if (original.pixels().size() != cutout.pixels().size())
    throw ItemError(fmt::format("{}the original is {} × {}, the cut-out {} × {}; they must be of one size", where,
                                original.width(), original.height(), cutout.width(), cutout.height()));
  return original;
}

Layout ComposeTask::layout_for(const Image& cutout, const Box& box) const {
  const bool has_wide_shadow = shadow_ == "contact" || shadow_ == "drop";
  if (!trim_ || !has_wide_shadow) return layout_of(box, cutout.pixels().size(), layout_);
  const int room = (std::max(box.width(), box.height()) + 2) / 3;  // more than those shadows reach
  return {{cutout.width() + 2 * room, cutout.height() + 2 * room}, 1, room * 1.0, room * 1.0};
}

std::optional<Shadow> ComposeTask::shadow_for(const Image& cutout, const Image& original, const Box& box,
                                              const Layout& layout) const {
  if (shadow_ == "none" || box.empty()) return std::nullopt;
  if (shadow_ == "keep") return kept_shadow(original, cutout.alpha(), layout, strength_.value_or(1));
  ShadowLook look = shadow_ == "drop" ? drop_look : contact_look;
  look.strength = strength_.value_or(look.strength);
  if (softness_) look.softness = *softness_ / 100;
  return shadow_ == "drop" ? drop_shadow(cutout, box, layout, look) : contact_shadow(cutout, box, layout, look);
}

void ComposeTask::apply(Item& item) const {
  const Image cutout = cutout_of(item);
  const Box box = subject_box(cutout);
  if (box.empty()) {
    const char* empty = "there is no subject: all is transparent";
    if (layout_.crop || layout_.canvas || trim_) throw ItemError(empty, ItemError::Cause::input);
    item.notes.push_back(empty);
  }
  const bool uses_original = background_.is_blur() || shadow_ == "keep";
  const Image original = uses_original ? original_of(cutout, item) : Image();
  Layout layout = layout_for(cutout, box);
  cv::Mat canvas = backdrop_.paint(layout.canvas, cutout, original, item.notes);
  if (const auto shadow = shadow_for(cutout, original, box, layout)) {
    darken(canvas, *shadow);
    if (shadow->darkness.empty())
      item.notes.push_back("no shadow was kept: the ground around the subject is too uneven to tell it from");
  }
  place(cutout, layout, canvas);
  if (trim_) {
    const Box seen = subject_box(cutout.with_pixels(canvas), 1 / 65535.0);
    canvas = canvas(seen.rect()).clone();
    layout = {canvas.size(), layout.scale, layout.dx - seen.x0, layout.dy - seen.y0};
  }
  tell(layout, box, canvas.size(), item.facts);
  if (!item.mask.empty()) item.mask = placed_mask(item.mask, layout);
  item.image = cutout.with_pixels(canvas);
  item.matte = Matte();
  item.original = Image();
}

}  // namespace inpaint
