// Files of named tensors: https://github.com/huggingface/safetensors#format. Standard library, JSON and core only:
// driver modules include this.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/tensor.h"

namespace inpaint {

/// A safetensors file, mapped into memory. Threads may read it at the same time.
class Safetensors {
 public:
  /// Throws MissingError if the file is absent, is no safetensors file, is truncated or damaged (naming the first
  /// tensor that cannot be right).
  explicit Safetensors(const std::string& path);

  const std::string& path() const { return path_; }
  /// In the order in which their values lie in the file.
  const std::vector<std::string>& names() const { return names_; }
  bool has(const std::string& name) const { return entries_.contains(name); }
  /// These three throw MissingError that names file and tensor if there is none of that name.
  const std::vector<int64_t>& shape(const std::string& name) const { return entry(name).shape; }
  /// As written in the file: "F32", "BF16", ...
  const std::string& type(const std::string& name) const { return entry(name).type; }
  /// The values as float32. F32 is mapped, not copied, where the file aligns it; F64, F16, BF16, I64, I32 and U8 are
  /// converted (to the nearest float); any other type throws MissingError.
  Tensor get(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  struct Entry {
    std::string type;
    std::vector<int64_t> shape;
    size_t begin = 0, end = 0;  // bytes from the start of the values
  };
  void read_header(const std::string& text);
  void check_layout(size_t value_bytes);
  const Entry& entry(const std::string& name) const;

  std::string path_;
  std::shared_ptr<const std::byte[]> bytes_;
  size_t values_at_ = 0;
  std::vector<std::string> names_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

/// How values are stored: as they are, or in half the space with 11 significant bits, rounded to nearest, ties to even.
enum class StoredType { f32, f16 };

/// Writes tensors in this order, whole or not at all (a temporary file beside it is renamed). Throws MissingError if
/// the file cannot be written, std::invalid_argument if a name is given twice, or a finite value is too large for f16
/// (naming the tensor).
void write_safetensors(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata = {}, StoredType type = StoredType::f32);

}  // namespace inpaint
