#include "train/config.h"

#include <algorithm>

#include "core/error.h"

namespace inpaint {

Schedule Codec<Schedule>::parse(const std::string& text) {
  if (text == "cosine") return Schedule::cosine;
  if (text == "two-stage") return Schedule::two_stage;
  throw BadValue("cosine or two-stage");
}

std::string Codec<Schedule>::print(Schedule value) { return value == Schedule::cosine ? "cosine" : "two-stage"; }

void TrainingConfig::describe(Fields& fields) {
  fields.add("task", task, "What is taught: to fill holes, or to cut subjects out")
      .one_of({"reconstruct", "remove-bg"});
  fields.add("iterations", iterations, "Steps; default: without --minutes, 50 passes over the pictures, at least 1000")
      .range(1, 1e9);
  fields.add("minutes", minutes, "Stop after this time, evaluations included").range(0.05, 1e6);
  fields.add("batch", batch, "Crops per step").range(1, 256);
  fields.add("size", size, "Side of the crops in pixels; a multiple of 2 to the levels").range(32, 2048);
  fields.add("learning-rate", learning_rate, "Of Adam, after the warm-up").range(1e-8, 1);
  fields.add("schedule", schedule, "How the rate falls").one_of({"cosine", "two-stage"}).value("NAME");
  fields.add("second-stage", second_stage, "Share of the time with the encoder's batch norms frozen").range(0, 1);
  fields.add("warm-up", warm_up, "Steps in which the rate rises").range(0, 1e6);
  fields.add("ema", ema, "Running average of the weights: share of the old one per step").range(0, 0.99999);
  fields.add("clip", clip, "Largest norm of the gradient; 0: any").range(0, 1e6);
  fields.add("seed", seed, "Of everything random");
  fields.add("held-out", held_out, "Share of the pictures to judge by, never learned from").range(0.01, 0.5);
  fields.add("evaluate-every", evaluate_every, "Steps between evaluations").range(1, 1e9);
  fields.add("evaluation-pictures", evaluation_pictures, "Held-out pictures per evaluation, at most").range(4, 4096);
  fields.add("patience", patience, "Stop after so many evaluations without gain; 0: never").range(0, 1e6);
  fields.add("checkpoint-minutes", checkpoint_minutes, "How often everything is saved").range(0, 1e4);
  fields.add("smallest-scale", smallest_scale, "Of the pictures").range(0.05, 8);
  fields.add("largest-scale", largest_scale, "Of the pictures").range(0.05, 8);
  fields.add("flip", flip, "Left and right may be swapped (true, false)").value("BOOL");
  fields.add("jitter", jitter, "Of brightness, contrast and saturation").range(0, 0.9);
  fields.add("smallest-hole", smallest_hole, "Share of a crop that random masks cover, at least").range(0.001, 0.9);
  fields.add("largest-hole", largest_hole, "At most").range(0.001, 0.9);
  fields.add("memory", memory, "MiB for decoded pictures").range(16, 1e7);
  fields.add("width", width, "pconv from random weights: channels of the first level").range(4, 256);
  fields.add("levels", levels, "pconv from random weights: levels").range(2, 9);
  fields
      .add("first-fill", first_fill,
           "pconv from random weights: what the network reads besides and adds to: a smooth fill (pull-push), that and "
           "two patch fills, or nothing")
      .one_of({"patch", "pull-push", "none"});
  fields.add("features", features, "pconv: weights of VGG16 (safetensors) for the perceptual and style loss")
      .value("FILE");
  fields.add("loss", loss, "Weight of a term of the loss").value("TERM=WEIGHT");
  fields.add("device", device, "Where it computes");
  fields.add("precision", precision, "Number type of the forward and backward pass");
  fields.add("threads", threads, "For computing; 0: all cores").range(0, 1024);
}

void TrainingConfig::check() const {
  if (smallest_scale > largest_scale) throw SpecError("smallest-scale is larger than largest-scale");
  if (smallest_hole > largest_hole) throw SpecError("smallest-hole is larger than largest-hole");
  if (architecture() == "pconv" && size % (1 << levels) != 0)
    throw SpecError("size " + std::to_string(size) + ": expected a multiple of " + std::to_string(1 << levels) +
                    ", 2 to the power of levels (" + std::to_string(levels) + ")");
}

std::string TrainingConfig::architecture() const { return task == "remove-bg" ? "u2netp" : "pconv"; }

int64_t default_iterations(const TrainingConfig& config, int64_t pictures) {
  return std::max<int64_t>(1000, (50 * pictures + config.batch - 1) / config.batch);
}

}  // namespace inpaint
