#pragma once
#include <optional>
#include <string>

namespace inpaint {

/// An http or https address, taken apart.
struct Url {
  std::string whole;   ///< as it is asked for: without user, password and fragment
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< IPv6 addresses in brackets
  std::string path;    ///< with its percent signs
  /// Scheme, host and port.
  std::string origin;
};

/// Whether the text is meant as an http or https address.
bool is_url(const std::string& text);

/// Throws SpecError, headed by `what`, if it is no usable address, or one with a user or password in it.
Url parse_url(const std::string& text, const std::string& what);

/// Where a Location header leads from `base`; nothing if that is no http or https address without user and password.
std::optional<Url> resolve_url(const Url& base, const std::string& location);

/// The address as it may be told and noted: of its query, which may hold a key or a signature, only "?..." is left, of
/// a user and password "***".
std::string shown_url(const std::string& text);

/// A file name out of the last part of the path: percent signs decoded, one name without '/' that does not begin with a
/// dot; "picture" if there is none.
std::string url_file_name(const Url& url);

}  // namespace inpaint
