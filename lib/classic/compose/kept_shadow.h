#pragma once
#include "classic/compose/shadow.h"

namespace inpaint {

/// The shadow that the subject threw where it was photographed: how much darker the ground around it is than the clean
/// ground, which is estimated as a smooth surface from all that lies outside the subject. Only what hangs together with
/// the subject and stands out from the ground's own texture counts; clean ground gives no shadow at all. `darkness`
/// is empty if the ground is too small, too rough or too uneven to tell.
/// `alpha`: of the subject, uint8 or uint16, of the original's size. `strength`: 1 as it was, 0 none.
Shadow kept_shadow(const Image& original, const cv::Mat& alpha, const Layout& layout, double strength);

}  // namespace inpaint
