// What an ONNX file holds (onnx.proto), read without a protobuf library. Standard library and core only: the driver
// module is built from this, too.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nn/driver.h"

namespace inpaint {

/// Values in the file: parameters and constants. Row-major.
struct OnnxTensor {
  std::string name;
  int type = 0;  ///< as in onnx.proto: 1 float32, 6 int32, 7 int64, 9 bool, ...; see onnx_type_name
  std::vector<int64_t> shape;
  /// The values, little-endian, not aligned, in the mapped file; empty if the file lists them as numbers instead.
  std::span<const uint8_t> raw;
  std::vector<float> numbers;
  std::vector<int64_t> integers;

  int64_t size() const;
  /// Of type float32. Throws MissingError if it is of another.
  std::vector<float> as_floats() const;
  /// Of a type of integers or bool. Throws MissingError if it is of another.
  std::vector<int64_t> as_integers() const;
};

/// "float32", "int64", ...; "type N" if there is no such type.
std::string onnx_type_name(int type);

struct OnnxAttribute {
  std::string name;
  int64_t integer = 0;
  float number = 0;
  std::string text;
  std::vector<int64_t> integers;
  std::vector<float> numbers;
  std::optional<OnnxTensor> tensor;
  bool has_graph = false;  ///< a body of If or Loop; not read
};

struct OnnxNode {
  std::string op, name, domain;
  std::vector<std::string> inputs;  ///< empty names: left out
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;

  const OnnxAttribute* find(const std::string& attribute) const;
  int64_t integer(const std::string& attribute, int64_t otherwise) const;
  std::vector<int64_t> integers(const std::string& attribute, std::vector<int64_t> otherwise) const;
  std::string text(const std::string& attribute, const std::string& otherwise) const;
  /// "Resize '/stage1/Resize'", for messages; without a name by its output.
  std::string told() const;
};

struct OnnxModel {
  std::string file;
  int64_t opset = 0;     ///< of the standard operators
  std::string producer;  ///< "pytorch 1.13.0"
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxTensor> initializers;
  std::vector<TensorFacts> inputs;  ///< in order, without those that are initializers
  std::vector<TensorFacts> outputs;
  std::span<const uint8_t> bytes;       ///< the file
  std::shared_ptr<const void> mapping;  ///< keeps the bytes

  int64_t parameters() const;  ///< values in floating-point initializers
};

/// Maps and reads a file. Throws MissingError if it is absent, is no ONNX (naming what it is instead, and the cure), is
/// damaged, or keeps its weights in other files.
OnnxModel read_onnx(const std::string& file);

}  // namespace inpaint
