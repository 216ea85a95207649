// Standard library and core only: driver modules include this.
#pragma once
#include <string>

#include "core/codec.h"

namespace inpaint {

/// Where a network runs, as asked for.
struct Device {
  enum class Kind { automatic, cpu, cuda };
  Kind kind = Kind::automatic;
  int index = 0;  ///< of the GPU
  bool operator==(const Device&) const = default;
};

/// The number type a network computes with, as asked for. automatic: fp32 unless something faster was measured to be
/// faster and within the card's tolerance.
enum class Precision { automatic, fp32, bf16, fp16 };

template <>
struct Codec<Device> {
  static constexpr const char* value_name = "auto|cpu|cuda[:N]";
  static Device parse(const std::string& text);
  static std::string print(const Device& device);
};
template <>
struct Codec<Precision> {
  static constexpr const char* value_name = "auto|fp32|bf16|fp16";
  static Precision parse(const std::string& text);
  static std::string print(const Precision& precision);
};

}  // namespace inpaint
