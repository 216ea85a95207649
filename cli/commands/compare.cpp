#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands/commands.h"
#include "core/error.h"
#include "flags.h"
#include "image/codec.h"
#include "image/compare.h"
#include "pipeline/companion.h"

namespace inpaint {
namespace {

struct CompareArguments {
  std::string a, b, mask;
  bool json = false;
};

template <class Decode>
auto load(const std::string& path, Decode decode) {
  Notes notes;
  try {
    return decode(read_file(path), DecodeOptions{}, notes);
  } catch (const ItemError& error) {
    throw SpecError(fmt::format("{}: {}", path, error.what()));
  }
}

void check_size(const std::string& name_a, const cv::Mat& a, const std::string& name_b, const cv::Mat& b) {
  if (a.size() == b.size()) return;
  throw SpecError(fmt::format("{} is {} × {}, {} is {} × {}", name_a, a.cols, a.rows, name_b, b.cols, b.rows));
}

void print_text(const Comparison& c) {
  fmt::print("PSNR  {:.2f} dB\nSSIM  {:.4f}\nL1    {:.3f} ({:.3f} %)\npixels changed  {}\n", c.psnr, c.ssim, c.l1,
             c.l1_percent, c.pixels_changed);
  if (c.psnr_hole) fmt::print("inside the mask: PSNR {:.2f} dB, L1 {:.3f}\n", *c.psnr_hole, *c.l1_hole);
  if (c.pixels_changed_outside) fmt::print("pixels changed outside the mask  {}\n", *c.pixels_changed_outside);
}

int compare(const CompareArguments& arguments) {
  const Image a = load(arguments.a, decode_image), b = load(arguments.b, decode_image);
  check_size(arguments.a, a.pixels(), arguments.b, b.pixels());
  Mask mask;
  if (!arguments.mask.empty()) {
    mask = load(arguments.mask, decode_mask);
    check_size(arguments.a, a.pixels(), arguments.mask, mask.values());
  }
  const Comparison result = compare_images(a, b, mask.empty() ? nullptr : &mask);
  nlohmann::json out = to_json(result);
  if (!arguments.json) print_text(result);
  if (a.grey() && b.grey()) {
    const MaskComparison masks = compare_masks(load(arguments.a, decode_mask), load(arguments.b, decode_mask));
    out["iou"] = masks.iou;
    out["mae"] = masks.mae;
    if (!arguments.json) fmt::print("as masks: IoU {:.4f}, MAE {:.4f}\n", masks.iou, masks.mae);
  }
  if (arguments.json) fmt::print("{}\n", out.dump());
  return 0;
}

}  // namespace

void add_compare_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand(
             "compare",
             "Measure how far two pictures or masks are apart: PSNR, SSIM (Wang 2004), L1; IoU and MAE of masks")
          ->group("Look");
  command->allow_extras();
  auto arguments = std::make_shared<CompareArguments>();
  command->add_option("A", arguments->a, "The reference")->type_name("")->required();
  command->add_option("B", arguments->b, "The picture to judge")->type_name("")->required();
  command->add_option("--mask", arguments->mask, "Also measure inside this mask, and count changes outside it")
      ->type_name("FILE");
  command->add_flag("--json", arguments->json, "As JSON");
  command->callback([command, arguments, &exit_code] {
    reject_unknown_flags(*command);
    exit_code = compare(*arguments);
  });
}

}  // namespace inpaint
