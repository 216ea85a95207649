#pragma once
#include <optional>
#include <string>

#include "core/fields.h"
#include "nn/device.h"

namespace inpaint {

/// How the learning rate runs after the warm-up. cosine: falls to nothing at the end. two-stage: as published for
/// partial convolutions, the rate, then for the last `second-stage` of the time a quarter of it. In both, the encoder's
/// batch norms are frozen in the second stage.
enum class Schedule { cosine, two_stage };

/// Everything that decides about a training, told once: keys of --config files and flags alike.
struct TrainingConfig {
  std::string task = "reconstruct";  ///< or remove-bg

  std::optional<int64_t> iterations;  ///< steps; with neither this nor minutes: see default_iterations
  std::optional<double> minutes;
  int batch = 8;
  int size = 256;  ///< side of the square crops, in pixels
  double learning_rate = 2e-4;
  Schedule schedule = Schedule::cosine;
  double second_stage = 0.3;  ///< share of the time
  int warm_up = 100;          ///< steps in which the rate rises from nothing
  double ema = 0.999;
  double clip = 1;
  uint64_t seed = 0;

  double held_out = 0.1;  ///< share of the pictures that is never learned from, by hash of the file
  int64_t evaluate_every = 250;
  int evaluation_pictures = 64;   ///< of the held-out ones, at most
  int patience = 0;               ///< evaluations without gain until it stops; 0: never
  double checkpoint_minutes = 2;  ///< how often everything is saved

  double smallest_scale = 0.7, largest_scale = 1.3;  ///< of the crop within the picture
  bool flip = true;
  double jitter = 0.1;                              ///< of brightness, contrast and saturation; 0: none
  double smallest_hole = 0.05, largest_hole = 0.5;  ///< share of the crop; reconstruct with random masks
  double memory = 1024;                             ///< MiB for decoded pictures

  int width = 32, levels = 6;
  std::string first_fill = "patch";  ///< LearnerOptions::base
  std::string features;              ///< card, folder or safetensors of VGG16
  std::vector<std::string> loss;     ///< "TERM=WEIGHT"
  Device device;
  Precision precision = Precision::automatic;
  int threads = 0;  ///< for computing; 0: all cores

  void describe(Fields& fields);
  /// Throws SpecError for what does not go together.
  void check() const;
  /// `network`, or that of the task.
  std::string architecture() const;
};

/// How many steps a training takes that is told neither iterations nor minutes: 50 passes over the pictures that it
/// learns from, and at least 1,000.
int64_t default_iterations(const TrainingConfig& config, int64_t pictures);

template <>
struct Codec<Schedule> {
  static constexpr const char* value_name = "NAME";
  static Schedule parse(const std::string& text);
  static std::string print(Schedule value);
};

}  // namespace inpaint
