#include "pipeline/companion.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "core/names.h"

namespace inpaint {
namespace fs = std::filesystem;

struct Companion::Cache {
  std::once_flag once;
  Mask mask;
  Notes notes;
};

namespace {

std::string without_extension(const std::string& rel) { return fs::path(rel).replace_extension().generic_string(); }

// Lower is better when several files of a directory claim the same picture.
int preference(const std::string& key, const std::string& file) {
  return (key == without_extension(file) ? 0 : 2) + (extension_of(file) == "png" ? 0 : 1);
}

}  // namespace

void Companion::prepare(const std::string& what, const std::vector<std::string>& extensions) {
  what_ = what;
  std::error_code error;
  is_directory_ = fs::is_directory(path_, error);
  if (!is_directory_ && !fs::exists(path_, error))
    throw SpecError(fmt::format("{}: no such file or directory: '{}'", what, path_));
  cache_ = std::make_shared<Cache>();
  if (!is_directory_) return;
  std::vector<std::string> files;
  try {
    for (const auto& entry : fs::recursive_directory_iterator(path_, fs::directory_options::follow_directory_symlink)) {
      const std::string file = fs::path(entry.path()).lexically_relative(path_).generic_string();
      if (std::find(extensions.begin(), extensions.end(), extension_of(file)) != extensions.end() &&
          entry.is_regular_file()) {
        files.push_back(file);
      }
    }
  } catch (const fs::filesystem_error& problem) {
    throw SpecError(fmt::format("{}: '{}' cannot be listed: {}", what, path_, problem.code().message()));
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    const std::string stem = without_extension(file);
    for (const char* suffix : {"", "_mask", "-mask", ".mask"}) {
      if (!stem.ends_with(suffix)) continue;
      const std::string key = stem.substr(0, stem.size() - std::strlen(suffix));
      const std::string whole = (fs::path(path_) / file).string();
      const auto [it, added] = file_of_key_.emplace(key, whole);
      const auto known = fs::path(it->second).lexically_relative(path_).generic_string();
      if (!added && preference(key, file) < preference(key, known)) it->second = whole;
    }
  }
  if (file_of_key_.empty())
    throw SpecError(fmt::format("{}: '{}' holds no usable file ({})", what, path_, join(extensions, ", ")));
}

void Companion::prepare_pictures(const std::string& what) {
  prepare(what, {"png", "jpg", "jpeg", "jpe", "jfif", "webp", "tif", "tiff", "avif", "heic", "heif"});
}

std::optional<std::string> Companion::find(const std::string& rel) const {
  if (!is_directory_) return path_;
  const auto it = file_of_key_.find(without_extension(rel));
  return it == file_of_key_.end() ? std::nullopt : std::optional(it->second);
}

std::string Companion::file_for(const std::string& rel) const {
  if (auto file = find(rel)) return *file;
  throw ItemError(fmt::format("{}: '{}' has nothing for it (looked for {}.*)", what_, path_, without_extension(rel)));
}

Mask Companion::mask_for(const std::string& rel, const DecodeOptions& options, Notes& notes) const {
  const std::string file = file_for(rel);
  const auto decode = [&](Notes& own) {
    try {
      return decode_mask(read_file(file), options, own);
    } catch (const ItemError& error) {
      throw ItemError(fmt::format("{} {}: {}", what_, file, error.what()));
    }
  };
  if (is_directory_) return decode(notes);
  std::call_once(cache_->once, [&] { cache_->mask = decode(cache_->notes); });
  notes.insert(notes.end(), cache_->notes.begin(), cache_->notes.end());
  return cache_->mask;
}

Mask fit_mask(const Mask& mask, const Image& image, bool resize, const std::string& cure) {
  if (mask.width() == image.width() && mask.height() == image.height()) return mask;
  if (!resize) {
    throw ItemError(fmt::format("the mask is {} × {}, the picture {} × {} (upright){}", mask.width(), mask.height(),
                                image.width(), image.height(), cure));
  }
  cv::Mat fitted;
  const bool shrinks = mask.width() > image.width();
  cv::resize(mask.values(), fitted, image.pixels().size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return Mask(fitted);
}

Bytes read_file(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  const auto fail = [] { return ItemError(fmt::format("cannot read: {}", std::strerror(errno))); };
  struct stat status;
  if (!file || fstat(fileno(file.get()), &status) != 0) throw fail();
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  Bytes bytes(static_cast<size_t>(std::max<off_t>(status.st_size, 0)));
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  uint8_t more[4096];  // there is some only if the file grew meanwhile or is a pipe
  for (size_t got = 0; (got = std::fread(more, 1, sizeof more, file.get())) > 0;)
    bytes.insert(bytes.end(), more, more + got);
  if (std::ferror(file.get())) throw fail();
  return bytes;
}

std::string file_identity(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return "";
  return fmt::format("{}:{}", status.st_size,
                     static_cast<int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec);
}

}  // namespace inpaint
