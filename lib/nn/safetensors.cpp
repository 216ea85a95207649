#include "nn/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"

namespace inpaint {
namespace {

constexpr size_t prefix_bytes = 8, largest_header = 100'000'000;
constexpr std::pair<const char*, size_t> type_sizes[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},
                                                         {"I32", 4}, {"I16", 2}, {"I8", 1},  {"U64", 8},  {"U32", 4},
                                                         {"U16", 2}, {"U8", 1},  {"BOOL", 1}};

[[noreturn]] void damaged(const std::string& path, const std::string& why) {
  throw MissingError(path + ": damaged safetensors file: " + why + "; fetch or convert it again");
}
std::string last_error() { return std::strerror(errno); }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int operator*() const { return number_; }

 private:
  int number_;
};

std::pair<std::shared_ptr<const std::byte[]>, size_t> map_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (*file < 0 || ::fstat(*file, &facts) != 0) throw MissingError(path + ": cannot be read: " + last_error());
  if (!S_ISREG(facts.st_mode)) throw MissingError(path + ": expected a safetensors file, this is no regular file");
  const size_t size = static_cast<size_t>(facts.st_size);
  if (size < prefix_bytes) damaged(path, "it has " + std::to_string(size) + " bytes only");
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, *file, 0);
  if (at == MAP_FAILED) throw MissingError(path + ": cannot be mapped: " + last_error());
  const auto unmap = [size](const std::byte* p) { ::munmap(const_cast<std::byte*>(p), size); };
  return {std::shared_ptr<const std::byte[]>(static_cast<const std::byte*>(at), unmap), size};
}

uint64_t little_endian(const std::byte* bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = count; i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes[i]);
  return value;
}

std::optional<size_t> bytes_of(const std::string& type, const std::vector<int64_t>& shape) {
  const auto* known = std::find_if(std::begin(type_sizes), std::end(type_sizes),
                                   [&](const auto& entry) { return type == entry.first; });
  if (known == std::end(type_sizes)) return std::nullopt;
  size_t bytes = known->second;
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<size_t>(extent), &bytes)) return std::nullopt;
  }
  return bytes;
}

// IEEE 754 half precision, subnormal numbers and NaN included.
float from_half(uint32_t bits) {
  const uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
  if (exponent == 0) {
    const float small = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -small : small;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

// What makes a float of a value's bits; null for types that hold none.
using FromBits = float (*)(uint64_t);
FromBits conversion_from(const std::string& type) {
  if (type == "F32") return [](uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits)); };
  if (type == "F64") return [](uint64_t bits) { return static_cast<float>(std::bit_cast<double>(bits)); };
  if (type == "F16") return [](uint64_t bits) { return from_half(static_cast<uint32_t>(bits)); };
  if (type == "BF16") return [](uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits << 16)); };
  if (type == "I64") return [](uint64_t bits) { return static_cast<float>(static_cast<int64_t>(bits)); };
  if (type == "I32") return [](uint64_t bits) { return static_cast<float>(static_cast<int32_t>(bits)); };
  if (type == "U8") return [](uint64_t bits) { return static_cast<float>(bits); };
  return nullptr;
}

}  // namespace

Safetensors::Safetensors(const std::string& path) : path_(path) {
  size_t size = 0;
  std::tie(bytes_, size) = map_file(path);
  const uint64_t header = little_endian(bytes_.get(), prefix_bytes);
  const char* text = reinterpret_cast<const char*>(bytes_.get()) + prefix_bytes;
  if (header < 2 || header > largest_header || (size > prefix_bytes && *text != '{')) {
    throw MissingError(path + ": expected a safetensors file, this is none; see examples/convert_weights.py");
  }
  if (header > size - prefix_bytes) damaged(path, "it ends within its header");
  values_at_ = prefix_bytes + static_cast<size_t>(header);
  read_header(std::string(text, static_cast<size_t>(header)));
  check_layout(size - values_at_);
}

void Safetensors::read_header(const std::string& text) {
  const nlohmann::json header = nlohmann::json::parse(text, nullptr, false);
  if (!header.is_object()) damaged(path_, "its header is not valid JSON");
  for (const auto& [name, value] : header.items()) {
    try {
      if (name == "__metadata__") {
        metadata_ = value.get<std::map<std::string, std::string>>();
        continue;
      }
      Entry entry{value.at("dtype").get<std::string>(), value.at("shape").get<std::vector<int64_t>>()};
      const auto offsets = value.at("data_offsets").get<std::pair<size_t, size_t>>();
      if (value.at("data_offsets").size() != 2) damaged(path_, "tensor '" + name + "' needs two offsets");
      std::tie(entry.begin, entry.end) = offsets;
      entries_.emplace(name, std::move(entry));
      names_.push_back(name);
    } catch (const nlohmann::json::exception&) {
      damaged(path_, "the header's entry '" + name + "' lacks something or has a wrong type");
    }
  }
}

