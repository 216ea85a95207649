#include "remote/zip.h"

#include <fmt/format.h>
#include <zip.h>

#include <memory>

#include "core/error.h"

namespace inpaint {
namespace {

constexpr uint64_t most_bytes = uint64_t{1} << 30;  // of one file; archives can claim any size

}  // namespace

Bytes file_in_zip(std::span<const uint8_t> archive, const std::string& name) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(archive.data(), archive.size(), 0, &error);
  zip_t* opened = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  const std::string reason = opened == nullptr ? zip_error_strerror(&error) : "";
  zip_error_fini(&error);
  if (opened == nullptr) {
    zip_source_free(source);
    throw ItemError("the service's ZIP archive cannot be read: " + reason);
  }
  const std::unique_ptr<zip_t, decltype(&zip_discard)> zip(opened, &zip_discard);
  zip_stat_t facts;
  if (zip_stat(zip.get(), name.c_str(), 0, &facts) != 0 || facts.size > most_bytes)
    throw ItemError(fmt::format("the service's ZIP archive has no usable '{}'", name));
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen(zip.get(), name.c_str(), 0), &zip_fclose);
  Bytes bytes(facts.size);
  if (!file || zip_fread(file.get(), bytes.data(), bytes.size()) != static_cast<zip_int64_t>(bytes.size()))
    throw ItemError(fmt::format("the service's ZIP archive has a damaged '{}'", name));
  return bytes;
}

}  // namespace inpaint
