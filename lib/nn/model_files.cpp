// Whether a card's files are what the card says.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/checksum.h"
#include "core/error.h"
#include "core/names.h"
#include "nn/file_kind.h"
#include "nn/models.h"
#include "nn/verified.h"

namespace inpaint {
namespace {

// What makes a broken file whole again.
std::string cure(const Card& card, const CardFile& file) {
  if (in_store(card) && can_be_fetched(card, file.role))
    return fmt::format("'inpaint models pull {}' fetches it anew", card.name);
  if (ships(card, file.role)) return "it came with the program: install that again";
  return "put a whole copy of the file there";
}

std::string absent_message(const Card& card, const CardFile& file, const std::string& path) {
  const std::string head = fmt::format("model {}: {} is not there", card.name, path);
  if (!in_store(card)) return head + ", though its card names it";
  if (!can_be_fetched(card, file.role) && ships(card, file.role))
    return fmt::format(
        "{}, though it ships with the program: install that again, or set INPAINT_DATA to its folder "
        "share/inpaint",
        head);
  if (!can_be_fetched(card, file.role))
    return fmt::format("{}; nobody publishes it with a checksum: put it there yourself ({})", head, card.source);
  std::vector<std::string> facts;
  if (file.size) facts.push_back(size_text(*file.size));
  if (!card.licence.empty()) facts.push_back(card.licence);
  return fmt::format("{}; 'inpaint models pull {}' fetches it{}", head, card.name,
                     facts.empty() ? "" : fmt::format(" ({})", join(facts, ", ")));
}

// Size of a regular file; nothing if there is no file.
std::optional<int64_t> size_of(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw MissingError(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) throw MissingError(fmt::format("{}: expected a file", path));
  return static_cast<int64_t>(status.st_size);
}

void check_size(const Card& card, const CardFile& file, const std::string& path, int64_t size) {
  if (!file.size || *file.size == size) return;
  throw MissingError(fmt::format("model {}: {} has {} bytes instead of {}{}; {}", card.name, path, size, *file.size,
                                 size < *file.size ? " (truncated?)" : "", cure(card, file)));
}

Checksums published(const CardFile& file) { return {file.md5, file.sha256}; }

}  // namespace

std::string verified_file(const Card& card, const std::string& role) {
  const CardFile& file = card.file(role);
  const std::string path = file_path(card, role);
  const std::optional<int64_t> size = size_of(path);
  if (!size) throw MissingError(absent_message(card, file, path));
  check_size(card, file, path, *size);
  refuse_pickle(path, fmt::format("model {}: ", card.name));
  const Checksums expected = published(file);
  if (expected.none()) return path;
  const std::string wrong =
      checksum_difference(expected, remembered_checksums(path, !expected.md5.empty(), !expected.sha256.empty()));
  if (!wrong.empty())
    throw MissingError(fmt::format("model {}: {} has the {}: damaged, or another version; {}", card.name, path, wrong,
                                   cure(card, file)));
  return path;
}

std::string model_checksum(const Card& card) {
  std::vector<std::string> sums;
  for (const CardFile& file : card.files) {
    const std::string path = verified_file(card, file.role);
    if (!file.sha256.empty()) {
      sums.push_back("sha256:" + file.sha256);
    } else if (!file.md5.empty()) {
      sums.push_back("md5:" + file.md5);
    } else {
      sums.push_back("sha256:" + remembered_checksums(path, false, true).sha256);
    }
  }
  return join(sums, " ");
}

FileState file_state(const Card& card, const std::string& role) {
  const CardFile& file = card.file(role);
  const std::string path = file_path(card, role);
  try {
    const std::optional<int64_t> size = size_of(path);
    if (!size) return FileState::absent;
    check_size(card, file, path, *size);
    refuse_pickle(path, fmt::format("model {}: ", card.name));
  } catch (const MissingError&) {
    return FileState::damaged;
  }
  const Checksums expected = published(file);
  if (expected.none()) return FileState::present;
  const FileState right = ships(card, role) ? FileState::shipped : FileState::present;
  const Checksums known = known_checksums(path).value_or(Checksums{});
  const bool hashed =
      (expected.md5.empty() || !known.md5.empty()) && (expected.sha256.empty() || !known.sha256.empty());
  // What came with the program is hashed when it is first opened, too.
  if (!hashed) return right == FileState::shipped ? right : FileState::unverified;
  return checksum_difference(expected, known).empty() ? right : FileState::damaged;
}

FileState card_state(const Card& card) {
  FileState worst = FileState::shipped;
  for (const CardFile& file : card.files) worst = std::max(worst, file_state(card, file.role));
  return worst;
}

const char* file_state_name(FileState state) {
  switch (state) {
    case FileState::shipped: return "ships with the program";
    case FileState::present: return "present";
    case FileState::unverified: return "not verified";
    case FileState::damaged: return "damaged";
    case FileState::absent: break;
  }
  return "absent";
}

}  // namespace inpaint
