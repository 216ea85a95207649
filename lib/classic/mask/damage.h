#pragma once
#include "image/image.h"

namespace inpaint {

enum class Damage {
  scratches,  ///< long thin lines, lighter or darker than both of their sides: film scratches, creases, cracks
  dust,       ///< small specks and hairs, lighter or darker than what is around them
  text,       ///< lettering laid over the picture: dates of cameras, captions, marks
};

struct DamageOptions {
  double sensitivity = 0.5;  ///< [0,1]: more finds fainter damage, and takes more of the picture's content for damage
  int grow = 2;              ///< pixels by which what was found is widened, for its soft edges; 0 or more
};

/// Finds damage by what the picture alone shows: 255 = damaged, 0 = sound, hard-edged, of the picture's size; all 0 if
/// there is none. Deterministic, and the same for any number of threads. Options out of range: std::invalid_argument.
Mask detect_damage(const Image& image, Damage kind, const DamageOptions& options = {});

}  // namespace inpaint
