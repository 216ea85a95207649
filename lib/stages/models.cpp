#include "stages/models.h"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "classic/fill/automatic.h"
#include "classic/fill/diffusion.h"
#include "classic/fill/patch.h"
#include "classic/matte/refine.h"
#include "classic/segment/color_key.h"
#include "classic/segment/grabcut.h"
#include "classic/segment/subject.h"
#include "core/error.h"
#include "core/names.h"

namespace inpaint {
namespace {

class DiffusionInpainter : public Inpainter {
 public:
  DiffusionInpainter(Diffusion method, double radius) : method_(method), radius_(radius) {}
  FillResult fill(const FillRequest& request) const override {
    return {fill_diffusion(request.image, request.hole, method_, radius_), {}};
  }

 private:
  Diffusion method_;
  double radius_;
};

Effort effort_called(const std::string& name) {
  return name == "fast" ? Effort::fast : name == "best" ? Effort::best : Effort::normal;
}

// Patch fill, alone or, if `automatic`, only for holes that diffusion does not suit better.
class PatchInpainter : public Inpainter {
 public:
  PatchInpainter(const FillOptions& options, bool automatic) : automatic_(automatic) {
    options_.effort = effort_called(options.effort);
    options_.patch_size = options.patch_size;
  }
  FillResult fill(const FillRequest& request) const override {
    PatchOptions options = options_;
    options.seed = request.seed;
    options.search_area = request.search_area;
    if (request.watch) {
      options.watch = [&](const std::string& name, const Image& estimate, const Image& field) {
        request.watch(name + "-estimate", estimate);
        request.watch(name + "-field", field);
      };
    }
    FillResult result;
    result.image = (automatic_ ? fill_automatically : fill_patch)(request.image, request.hole, options, &result.holes);
    return result;
  }

 private:
  bool automatic_;
  PatchOptions options_;
};

void refuse_hint(const SubjectRequest& request, const char* model) {
  if (!request.hint.empty()) throw std::invalid_argument(std::string(model) + " takes no hint");
}

// One pixel of softness, as the edge of a photographed subject has.
Matte soft_edged(const Mask& mask) {
  cv::Mat soft;
  cv::GaussianBlur(mask.values(), soft, {3, 3}, 0.7);
  return Matte(Mask(soft));
}

class Classic : public Segmenter, public Matter {
 public:
  explicit Classic(const SubjectOptions& options) : box_(options.box), points_(options.points) {}
  FoundMask segment(const SubjectRequest& request) const override {
    const FoundMatte found = matte(request);
    return {Mask(cv::Mat(found.matte.values() > 0.5)), found.confidence};
  }
  FoundMatte matte(const SubjectRequest& request) const override {
    const FoundSubject found = find_subject(request.image, {box_, points_, request.hint});
    cv::Mat values = refine_matte(request.image, found.mask).values();
    if (!request.hint.empty()) {
      values = values.clone();
      values.setTo(1, request.hint.values() == 255);
      values.setTo(0, request.hint.values() == 0);
    }
    return {Matte(values), found.confidence};
  }

 private:
  std::optional<BoxText> box_;
  std::vector<PointText> points_;
};

class GrabCut : public Segmenter, public Matter {
 public:
  explicit GrabCut(const SubjectOptions& options) {
    options_.box = options.box;
    options_.points = options.points;
    options_.iterations = options.iterations;
  }
  FoundMask segment(const SubjectRequest& request) const override {
    refuse_hint(request, "grabcut");
    return {grabcut(request.image, options_), std::nullopt};
  }
  FoundMatte matte(const SubjectRequest& request) const override {
    return {soft_edged(segment(request).mask), std::nullopt};
  }

 private:
  GrabCutOptions options_;
};

class ColorKey : public Segmenter, public Matter {
 public:
  explicit ColorKey(const SubjectOptions& options) : options_{options.color, options.tolerance} {}
  FoundMask segment(const SubjectRequest& request) const override {
    return {Mask(cv::Mat(matte(request).matte.values() > 0.5)), std::nullopt};
  }
  FoundMatte matte(const SubjectRequest& request) const override {
    refuse_hint(request, "color-key");
    return {color_key(request.image, options_), std::nullopt};
  }

