#pragma once
#include "classic/compose/layout.h"

namespace inpaint {

/// A shadow to be laid on a backdrop before the subject comes over it.
struct Shadow {
  cv::Mat darkness;  ///< float32 in [0,1], coarse: the share of light that is taken away; its border is 0
  cv::Rect2d area;   ///< where it lies, in result pixels; may reach beyond the result
};

struct ShadowLook {
  double strength = 0.4;   ///< darkness at its darkest, in [0,1]
  double softness = 0.02;  ///< how far its edge spreads (sigma), as a share of the subject's longer side
};

/// The look of a drop shadow and of a contact shadow if nothing else is asked for.
inline constexpr ShadowLook drop_look{0.35, 0.02}, contact_look{0.5, 0.012};

/// The subject's outline, a little lower and blurred: a thing held before a wall. `box`: of the subject in `cutout`.
Shadow drop_shadow(const Image& cutout, const Box& box, const Layout& layout, const ShadowLook& look);

/// Dark where the subject touches the ground, fading into a flat pool around its foot.
Shadow contact_shadow(const Image& cutout, const Box& box, const Layout& layout, const ShadowLook& look);

/// Multiplies an RGB canvas by (1 - darkness); lays black of that opacity on an RGBA one. uint8 or uint16; pixels
/// without darkness stay as they are.
void darken(cv::Mat& canvas, const Shadow& shadow);

}  // namespace inpaint
