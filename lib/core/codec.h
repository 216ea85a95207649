// Codec<T>: how an option of type T reads from and prints to text. Specialise it beside the type.
//   static constexpr const char* value_name;   what help calls the value, e.g. "N"
//   static T parse(const std::string& text);   throws BadValue saying what was expected
//   static std::string print(const T& value);  parse(print(v)) == v
#pragma once
#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

namespace inpaint {

/// What was expected instead, e.g. "a number".
class BadValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class T>
struct Codec;

template <>
struct Codec<std::string> {
  static constexpr const char* value_name = "TEXT";
  static std::string parse(const std::string& text) { return text; }
  static std::string print(const std::string& value) { return value; }
};

template <>
struct Codec<bool> {
  static constexpr const char* value_name = "";
  static bool parse(const std::string& text) {
    if (text == "true" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "no" || text == "off") return false;
    throw BadValue("true or false");
  }
  static std::string print(bool value) { return value ? "true" : "false"; }
};

template <class T>
requires(std::integral<T> || std::floating_point<T>) struct Codec<T> {
  static constexpr const char* value_name = "N";
  static T parse(const std::string& text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool finite = value - value == T{};
    if (error != std::errc{} || stop != end || text.empty() || !finite) {
      throw BadValue(std::integral<T> ? "a whole number" : "a number");
    }
    return value;
  }
  static std::string print(T value) {
    char text[64];
    return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
};

/// An option without a default prints as "".
template <class T>
struct Codec<std::optional<T>> {
  static constexpr const char* value_name = Codec<T>::value_name;
  static std::optional<T> parse(const std::string& text) { return Codec<T>::parse(text); }
  static std::string print(const std::optional<T>& value) { return value ? Codec<T>::print(*value) : std::string(); }
};

}  // namespace inpaint
