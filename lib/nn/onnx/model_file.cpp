#include "nn/onnx/model_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>
#include <string_view>

#include "core/error.h"
#include "nn/onnx/wire.h"

namespace inpaint {
namespace {

using Bytes = std::span<const uint8_t>;

// onnx.proto, TensorProto.DataType. Values of `size` bytes.
struct ElementType {
  const char* name;
  size_t size;
};
constexpr std::array<ElementType, 17> element_types{{{"", 0},
                                                     {"float32", 4},
                                                     {"uint8", 1},
                                                     {"int8", 1},
                                                     {"uint16", 2},
                                                     {"int16", 2},
                                                     {"int32", 4},
                                                     {"int64", 8},
                                                     {"string", 0},
                                                     {"bool", 1},
                                                     {"float16", 2},
                                                     {"float64", 8},
                                                     {"uint32", 4},
                                                     {"uint64", 8},
                                                     {"complex64", 8},
                                                     {"complex128", 16},
                                                     {"bfloat16", 2}}};
enum Type { float32 = 1, uint8 = 2, int8 = 3, int32 = 6, int64 = 7, text = 8, boolean = 9 };

bool known_type(int type) { return type > 0 && static_cast<size_t>(type) < element_types.size(); }

// The number of values of a shape, which no file of `bytes` bytes can exceed (types have up to 8 values in a byte).
int64_t count_of(const std::vector<int64_t>& shape, int64_t limit) {
  int64_t count = 1;
  for (const int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && count > limit / extent)) throw WireError("a tensor larger than the file");
    count *= extent;
  }
  return count;
}

int64_t held_values(const OnnxTensor& tensor) {
  if (!tensor.raw.empty())
    return static_cast<int64_t>(tensor.raw.size() / element_types[static_cast<size_t>(tensor.type)].size);
  return static_cast<int64_t>(tensor.numbers.size() + tensor.integers.size());
}

void check(const OnnxTensor& tensor, size_t message_size, bool external) {
  if (!known_type(tensor.type)) throw WireError("a tensor of an unknown type");
  if (external || tensor.type == Type::text) return;
  const size_t value_size = element_types[static_cast<size_t>(tensor.type)].size;
  if (tensor.raw.size() % value_size != 0) throw WireError("a tensor that ends within a value");
  if (tensor.raw.empty() && tensor.type > Type::boolean) return;  // lists of other numbers are not read
  if (count_of(tensor.shape, static_cast<int64_t>(message_size)) != held_values(tensor))
    throw WireError("a tensor whose shape and values disagree");
}

OnnxTensor tensor_of(Bytes message, bool& external) {
  OnnxTensor tensor;
  bool outside = false;
  for (WireReader in(message); in.next();) {
    switch (in.field()) {
      case 1: in.append_integers(tensor.shape); break;
      case 2: tensor.type = static_cast<int>(in.integer()); break;
      case 4: in.append_numbers(tensor.numbers); break;
      case 5:
      case 7: in.append_integers(tensor.integers); break;
      case 8: tensor.name = in.text(); break;
      case 9: tensor.raw = in.bytes(); break;
      case 14: outside = in.integer() == 1; break;
      default: break;
    }
  }
  check(tensor, message.size(), outside);
  external = external || outside;
  return tensor;
}

OnnxAttribute attribute_of(Bytes message, bool& external) {
  OnnxAttribute attribute;
  for (WireReader in(message); in.next();) {
    switch (in.field()) {
      case 1: attribute.name = in.text(); break;
      case 2: attribute.number = in.number(); break;
      case 3: attribute.integer = in.integer(); break;
      case 4: attribute.text = in.text(); break;
      case 5: attribute.tensor = tensor_of(in.bytes(), external); break;
      case 6:
      case 11: attribute.has_graph = true; break;
      case 7: in.append_numbers(attribute.numbers); break;
      case 8: in.append_integers(attribute.integers); break;
      default: break;
    }
  }
  return attribute;
}

OnnxNode node_of(Bytes message, bool& external) {
  OnnxNode node;
  for (WireReader in(message); in.next();) {
    switch (in.field()) {
      case 1: node.inputs.push_back(in.text()); break;
      case 2: node.outputs.push_back(in.text()); break;
      case 3: node.name = in.text(); break;
      case 4: node.op = in.text(); break;
      case 5: node.attributes.push_back(attribute_of(in.bytes(), external)); break;
      case 7: node.domain = in.text(); break;
      default: break;
    }
  }
  if (node.op.empty() || node.outputs.empty()) throw WireError("a node without operator or output");
  return node;
}

