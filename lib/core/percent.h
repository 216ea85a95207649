#pragma once
#include <string>
#include <string_view>

namespace inpaint {

/// The text with every byte but letters, digits, "-._~" and those in `also_plain` as %XX (RFC 3986).
std::string percent_encoded(std::string_view text, std::string_view also_plain = "");

/// The reverse; what is no %XX stays. `plus_is_space`: as forms and S3's listings write it.
std::string percent_decoded(std::string_view text, bool plus_is_space = false);

}  // namespace inpaint
