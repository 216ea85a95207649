// Writes small ONNX files: protobuf's wire format by hand.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace inpaint::test {

/// One message, field by field.
class WireWriter {
 public:
  WireWriter& integer(uint64_t field, int64_t value) {
    varint(field << 3);
    varint(static_cast<uint64_t>(value));
    return *this;
  }
  WireWriter& bytes(uint64_t field, const std::string& value) {
    varint(field << 3 | 2);
    varint(value.size());
    text_ += value;
    return *this;
  }
  WireWriter& number(uint64_t field, float value) {
    varint(field << 3 | 5);
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) text_.push_back(static_cast<char>(value | 0x80));
    text_.push_back(static_cast<char>(value));
  }
  std::string text_;
};

/// A graph under construction. Tensors are named; `text()` is the file.
class OnnxWriter {
 public:
  explicit OnnxWriter(int64_t opset = 11) : opset_(opset) {}

  using Shape = std::vector<int64_t>;

  static std::string floats(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    return tensor(name, shape, 1, values.data(), values.size() * sizeof(float));
  }
  static std::string integers(const std::string& name, const Shape& shape, const std::vector<int64_t>& values) {
    return tensor(name, shape, 7, values.data(), values.size() * sizeof(int64_t));
  }

  static std::string attribute(const std::string& name, int64_t value) {
    return WireWriter().bytes(1, name).integer(3, value).integer(20, 2).text();
  }
  static std::string attribute(const std::string& name, float value) {
    return WireWriter().bytes(1, name).number(2, value).integer(20, 1).text();
  }
  static std::string attribute(const std::string& name, const std::string& value) {
    return WireWriter().bytes(1, name).bytes(4, value).integer(20, 3).text();
  }
  static std::string attribute(const std::string& name, const Shape& values) {
    WireWriter out;
    out.bytes(1, name);
    for (const int64_t value : values) out.integer(8, value);
    return out.integer(20, 7).text();
  }
  static std::string tensor_attribute(const std::string& name, const std::string& tensor) {
    return WireWriter().bytes(1, name).bytes(5, tensor).integer(20, 4).text();
  }

  void input(const std::string& name, const Shape& shape) { graph_.bytes(11, value(name, shape)); }
  void output(const std::string& name, const Shape& shape) { graph_.bytes(12, value(name, shape)); }
  /// Made by `floats` or `integers`.
  void initializer(const std::string& tensor) { graph_.bytes(5, tensor); }
  void node(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
            const std::vector<std::string>& attributes = {}) {
    WireWriter out;
    for (const std::string& name : inputs) out.bytes(1, name);
    for (const std::string& name : outputs) out.bytes(2, name);
    out.bytes(3, op + "_" + outputs.front()).bytes(4, op);
    for (const std::string& a : attributes) out.bytes(5, a);
    graph_.bytes(1, out.text());
  }
  void constant(const std::string& name, const std::string& tensor) {
    node("Constant", {}, {name}, {tensor_attribute("value", tensor)});
  }

  std::string text() const {
    const std::string opset = WireWriter().bytes(1, "").integer(2, opset_).text();
    return WireWriter().integer(1, 6).bytes(2, "test").bytes(3, "1").bytes(7, graph_.text()).bytes(8, opset).text();
  }

 private:
  static std::string tensor(const std::string& name, const Shape& shape, int type, const void* data, size_t size) {
    WireWriter out;
    for (const int64_t extent : shape) out.integer(1, extent);
    return out.integer(2, type).bytes(8, name).bytes(9, std::string(static_cast<const char*>(data), size)).text();
  }
  static std::string value(const std::string& name, const Shape& shape) {
    WireWriter dims;
    for (const int64_t extent : shape) {
      dims.bytes(1, extent < 0 ? WireWriter().bytes(2, "free").text() : WireWriter().integer(1, extent).text());
    }
    const std::string type = WireWriter().integer(1, 1).bytes(2, dims.text()).text();
    return WireWriter().bytes(1, name).bytes(2, WireWriter().bytes(1, type).text()).text();
  }

  int64_t opset_;
  WireWriter graph_;
};

}  // namespace inpaint::test
