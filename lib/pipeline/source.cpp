#include "pipeline/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/names.h"
#include "pipeline/companion.h"
#include "pipeline/web_source.h"
#include "remote/url.h"

namespace inpaint {
namespace fs = std::filesystem;
namespace {

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

Bytes head_of(const std::string& path) {
  Bytes head(sniff_size);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  const ssize_t got = ::read(fd, head.data(), head.size());
  ::close(fd);
  head.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return head;
}

// Regular files below `root`, hidden ones skipped, sorted; paths begin with `root`.
std::vector<std::string> walk(const std::string& root) {
  std::vector<std::string> files;
  std::error_code error;
  auto it = fs::recursive_directory_iterator(root, fs::directory_options::follow_directory_symlink, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::error_code link_error;
    if (hidden(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file(link_error)) {
      files.push_back(it->path().string());
    } else if (link_error && link_error != std::errc::no_such_file_or_directory) {
      throw SpecError(fmt::format("'{}': cannot be listed: {}", it->path().string(), link_error.message()));
    }
    if (it.depth() > 64)
      throw SpecError(fmt::format("'{}': nested deeper than 64 folders; do links form a circle?", root));
  }
  if (error) throw SpecError(fmt::format("'{}': cannot be listed: {}", root, error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

std::string relative_to(const std::string& path, const std::string& root) {
  return fs::path(path).lexically_relative(root).generic_string();
}

// The folder before the first component with a wildcard.
std::string glob_root(const std::string& pattern) {
  fs::path root;
  for (const fs::path& part : fs::path(pattern)) {
    if (part.string().find_first_of("*?[") != std::string::npos) break;
    root /= part;
  }
  return root.empty() ? "." : root.string();
}

bool match_parts(const std::vector<std::string>& pattern, size_t p, const std::vector<std::string>& parts, size_t i) {
  if (p == pattern.size()) return i == parts.size();
  if (pattern[p] == "**") {
    for (size_t k = i; k <= parts.size(); ++k) {
      if (match_parts(pattern, p + 1, parts, k)) return true;
    }
    return false;
  }
  return i < parts.size() && fnmatch(pattern[p].c_str(), parts[i].c_str(), FNM_PERIOD) == 0 &&
         match_parts(pattern, p + 1, parts, i + 1);
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (const fs::path& part : fs::path(path).lexically_normal()) parts.push_back(part.string());
  return parts;
}

// The deepest folder that holds all these files.
fs::path common_folder(const std::vector<std::string>& files) {
  fs::path common = fs::absolute(files.front()).lexically_normal().parent_path();
  for (const std::string& file : files) {
    const fs::path whole = fs::absolute(file).lexically_normal();
    while (std::mismatch(common.begin(), common.end(), whole.begin(), whole.end()).first != common.end())
      common = common.parent_path();
  }
  return common;
}

}  // namespace

std::vector<SourceItem> FileSource::list() {
  passed_over_.clear();
  std::vector<SourceItem> items;
  for (const std::string& input : inputs_) add_input(input, items);
  return items;
}

void FileSource::add_input(const std::string& input, std::vector<SourceItem>& items) {
  if (is_url(input)) return items.push_back(url_item(input, "INPUT", true));
  if (input.starts_with('@') && !fs::exists(input)) return add_list(input.substr(1), items);
  if (fs::is_directory(input)) return add_directory(input, items);
  if (fs::exists(input)) {
    items.push_back({input, fs::path(input).filename().string()});
  } else if (input.find_first_of("*?[") != std::string::npos) {
    add_glob(input, items);
  } else {
    throw SpecError(fmt::format("no such file or directory: '{}'", input));
  }
}

void FileSource::add_directory(const std::string& directory, std::vector<SourceItem>& items) {
  const size_t before = items.size();
  for (const std::string& file : walk(directory)) {
    if (format_of_name(file) || sniff_format(head_of(file))) {
      items.push_back({file, relative_to(file, directory)});
    } else {
      passed_over_.push_back(file);
    }
  }
  if (items.size() == before)
    throw SpecError(fmt::format("no pictures in '{}' ({})", directory, join(format_names(), ", ")));
}

void FileSource::add_glob(const std::string& pattern, std::vector<SourceItem>& items) {
  const size_t before = items.size();
  const std::string root = glob_root(pattern);
  if (fs::is_directory(root)) {
    for (const std::string& file : walk(root)) {
      if (glob_matches(pattern, file)) items.push_back({file, relative_to(file, root)});
    }
  }
  if (items.size() == before) throw SpecError(fmt::format("nothing matches '{}'", pattern));
}

void FileSource::add_list(const std::string& file, std::vector<SourceItem>& items) {
  std::ifstream in(file);
  if (!in) throw SpecError(fmt::format("the list '{}' cannot be read", file));
  const size_t before = items.size();
  std::vector<std::string> files;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string path(trim(line));
    if (path.empty() || path.starts_with('#')) continue;
    if (is_url(path)) {
      items.push_back(url_item(path, fmt::format("{}:{}", file, number), false));
      continue;
    }
    if (!fs::exists(path)) throw SpecError(fmt::format("{}:{}: no such file: '{}'", file, number, path));
    if (fs::is_directory(path))
      throw SpecError(fmt::format("{}:{}: '{}' is a directory; a list names files", file, number, path));
    files.push_back(path);
  }
  if (items.size() == before && files.empty()) throw SpecError(fmt::format("the list '{}' names no file", file));
  if (files.empty()) return;
  const fs::path root = common_folder(files);
  for (const std::string& path : files) {
    items.push_back({path, fs::absolute(path).lexically_normal().lexically_relative(root).generic_string()});
  }
}

Bytes FileSource::read_head(const SourceItem& item) const { return head_of(item.location); }
Bytes FileSource::read(const SourceItem& item) const { return read_file(item.location); }
std::string FileSource::identity(const SourceItem& item) const { return file_identity(item.location); }

bool glob_matches(const std::string& pattern, const std::string& path) {
  return match_parts(parts_of(fs::absolute(pattern).string()), 0, parts_of(fs::absolute(path).string()), 0);
}

std::vector<SourceItem> MixedSource::list() {
  std::vector<SourceItem> items;
  for (size_t part = 0; part < parts_.size(); ++part) {
    for (SourceItem& item : parts_[part]->list()) {
      item.part = part;
      items.push_back(std::move(item));
    }
  }
  return items;
}

std::vector<std::string> MixedSource::passed_over() const {
  std::vector<std::string> all;
  for (const auto& part : parts_) {
    for (std::string& one : part->passed_over()) all.push_back(std::move(one));
  }
  return all;
}

bool MixedSource::is_remote() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) { return part->is_remote(); });
}

std::vector<SourceItem> StdinSource::list() {
  Bytes chunk(1 << 16);
  ssize_t got = 0;
  while ((got = ::read(STDIN_FILENO, chunk.data(), chunk.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw SpecError(fmt::format("standard input cannot be read: {}", std::strerror(errno)));
    bytes_.insert(bytes_.end(), chunk.begin(), chunk.begin() + got);
  }
  return {{"-", "stdin"}};
}

Bytes StdinSource::read_head(const SourceItem&) const {
  return Bytes(bytes_.begin(), bytes_.begin() + std::min<std::ptrdiff_t>(sniff_size, std::ssize(bytes_)));
}
Bytes StdinSource::read(const SourceItem&) const { return bytes_; }
std::string StdinSource::identity(const SourceItem&) const { return ""; }

}  // namespace inpaint