 private:
  ColorKeyOptions options_;
};

[[noreturn]] void no_such_model(const std::string& model) { throw std::logic_error("no such model: " + model); }

}  // namespace

const std::vector<ModelInfo>& builtin_models() {
  static const std::vector<ModelInfo> models = {
      {"patch",
       "inpaint",
       "Multi-scale PatchMatch completion: continues textures and structures into holes of any width",
       {"effort", "patch-size", "search-area", "avoid-area", "debug"}},
      {"auto",
       "inpaint",
       "For each hole: patch, or navier-stokes where that comes closer (thin holes in smooth surroundings, scratches)",
       {"effort", "patch-size", "search-area", "avoid-area", "debug"}},
      {"telea", "inpaint", "Fast marching from the rim inwards (Telea 2004): scratches, text, thin holes", {"radius"}},
      {"navier-stokes",
       "inpaint",
       "Transport along edges (Bertalmio 2001): thin holes in smooth surroundings",
       {"radius"}},
      {"auto",
       "reconstruct",
       "For each hole: patch, or navier-stokes where that comes closer (thin holes in smooth surroundings, scratches)",
       {"effort", "patch-size"}},
      {"patch",
       "reconstruct",
       "Multi-scale PatchMatch completion: continues textures and structures into holes of any width",
       {"effort", "patch-size"}},
      {"telea",
       "reconstruct",
       "Fast marching from the rim inwards (Telea 2004): scratches, text, thin holes",
       {"radius"}},
      {"navier-stokes",
       "reconstruct",
       "Transport along edges (Bertalmio 2001): thin holes in smooth surroundings",
       {"radius"}},
      {"classic",
       "segment",
       "Superpixels measured against the border, boosted trees, graph cut; by itself or from a box, points, a hint",
       {"box", "point", "hint", "uncertain-below", "on-uncertain"}},
      {"auto",
       "segment",
       "The network catalog-u2netp where it is sure, else its answer blended with that of classic",
       {"box", "point", "hint", "uncertain-below", "on-uncertain", "device", "precision"}},
      {"grabcut",
       "segment",
       "Graph cut with colour mixtures (Rother 2004), from a box, points, or the picture's border",
       {"box", "point", "iterations"}},
      {"color-key", "segment", "Uniform studio background, followed from the picture's border", {"color", "tolerance"}},
      {"classic",
       "remove-bg",
       "The same with closed-form matting (Levin 2008): edges as soft as they are in the picture",
       {"box", "point", "hint", "uncertain-below", "on-uncertain"}},
      {"auto",
       "remove-bg",
       "The network catalog-u2netp where it is sure, else its answer blended with that of classic",
       {"box", "point", "hint", "uncertain-below", "on-uncertain", "device", "precision"}},
      {"grabcut",
       "remove-bg",
       "Graph cut with colour mixtures (Rother 2004), from a box, points, or the picture's border",
       {"box", "point", "iterations"}},
      {"color-key",
       "remove-bg",
       "Uniform studio background, followed from the picture's border; soft edge",
       {"color", "tolerance"}},
  };
  return models;
}

std::vector<std::string> models_for(const std::string& task) {
  std::vector<std::string> names;
  for (const ModelInfo& model : builtin_models()) {
    if (model.task == task) names.push_back(model.name);
  }
  return names;
}

std::string default_model(const std::string& task) {
  const auto ships = [&](const char* network) {
    const std::vector<Card>& cards = shipped_cards();
    return std::any_of(cards.begin(), cards.end(), [&](const Card& card) {
      return card.name == network && std::find(card.tasks.begin(), card.tasks.end(), task) != card.tasks.end();
    });
  };
  if (task == "reconstruct" && ships("pconv")) return "pconv";
  if ((task == "segment" || task == "remove-bg") && ships(automatic_network)) return "auto";
  return models_for(task).front();
}

std::vector<std::string> network_options(const std::string& task, const Card& card) {
  std::vector<std::string> options = {"device", "precision"};
  const auto add = [&](std::vector<std::string> more) { options.insert(options.end(), more.begin(), more.end()); };
  if (task == "inpaint" || task == "reconstruct") {
    add({"hd-strategy", "hd-trigger", "hd-margin", "hd-limit"});
    if (task == "reconstruct") add({"refine", "refine-strength"});
  } else if (card.family == "segment-anything") {
    add({"box", "point"});
    if (task == "segment") add({"detector", "target", "least-score", "overlap"});
    add({"uncertain-below", "on-uncertain"});
  } else if (card.output.kind == "classes") {
    add({"target", "uncertain-below", "on-uncertain"});
  } else if (card.output.kind == "boxes") {
    add({"target", "least-score", "overlap"});
  } else {
    add({"uncertain-below", "on-uncertain"});
  }
  return options;
}

namespace {

const std::vector<std::string>& listened_to(const std::string& task, const std::string& model) {
  for (const ModelInfo& info : builtin_models()) {
    if (info.task == task && info.name == model) return info.options;
  }
  no_such_model(model);
}

// Options that only networks listen to, and which.
std::string network_with(const std::string& task, const std::string& option) {
  if (option.starts_with("hd-") || option == "device" || option == "precision" || option.starts_with("refine"))
    return "networks";
  if (option == "target" && task != "inpaint") return "networks with classes or boxes";
  if (option == "detector") return "networks of the family segment-anything";
  return option == "least-score" || option == "overlap" ? "networks that find boxes" : "";
}

}  // namespace

void check_model_options(const std::string& task, const std::string& model, const Card* card, const Fields& given) {
  const std::vector<std::string> own = card == nullptr ? listened_to(task, model) : network_options(task, *card);
  const auto refuse = [&](const std::string& option, const std::string& owner) {
    if (!given.knows(option) || !given.given(option) || std::find(own.begin(), own.end(), option) != own.end()) return;
    throw SpecError(fmt::format("{}: --{} is an option of {}; {} has {}", task, option, owner, model, join(own, ", ")));
  };
  for (const ModelInfo& other : builtin_models()) {
    if (other.task != task || (card == nullptr && other.name == model)) continue;
    for (const std::string& option : other.options) {
      if (network_with(task, option).empty()) refuse(option, "--model " + other.name);
    }
  }
  const bool finds_target = task == "inpaint" && given.knows("target") && given.given("target");
  for (const Field& field : given.all()) {
    if (finds_target && (field.name == "device" || field.name == "precision"))
      continue;  // of the network that finds it
    if (const std::string owner = network_with(task, field.name); !owner.empty()) refuse(field.name, owner);
  }
}

std::unique_ptr<Inpainter> make_inpainter(const std::string& model, const FillOptions& options) {
  if (model == "patch" || model == "auto") return std::make_unique<PatchInpainter>(options, model == "auto");
  if (model == "telea") return std::make_unique<DiffusionInpainter>(Diffusion::telea, options.radius);
  if (model == "navier-stokes") return std::make_unique<DiffusionInpainter>(Diffusion::navier_stokes, options.radius);
  no_such_model(model);
}

void FillOptions::describe(Fields& fields) {
  fields.add("effort", effort, "How long to search: fast takes a little over half the time of normal, best three times")
      .one_of({"fast", "normal", "best"})
      .value("NAME");
  fields.add("patch-size", patch_size, "Side of the patches in pixels; larger ones keep larger structures whole")
      .one_of({"3", "5", "7", "9", "11", "13", "15"});
  fields.add("radius", radius, "How far around each point known pixels are looked at").range(1, 100);
}

void SubjectOptions::describe_place(Fields& fields) {
  fields.add("box", box,
             "auto, classic, grabcut, segment-anything: the subject lies inside this box; pixels or percent");
  fields.add(
      "point", points,
      "auto, classic, grabcut, segment-anything: a point on the subject (X,Y or X,Y,1) or on the background (X,Y,0); "
      "may be repeated");
}

void SubjectOptions::describe_method(Fields& fields) {
  fields.add("iterations", iterations, "grabcut: rounds of graph cut").range(1, 50);
  fields.add("color", color, "color-key: the background's colour; default: the median along the picture's border");
  fields.add("tolerance", tolerance, "color-key: CIE Lab distance up to which a colour counts as background")
      .range(0, 200);
}

std::unique_ptr<Segmenter> make_segmenter(const std::string& model, const SubjectOptions& options) {
  if (model == "classic" || model == "auto") return std::make_unique<Classic>(options);
  if (model == "grabcut") return std::make_unique<GrabCut>(options);
  if (model == "color-key") return std::make_unique<ColorKey>(options);
  no_such_model(model);
}

std::unique_ptr<Matter> make_matter(const std::string& model, const SubjectOptions& options) {
  if (model == "classic" || model == "auto") return std::make_unique<Classic>(options);
  if (model == "grabcut") return std::make_unique<GrabCut>(options);
  if (model == "color-key") return std::make_unique<ColorKey>(options);
  no_such_model(model);
}

}  // namespace inpaint
