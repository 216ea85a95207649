#include <fmt/format.h>

#include "classic/mask/combine.h"
#include "classic/mask/random.h"
#include "classic/mask/shapes.h"
#include "classic/mask/strokes.h"
#include "core/error.h"
#include "image/overlay.h"
#include "pipeline/stage.h"
#include "stages/mask_facts.h"

namespace inpaint {
namespace {

// One of the operations that follow the drawing, in the order given.
struct Operation {
  std::string name;
  double amount = 0;    // of grow, shrink, feather
  Companion companion;  // of union, subtract, intersect
};

class MaskStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fields.add("rect", rectangles_, "Draw a rectangle; pixels or percent; may be repeated");
    fields.add("ellipse", ellipses_, "Draw the ellipse inside this rectangle; pixels or percent; may be repeated");
    fields.add("polygon", polygons_, "Draw a polygon; pixels or percent; may be repeated");
    fields.add("strokes", strokes_,
               "Draw brush strokes from JSON: [{\"points\": [[x, y], ...], \"width\": N, \"erase\": false}, ...]");
    fields.add("from-alpha", from_alpha_, "Select what is transparent");
    fields.add("from-color", colors_, "Select a painted-over colour; may be repeated");
    fields.add("tolerance", tolerance_, "How far each channel may be from that colour").range(0, 255);
    fields.add("random", random_, "Draw a random mask").one_of({"strokes", "boxes"}).value("KIND");
    fields.add("ratio", ratio_, "Share of the picture that --random covers").range(0, 0.95);
    describe_operations(fields);
    fields.add("preview", preview_, "Write an overlay beside each result, as STEM.preview.jpg").not_in_recipe();
  }

  void prepare(const Fields& given) override {
    if (given.given("tolerance") && colors_.empty()) throw SpecError("mask: --tolerance belongs to --from-color");
    if (given.given("ratio") && random_.empty()) throw SpecError("mask: --ratio belongs to --random");
    has_source_ = from_alpha_;
    for (const char* source : {"rect", "ellipse", "polygon", "strokes", "from-color", "random"})
      has_source_ |= given.given(source);
    if (strokes_.given()) strokes_.prepare("--strokes", {"json"});
    for (Operation& operation : operations_) {
      if (operation.companion.given()) operation.companion.prepare_pictures("--" + operation.name);
    }
  }

  std::vector<Port> needs() const override { return has_source_ ? std::vector<Port>{} : std::vector{Port::mask}; }
  std::vector<Port> uses() const override { return {Port::mask}; }
  std::vector<Port> gives() const override { return {Port::mask}; }
  Port result() const override { return Port::mask; }
  std::vector<std::string> extras() const override {
    return preview_ ? std::vector<std::string>{".preview.jpg"} : std::vector<std::string>{};
  }

  std::vector<const Companion*> companions() const override {
    std::vector<const Companion*> out = {&strokes_};
    for (const Operation& operation : operations_) out.push_back(&operation.companion);
    return out;
  }

  void run(Item& item) const override {
    item.mask = draw(item);
    for (const Operation& operation : operations_) item.mask = apply(operation, item);
    tell_mask(item);
    if (preview_) item.extras.push_back({".preview.jpg", mask_overlay(item.image, item.mask)});
  }

 private:
  void describe_operations(Fields& fields) {
    const auto forget = [this] { operations_.clear(); };
    const auto add = [&](const char* name, const char* value_name, const char* help,
                         std::function<Operation(const std::string&)> parse) -> Field& {
      return fields.add_operation(
          name, value_name, help, [this, parse](const std::string& text) { operations_.push_back(parse(text)); },
          forget);
    };
    const auto plain = [&](const char* name, const char* help) {
      fields.add_operation(
          name, "", help,
          [this, name](const std::string& text) {
            if (Codec<bool>::parse(text)) operations_.push_back({name, 0, {}});
          },
          forget);
    };
    const auto amount = [&](const char* name, const char* help) {
      add(name, "N", help, [name](const std::string& text) {
        return Operation{name, Codec<double>::parse(text), {}};
      }).range(0, 10000);
    };
    const auto file = [&](const char* name, const char* help) {
      add(name, "FILE|DIR", help, [name](const std::string& text) {
        return Operation{name, 0, Codec<Companion>::parse(text)};
      });
    };
    plain("invert", "Then: swap what is selected and what is not");
    amount("grow", "Then: grow by N pixels");
    amount("shrink", "Then: shrink by N pixels");
    amount("feather", "Then: soften the edge over N pixels to both sides");
    plain("fill-holes", "Then: select what the mask encloses");
    plain("keep-largest", "Then: keep only the largest connected part");
    file("union", "Then: add another mask");
    file("subtract", "Then: take another mask away");
    file("intersect", "Then: keep only what another mask selects too");
  }

  Mask draw(const Item& item) const {
    const int w = item.image.width(), h = item.image.height();
    Mask mask = item.mask;
    const auto add = [&](const Mask& drawn) { mask = mask.empty() ? drawn : unite(mask, drawn); };
    for (const BoxText& box : rectangles_) add(rectangle_mask(w, h, box));
    for (const BoxText& box : ellipses_) add(ellipse_mask(w, h, box));
    for (const PolygonText& polygon : polygons_) add(polygon_mask(w, h, polygon));
    for (const Color& color : colors_) add(color_mask(item.image, color, tolerance_));
    if (from_alpha_) add(transparency_mask(item.image));
    if (!random_.empty())
      add(random_mask(w, h, random_ == "strokes" ? RandomMask::strokes : RandomMask::boxes, ratio_, item.seed));
    return strokes_.given() ? draw_strokes(mask.empty() ? Mask(w, h) : mask, strokes_for(item)) : mask;
  }

  std::vector<Stroke> strokes_for(const Item& item) const {
    const std::string file = strokes_.file_for(item.rel);
    const Bytes text = read_file(file);
    try {
      return parse_strokes({reinterpret_cast<const char*>(text.data()), text.size()});
    } catch (const SpecError& error) {
      throw ItemError(fmt::format("--strokes {}: {}", file, error.what()));
    }
  }

  Mask apply(const Operation& operation, Item& item) const {
    const Mask& mask = item.mask;
    if (operation.companion.given()) {
      const Mask other = fit_mask(operation.companion.mask_for(item.rel, {}, item.notes), item.image, false);
      if (operation.name == "union") return unite(mask, other);
      return operation.name == "subtract" ? subtract(mask, other) : intersect(mask, other);
    }
    if (operation.name == "invert") return invert(mask);
    if (operation.name == "grow") return grow(mask, operation.amount);
    if (operation.name == "shrink") return shrink(mask, operation.amount);
    if (operation.name == "feather") return feather(mask, operation.amount);
    return operation.name == "fill-holes" ? fill_holes(mask) : keep_largest(mask);
  }

  std::vector<BoxText> rectangles_, ellipses_;
  std::vector<PolygonText> polygons_;
  Companion strokes_;
  bool from_alpha_ = false;
  std::vector<Color> colors_;
  double tolerance_ = 40;
  std::string random_;
  double ratio_ = 0.25;
  std::vector<Operation> operations_;
  bool preview_ = false;
  bool has_source_ = false;
};

}  // namespace

StageInfo mask_stage() {
  return {"mask", "Make or change a mask: shapes, strokes, colours, then grow, feather, combine",
          [] { return std::unique_ptr<Stage>(new MaskStage); }};
}

}  // namespace inpaint
