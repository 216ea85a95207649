#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "remote/channel.h"

namespace inpaint {

/// The YAML description of a remote endpoint: which service, where, with which key, within which limits, for how much.
/// Told once through Fields: keys of nested mappings are joined by dots ("limits.concurrency").
struct EndpointCard {
  std::string name;
  std::string dialect;             ///< the file in lib/remote/dialects that speaks to it
  std::vector<std::string> tasks;  ///< commands: inpaint, remove-bg, segment, generate
  std::string summary;             ///< one sentence, no full stop
  std::string url;                 ///< "{region}" and "{resource}" stand for the values below
  std::string region, resource;    ///< Amazon's; the endpoint's name there
  /// Where the key is: a variable of the environment, or a file. Never the key itself.
  std::string key_variable, key_file;
  EndpointLimits limits;
  int64_t most_pixels = 0, most_bytes = 0;  ///< of one picture that is sent; 0: any
  std::string size = "free";                ///< "free", "N" (N × N) or "WxH": what the service works at
  int modulus = 1;                          ///< both sides must be multiples of it
  double connect_seconds = 15, first_byte_seconds = 120, total_seconds = 600;
  std::string currency = "USD";
  std::map<std::string, std::string> options;  ///< of the dialect, with the values to begin with
  std::string source;                          ///< the service's documentation

  struct Size {
    int width = 0, height = 0;
  };
  /// Of `size`; nothing if it is free. Throws SpecError.
  std::optional<Size> fixed_size() const;

  void describe(Fields& fields);
};

/// Reads and checks a card. `where` heads errors: the file. `overrides`: KEY, VALUE as --set endpoint.KEY=VALUE gives
/// them, options as "options.NAME". Throws SpecError naming file, line and key, for unknown keys with the nearest
/// known.
EndpointCard read_endpoint_card(const std::string& text, const std::string& where,
                                const std::vector<GivenValue>& overrides = {});

/// The cards that ship, as file name and text; made from configs/endpoints/*.yaml when the program was built.
struct ShippedText {
  const char *file, *text;
};
const std::vector<ShippedText>& shipped_endpoints();

/// The card of an endpoint given by name, or by the path of a YAML file (what holds a '/' or ends in .yaml). Throws
/// SpecError for an unknown name, with the nearest known one.
EndpointCard find_endpoint(const std::string& name_or_path, const std::vector<GivenValue>& overrides = {});

/// Its key, out of the environment or the file. Throws MissingError that names both and the cure.
std::string endpoint_key(const EndpointCard& card);

}  // namespace inpaint
