#pragma once

namespace inpaint {

/// configs/garments.yaml as it was when the program was built.
const char* garments_yaml();

}  // namespace inpaint
