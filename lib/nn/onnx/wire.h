// The protobuf wire format (protobuf.dev/programming-guides/encoding), as much of it as ONNX files use.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace inpaint {

/// The bytes are no protobuf message. Caught where the file's name is known.
class WireError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Walks the fields of one message; nothing outside its bytes is ever read. Throws WireError.
class WireReader {
 public:
  explicit WireReader(std::span<const uint8_t> message) : rest_(message) {}

  /// Goes to the next field; false at the end.
  bool next() {
    if (rest_.empty()) return false;
    const uint8_t* begin = rest_.data();
    const uint64_t key = varint();
    field_ = static_cast<int64_t>(key >> 3);
    kind_ = static_cast<Kind>(key & 7);
    switch (kind_) {
      case Kind::varint: number_ = varint(); break;
      case Kind::fixed64: bytes_ = take(8); break;
      case Kind::bytes: bytes_ = take(varint()); break;
      case Kind::fixed32: bytes_ = take(4); break;
      default: throw WireError("a field of an unknown kind");
    }
    if (field_ == 0) throw WireError("a field numbered 0");
    whole_field_ = {begin, rest_.data()};
    return true;
  }

  int64_t field() const { return field_; }
  /// With its number and length, as it stands there.
  std::span<const uint8_t> whole_field() const { return whole_field_; }
  int64_t integer() const {
    expect(Kind::varint);
    return static_cast<int64_t>(number_);
  }
  std::span<const uint8_t> bytes() const {
    expect(Kind::bytes);
    return bytes_;
  }
  std::string text() const { return {reinterpret_cast<const char*>(bytes().data()), bytes().size()}; }
  float number() const {
    expect(Kind::fixed32);
    return float_at(bytes_.data());
  }

  /// The values of a repeated field, packed or one by one: appended to `out`.
  void append_integers(std::vector<int64_t>& out) const {
    if (kind_ != Kind::bytes) return out.push_back(integer());
    WireReader packed(bytes_);
    while (!packed.rest_.empty()) out.push_back(static_cast<int64_t>(packed.varint()));
  }
  void append_numbers(std::vector<float>& out) const {
    if (kind_ != Kind::bytes) return out.push_back(number());
    if (bytes_.size() % sizeof(float) != 0) throw WireError("a list of numbers that ends within one");
    for (size_t at = 0; at < bytes_.size(); at += sizeof(float)) out.push_back(float_at(bytes_.data() + at));
  }

 private:
  enum class Kind { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

  static float float_at(const uint8_t* at) {
    static_assert(std::endian::native == std::endian::little);
    float value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  void expect(Kind kind) const {
    if (kind_ != kind) throw WireError("a field of another kind than expected");
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = take(1)[0];
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw WireError("a number that does not end");
  }

  std::span<const uint8_t> take(uint64_t count) {
    if (count > rest_.size()) throw WireError("it ends too early");
    const std::span<const uint8_t> taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::span<const uint8_t> rest_, bytes_, whole_field_;
  uint64_t number_ = 0;
  int64_t field_ = 0;
  Kind kind_ = Kind::varint;
};

}  // namespace inpaint