void Safetensors::check_layout(size_t value_bytes) {
  std::sort(names_.begin(), names_.end(), [&](const std::string& a, const std::string& b) {
    const Entry &first = entries_.at(a), &second = entries_.at(b);
    return std::tie(first.begin, first.end, a) < std::tie(second.begin, second.end, b);
  });
  size_t at = 0;
  for (const std::string& name : names_) {
    const Entry& entry = entries_.at(name);
    const std::string tensor = "tensor '" + name + "' ";
    const std::optional<size_t> bytes = bytes_of(entry.type, entry.shape);
    if (!bytes) damaged(path_, tensor + "has an impossible type or shape (" + entry.type + ")");
    if (entry.begin < at) damaged(path_, tensor + "overlaps the one before it");
    if (entry.begin > at) damaged(path_, "bytes before " + tensor + "belong to no tensor");
    if (entry.end < entry.begin || entry.end - entry.begin != *bytes) {
      damaged(path_, tensor + "of shape " + shape_text(entry.shape) + " has a wrong number of bytes");
    }
    if (entry.end > value_bytes) damaged(path_, tensor + "lies beyond the end: the file is truncated");
    at = entry.end;
  }
  if (at != value_bytes) damaged(path_, std::to_string(value_bytes - at) + " bytes at its end belong to no tensor");
}

const Safetensors::Entry& Safetensors::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw MissingError(path_ + ": no tensor '" + name + "'");
  return found->second;
}

Tensor Safetensors::get(const std::string& name) const {
  const Entry& found = entry(name);
  const std::byte* from = bytes_.get() + values_at_ + found.begin;
  const bool aligned = reinterpret_cast<uintptr_t>(from) % alignof(float) == 0;
  if (found.type == "F32" && aligned && std::endian::native == std::endian::little) {
    float* values = const_cast<float*>(reinterpret_cast<const float*>(from));  // a Tensor handed over is only read
    return Tensor(found.shape, std::shared_ptr<float[]>(bytes_, values));
  }
  const FromBits convert = conversion_from(found.type);
  if (convert == nullptr) {
    throw MissingError(path_ + ": tensor '" + name + "' is of type " + found.type + ", expected floating point");
  }
  Tensor tensor(found.shape);
  const size_t count = static_cast<size_t>(tensor.size());
  const size_t width = count == 0 ? 0 : (found.end - found.begin) / count;
  for (size_t i = 0; i < count; ++i) {
    tensor.data()[i] = convert(little_endian(from + i * width, width));
  }
  return tensor;
}

namespace {

// A file that vanishes unless it is kept.
class Temporary {
 public:
  explicit Temporary(const std::string& target)
      : target_(target), path_(target + ".XXXXXX"), file_(::mkostemp(path_.data(), O_CLOEXEC)) {
    if (*file_ < 0) fail();
  }
  ~Temporary() {
    if (!kept_ && *file_ >= 0) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(const void* from, size_t count) {
    const char* at = static_cast<const char*>(from);
    while (count > 0) {
      const ssize_t written = ::write(*file_, at, count);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      at += written;
      count -= static_cast<size_t>(written);
    }
  }
  void keep() {
    if (::fchmod(*file_, 0644) != 0 || ::fsync(*file_) != 0 || ::rename(path_.c_str(), target_.c_str()) != 0) fail();
    kept_ = true;
  }

 private:
  [[noreturn]] void fail() const { throw MissingError(target_ + ": cannot be written: " + last_error()); }

  std::string target_, path_;
  Descriptor file_;
  bool kept_ = false;
};

constexpr uint32_t infinite = 0x7f800000, beyond_half = 0x477ff000;  // 65520 rounds to 2^16

uint16_t to_half(float value, const std::string& tensor) {
  const uint32_t bits = std::bit_cast<uint32_t>(value), size = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;
  uint32_t half = 0x7e00;  // not a number
  if (size == infinite) half = 0x7c00;
  if (size < infinite) {
    if (size >= beyond_half) {
      throw std::invalid_argument("tensor '" + tensor + "' holds " + std::to_string(value) +
                                  ", which half precision cannot: expected at most 65504");
    }
    const bool subnormal = size < 0x38800000;
    half = subnormal ? static_cast<uint32_t>(std::nearbyint(std::bit_cast<float>(size) * 0x1p24f))
                     : (size + 0xfff + (size >> 13 & 1) - 0x38000000) >> 13;
  }
  return static_cast<uint16_t>(sign | half);
}

std::vector<uint16_t> halves(const Tensor& tensor, const std::string& name) {
  std::vector<uint16_t> result;
  result.reserve(static_cast<size_t>(tensor.size()));
  for (const float value : tensor.values()) result.push_back(to_half(value, name));
  return result;
}

std::string header_text(const std::vector<std::pair<std::string, Tensor>>& tensors,
                        const std::map<std::string, std::string>& metadata, StoredType type) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  size_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    if (header.contains(name)) throw std::invalid_argument("tensor '" + name + "' is given twice");
    const size_t end = at + static_cast<size_t>(tensor.size()) * (type == StoredType::f16 ? 2 : 4);
    header[name] = {
        {"dtype", type == StoredType::f16 ? "F16" : "F32"}, {"shape", tensor.shape()}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that values are aligned
  return text;
}

}  // namespace

void write_safetensors(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata, StoredType type) {
  static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");
  const std::string header = header_text(tensors, metadata, type);
  const uint64_t length = header.size();
  Temporary file(path);
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  for (const auto& [name, tensor] : tensors) {
    if (type == StoredType::f16) {
      const std::vector<uint16_t> values = halves(tensor, name);
      file.write(values.data(), values.size() * sizeof(uint16_t));
    } else {
      file.write(tensor.data(), static_cast<size_t>(tensor.size()) * sizeof(float));
    }
  }
  file.keep();
}

}  // namespace inpaint
