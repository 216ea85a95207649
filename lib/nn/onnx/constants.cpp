#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "nn/onnx/constants_private.h"

namespace inpaint {
namespace {

using Inputs = std::vector<const KnownList*>;
using Result = std::optional<KnownList>;

constexpr int64_t first_unknown = -1'000'000'000'000;
constexpr int64_t largest_size = int64_t{1} << 31;  // keeps products within int64; unknown extents are beyond it

bool is_size(int64_t value) { return value >= -largest_size && value <= largest_size; }

KnownList whole_list(std::vector<int64_t> values) { return {.integers = std::move(values)}; }

// Takes elements of either kind by index.
KnownList picked(const KnownList& from, const std::vector<size_t>& indices) {
  KnownList out{.whole = from.whole};
  for (const size_t i : indices) {
    if (from.whole) {
      out.integers.push_back(from.integers[i]);
    } else {
      out.numbers.push_back(from.numbers[i]);
    }
  }
  return out;
}

Result constant(const OnnxNode& node) {
  if (const OnnxAttribute* a = node.find("value"); a != nullptr && a->tensor) return known_list(*a->tensor);
  if (const OnnxAttribute* a = node.find("value_int")) return KnownList{.scalar = true, .integers = {a->integer}};
  if (const OnnxAttribute* a = node.find("value_ints")) return whole_list(a->integers);
  if (const OnnxAttribute* a = node.find("value_float"))
    return KnownList{.scalar = true, .whole = false, .numbers = {a->number}};
  if (const OnnxAttribute* a = node.find("value_floats")) return KnownList{.whole = false, .numbers = a->numbers};
  return {};
}

Result constant_of_shape(const OnnxNode& node, const KnownList& shape) {
  if (shape.size() != 1 || !shape.whole || shape.integers[0] < 0 || shape.integers[0] > 64) return {};
  const OnnxAttribute* value = node.find("value");
  KnownList one{.whole = false, .numbers = {0}};
  if (value != nullptr) {
    if (!value->tensor) return {};
    const Result given = known_list(*value->tensor);
    if (!given || given->size() != 1) return {};
    one = *given;
  }
  return picked(one, std::vector<size_t>(static_cast<size_t>(shape.integers[0]), 0));
}

Result cast(const OnnxNode& node, const KnownList& in) {
  const int64_t to = node.integer("to", 0);
  KnownList out{.scalar = in.scalar, .whole = to == 6 || to == 7};  // int32, int64
  if (!out.whole && to != 1) return {};
  if (!out.whole) {
    for (const int64_t v : in.integers) {
      if (!is_size(v)) return {};
    }
    out.numbers = in.as_numbers();
  } else if (in.whole) {
    out.integers = in.integers;
  } else {
    for (const float v : in.numbers) {
      if (!(std::abs(v) < 1e15F)) return {};
      out.integers.push_back(static_cast<int64_t>(v));
    }
  }
  return out;
}

Result gather(const OnnxNode& node, const KnownList& in, const KnownList& indices) {
  if (node.integer("axis", 0) != 0 || in.scalar || !indices.whole) return {};
  const int64_t size = static_cast<int64_t>(in.size());
  std::vector<size_t> taken;
  for (const int64_t index : indices.integers) {
    if (index < -size || index >= size) return {};
    taken.push_back(static_cast<size_t>(index < 0 ? index + size : index));
  }
  KnownList out = picked(in, taken);
  out.scalar = indices.scalar;
  return out;
}

// Start, end and step, from attributes up to opset 9, from inputs since.
Result slice(const OnnxNode& node, const Inputs& inputs) {
  const KnownList& in = *inputs[0];
  const auto one = [&](size_t input, const char* attribute, int64_t otherwise) -> std::optional<int64_t> {
    const KnownList* list = inputs.size() > input ? inputs[input] : nullptr;
    const std::vector<int64_t> values = list != nullptr ? list->integers : node.integers(attribute, {otherwise});
    if (values.size() != 1 || as_unknown_extent(values[0])) return {};
    return values[0];
  };
  const auto start = one(1, "starts", 0), end = one(2, "ends", 0), axis = one(3, "axes", 0), step = one(4, "", 1);
  if (in.scalar || !start || !end || axis != 0 || step != 1) return {};
  const int64_t size = static_cast<int64_t>(in.size());
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? std::max(at, -size) + size : at, 0, size); };
  std::vector<size_t> taken;
  for (int64_t i = place(*start); i < place(*end); ++i) taken.push_back(static_cast<size_t>(i));
  return picked(in, taken);
}