std::vector<int64_t> shape_of(Bytes message) {
  std::vector<int64_t> shape;
  for (WireReader in(message); in.next();) {
    if (in.field() != 1) continue;
    int64_t extent = -1;
    for (WireReader dimension(in.bytes()); dimension.next();) {
      if (dimension.field() == 1) extent = dimension.integer();
    }
    shape.push_back(extent <= 0 ? -1 : extent);  // some writers mean "free" by 0 and -1
  }
  return shape;
}

TensorFacts value_of(Bytes message) {
  TensorFacts facts;
  for (WireReader in(message); in.next();) {
    if (in.field() == 1) facts.name = in.text();
    if (in.field() != 2) continue;
    for (WireReader type(in.bytes()); type.next();) {
      if (type.field() != 1) continue;  // sequences and maps are no tensors
      for (WireReader tensor(type.bytes()); tensor.next();) {
        if (tensor.field() == 1) facts.type = onnx_type_name(static_cast<int>(tensor.integer()));
        if (tensor.field() == 2) facts.shape = shape_of(tensor.bytes());
      }
    }
  }
  return facts;
}

void read_graph(Bytes message, OnnxModel& model, bool& external) {
  for (WireReader in(message); in.next();) {
    switch (in.field()) {
      case 1: model.nodes.push_back(node_of(in.bytes(), external)); break;
      case 5: {
        OnnxTensor tensor = tensor_of(in.bytes(), external);
        model.initializers[tensor.name] = std::move(tensor);
        break;
      }
      case 11: model.inputs.push_back(value_of(in.bytes())); break;
      case 12: model.outputs.push_back(value_of(in.bytes())); break;
      default: break;
    }
  }
  std::erase_if(model.inputs, [&](const TensorFacts& input) { return model.initializers.contains(input.name); });
}

void read_opset(Bytes message, OnnxModel& model) {
  std::string domain;
  int64_t version = 0;
  for (WireReader in(message); in.next();) {
    if (in.field() == 1) domain = in.text();
    if (in.field() == 2) version = in.integer();
  }
  if (domain.empty() || domain == "ai.onnx") model.opset = version;
}

void read_model(Bytes message, OnnxModel& model, bool& external) {
  std::string version;
  for (WireReader in(message); in.next();) {
    switch (in.field()) {
      case 2: model.producer = in.text(); break;
      case 3: version = in.text(); break;
      case 7: read_graph(in.bytes(), model, external); break;
      case 8: read_opset(in.bytes(), model); break;
      default: break;
    }
  }
  if (!version.empty()) model.producer += " " + version;
}

// Every tensor that is used has been made before.
void check_order(const OnnxModel& model) {
  if (model.nodes.empty() || model.outputs.empty()) throw WireError("no graph in it");
  std::set<std::string> made{""};
  for (const TensorFacts& input : model.inputs) made.insert(input.name);
  for (const auto& [name, tensor] : model.initializers) made.insert(name);
  for (const OnnxNode& node : model.nodes) {
    for (const std::string& input : node.inputs) {
      if (!made.contains(input)) throw WireError(fmt::format("{} uses '{}', which nothing makes", node.told(), input));
    }
    made.insert(node.outputs.begin(), node.outputs.end());
  }
  for (const TensorFacts& output : model.outputs) {
    if (!made.contains(output.name)) throw WireError(fmt::format("nothing makes the output '{}'", output.name));
  }
}

Bytes map_file(const std::string& file, std::shared_ptr<const void>& mapping) {
  const int handle = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (handle < 0) {
    if (errno == ENOENT) throw MissingError(file + ": no such file; give the path of an ONNX file");
    throw MissingError(fmt::format("{}: cannot be read: {}", file, std::strerror(errno)));
  }
  struct stat facts {};
  if (fstat(handle, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size == 0) {
    close(handle);
    throw MissingError(file + ": expected an ONNX file, this is " +
                       (S_ISREG(facts.st_mode) ? "empty; download it again" : "no regular file"));
  }
  const size_t size = static_cast<size_t>(facts.st_size);
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, handle, 0);
  close(handle);
  if (memory == MAP_FAILED) throw MissingError(fmt::format("{}: cannot be mapped: {}", file, std::strerror(errno)));
  mapping = std::shared_ptr<const void>(memory, [size](const void* p) { munmap(const_cast<void*>(p), size); });
  return {static_cast<const uint8_t*>(memory), size};
}

