#include "nn/onnx/fix_inputs.h"

#include <algorithm>
#include <string_view>

#include "nn/onnx/wire.h"

namespace inpaint {
namespace {

using Bytes = std::span<const uint8_t>;

void append(std::string& out, Bytes bytes) { out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); }

void append_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void append_message(std::string& out, uint64_t field, std::string_view message) {
  append_number(out, field << 3 | 2);
  append_number(out, message.size());
  out += message;
}

void append_integer(std::string& out, uint64_t field, int64_t value) {
  append_number(out, field << 3);
  append_number(out, static_cast<uint64_t>(value));
}

// The message with each of its fields of this number replaced by what `change` makes of it.
template <class Change>
std::string changed(Bytes message, int64_t field, const Change& change) {
  std::string out;
  for (WireReader in(message); in.next();) {
    if (in.field() == field) {
      append_message(out, static_cast<uint64_t>(field), change(in.bytes()));
    } else {
      append(out, in.whole_field());
    }
  }
  return out;
}

std::string shape_message(const std::vector<int64_t>& shape) {
  std::string out;
  for (const int64_t extent : shape) {
    std::string dimension;
    append_integer(dimension, 1, extent);
    append_message(out, 1, dimension);
  }
  return out;
}

// A ValueInfoProto: its type (2), of a tensor (1), has a shape (2).
std::string with_shape(Bytes value, const std::vector<int64_t>& shape) {
  return changed(value, 2, [&](Bytes type) {
    return changed(type, 1,
                   [&](Bytes tensor) { return changed(tensor, 2, [&](Bytes) { return shape_message(shape); }); });
  });
}

std::string name_of(Bytes value) {
  for (WireReader in(value); in.next();) {
    if (in.field() == 1) return in.text();
  }
  return "";
}

}  // namespace

std::string with_input_shapes(const OnnxModel& model, const std::vector<std::vector<int64_t>>& shapes) {
  const auto input = [&](Bytes value) -> std::string {
    const std::string name = name_of(value);
    for (size_t i = 0; i < model.inputs.size(); ++i) {
      if (model.inputs[i].name == name) return with_shape(value, shapes[i]);
    }
    return {reinterpret_cast<const char*>(value.data()), value.size()};
  };
  return changed(model.bytes, 7, [&](Bytes graph) { return changed(graph, 11, input); });
}

}  // namespace inpaint