Result concat(const OnnxNode& node, const Inputs& inputs) {
  if (node.integer("axis", 0) != 0) return {};
  KnownList out{.whole = inputs[0]->whole};
  for (const KnownList* in : inputs) {
    if (in == nullptr || in->scalar || in->whole != out.whole) return {};
    out.integers.insert(out.integers.end(), in->integers.begin(), in->integers.end());
    out.numbers.insert(out.numbers.end(), in->numbers.begin(), in->numbers.end());
  }
  return out;
}

// Between rank 0 and 1 only.
Result with_rank(const KnownList& in, bool scalar) {
  if (in.scalar == scalar || in.size() != 1) return {};
  KnownList out = in;
  out.scalar = scalar;
  return out;
}

Result reshape(const KnownList& in, const KnownList* shape) {
  if (shape == nullptr || !shape->whole || shape->size() > 1) return {};
  const bool fits = shape->size() == 0
                        ? in.size() == 1
                        : shape->integers[0] == -1 || shape->integers[0] == static_cast<int64_t>(in.size());
  if (!fits) return {};
  KnownList out = in;
  out.scalar = shape->size() == 0;
  return out;
}

Result rounded(const KnownList& in, float (*round)(float)) {
  if (in.whole) return {};
  KnownList out = in;
  for (float& v : out.numbers) v = round(v);
  return out;
}

template <class T>
std::optional<T> computed(const std::string& op, T a, T b) {
  if constexpr (std::is_same_v<T, int64_t>) {
    if (!is_size(a) || !is_size(b)) return {};
    if (op == "Div" && b == 0) return {};
  }
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  return a / b;  // integers towards 0, as the standard says
}

Result arithmetic(const std::string& op, const KnownList& a, const KnownList& b) {
  const size_t size = std::max(a.size(), b.size());
  const auto spreads = [&](const KnownList& in) { return in.size() == size || in.size() == 1; };
  if (a.whole != b.whole || a.size() == 0 || b.size() == 0 || !spreads(a) || !spreads(b)) return {};
  KnownList out{.scalar = a.scalar && b.scalar, .whole = a.whole};
  for (size_t i = 0; i < size; ++i) {
    const size_t at_a = a.size() == 1 ? 0 : i, at_b = b.size() == 1 ? 0 : i;
    if (a.whole) {
      const auto value = computed(op, a.integers[at_a], b.integers[at_b]);
      if (!value) return {};
      out.integers.push_back(*value);
    } else {
      out.numbers.push_back(*computed(op, a.numbers[at_a], b.numbers[at_b]));
    }
  }
  return out;
}

}  // namespace

int64_t unknown_extent(int feature, int axis) { return first_unknown - (int64_t{4} * feature + axis); }

std::optional<UnknownExtent> as_unknown_extent(int64_t value) {
  constexpr int64_t last_unknown = first_unknown - (int64_t{4} * std::numeric_limits<int>::max() + 3);
  if (value > first_unknown || value < last_unknown) return {};
  const int64_t code = first_unknown - value;
  return UnknownExtent{static_cast<int>(code / 4), static_cast<int>(code % 4)};
}

std::vector<float> KnownList::as_numbers() const {
  if (!whole) return numbers;
  std::vector<float> out;
  for (const int64_t v : integers) out.push_back(static_cast<float>(v));
  return out;
}

std::optional<KnownList> known_list(const OnnxTensor& tensor) {
  constexpr int64_t longest = 64;  // sizes and scales have an entry per axis
  const std::string type = onnx_type_name(tensor.type);
  if (tensor.shape.size() > 1 || tensor.size() > longest) return {};
  KnownList out{.scalar = tensor.shape.empty()};
  if (type == "float32") {
    out.whole = false;
    out.numbers = tensor.as_floats();
  } else if (type == "int64" || type == "int32" || type == "bool") {
    out.integers = tensor.as_integers();
  } else {
    return {};
  }
  return out;
}

std::optional<KnownList> evaluate(const OnnxNode& node, const std::vector<const KnownList*>& inputs) {
  const std::string& op = node.op;
  if (op == "Constant") return constant(node);
  if (inputs.empty() || inputs[0] == nullptr) return {};
  const KnownList& first = *inputs[0];
  const KnownList* second = inputs.size() > 1 ? inputs[1] : nullptr;
  if (op == "Identity") return first;
  if (op == "ConstantOfShape") return constant_of_shape(node, first);
  if (op == "Cast") return cast(node, first);
  if (op == "Slice") return slice(node, inputs);
  if (op == "Concat") return concat(node, inputs);
  if (op == "Unsqueeze") return with_rank(first, false);
  if (op == "Squeeze") return with_rank(first, true);
  if (op == "Reshape") return reshape(first, second);
  if (op == "Floor") return rounded(first, std::floor);
  if (op == "Ceil") return rounded(first, std::ceil);
  if (second == nullptr) return {};
  if (op == "Gather") return gather(node, first, *second);
  if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div") return arithmetic(op, first, *second);
  return {};
}

}  // namespace inpaint