// Files that people take for ONNX by mistake, by their first bytes; empty if it may be one.
std::string mistaken_for_onnx(Bytes bytes) {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 64));
  if (head.starts_with("PK\x03\x04"))
    return "this is a zip archive as torch.save and TorchScript write it; if it is TorchScript, give it a card with "
           "driver: torchscript, else export it to ONNX";
  if (head.starts_with("\x80\x02") || head.starts_with("\x80\x04"))
    return "this is a Python pickle; convert it with examples/convert_weights.py or export it to ONNX";
  if (head.starts_with("version https://git-lfs"))
    return "this is a Git LFS pointer, not the file itself; fetch it with git lfs pull";
  if (head.starts_with("<!") || head.starts_with("<html") || head.starts_with("<?xml"))
    return "this is a web page, probably an error message of the download; download it again";
  if (head.size() > 8 && head[8] == '{' && head.substr(4, 4) == std::string_view("\0\0\0\0", 4))
    return "this is a safetensors file; give it a card with driver: safetensors";
  return "";
}

}  // namespace

std::string onnx_type_name(int type) {
  return known_type(type) ? element_types[static_cast<size_t>(type)].name : fmt::format("type {}", type);
}

int64_t OnnxTensor::size() const {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

std::vector<float> OnnxTensor::as_floats() const {
  if (type != Type::float32)
    throw MissingError(fmt::format("'{}' is of type {}; expected float32", name, onnx_type_name(type)));
  if (raw.empty()) return numbers;
  std::vector<float> values(raw.size() / sizeof(float));
  std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

std::vector<int64_t> OnnxTensor::as_integers() const {
  if (type != Type::int64 && type != Type::int32 && type != Type::boolean && type != Type::uint8 && type != Type::int8)
    throw MissingError(fmt::format("'{}' is of type {}; expected integers", name, onnx_type_name(type)));
  if (raw.empty()) return integers;
  std::vector<int64_t> values;
  const size_t step = element_types[static_cast<size_t>(type)].size;
  for (size_t at = 0; at < raw.size(); at += step) {
    int64_t value = 0;
    std::memcpy(&value, raw.data() + at, step);
    if (type == Type::int32) value = static_cast<int32_t>(value);
    if (type == Type::int8) value = static_cast<int8_t>(value);
    values.push_back(value);
  }
  return values;
}

const OnnxAttribute* OnnxNode::find(const std::string& attribute) const {
  for (const OnnxAttribute& a : attributes) {
    if (a.name == attribute) return &a;
  }
  return nullptr;
}

int64_t OnnxNode::integer(const std::string& attribute, int64_t otherwise) const {
  const OnnxAttribute* found = find(attribute);
  return found == nullptr ? otherwise : found->integer;
}

std::vector<int64_t> OnnxNode::integers(const std::string& attribute, std::vector<int64_t> otherwise) const {
  const OnnxAttribute* found = find(attribute);
  return found == nullptr ? otherwise : found->integers;
}

std::string OnnxNode::text(const std::string& attribute, const std::string& otherwise) const {
  const OnnxAttribute* found = find(attribute);
  return found == nullptr ? otherwise : found->text;
}

std::string OnnxNode::told() const {
  return fmt::format("{} '{}'", op, name.empty() && !outputs.empty() ? outputs.front() : name);
}

int64_t OnnxModel::parameters() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : initializers) count += tensor.type == Type::float32 ? tensor.size() : 0;
  return count;
}

OnnxModel read_onnx(const std::string& file) {
  OnnxModel model;
  model.file = file;
  model.bytes = map_file(file, model.mapping);
  if (const std::string other = mistaken_for_onnx(model.bytes); !other.empty())
    throw MissingError(fmt::format("{}: expected an ONNX file, but {}", file, other));
  bool external = false;
  try {
    read_model(model.bytes, model, external);
    check_order(model);
  } catch (const WireError& error) {
    throw MissingError(
        fmt::format("{}: is no ONNX file, or a damaged one ({}); download or export it again", file, error.what()));
  }
  if (external)
    throw MissingError(file +
                       ": keeps its weights in other files beside it; write it as one file with Python: "
                       "onnx.save(onnx.load(FILE), NEW)");
  return model;
}

}  // namespace inpaint
