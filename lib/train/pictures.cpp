#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/hash.h"
#include "core/names.h"
#include "core/threads.h"
#include "pipeline/companion.h"
#include "pipeline/source.h"
#include "train/pictures_private.h"
#include "train/workers_private.h"

namespace inpaint {
namespace {

struct Contents {
  explicit Contents(const PictureEntry& entry) : picture(read_file(entry.path)) {
    if (!entry.matte.empty()) matte = read_file(entry.matte);
  }
  std::string matte_hash() const { return matte ? content_hash(*matte) : ""; }
  Example decode(const ExampleRules& rules) const { return decode_example(picture, matte ? &*matte : nullptr, rules); }

  Bytes picture;
  std::optional<Bytes> matte;
};

}  // namespace

double draw_of_hash(const std::string& hash) {
  return static_cast<double>(std::stoull(hash.substr(0, 13), nullptr, 16)) * 0x1p-52;
}

Pictures::Pictures(const std::vector<std::string>& inputs, const std::string& mattes, const PictureRules& rules)
    : rules_(rules) {
  list(inputs, mattes);
  probe();
  skip_duplicates();
  check_enough();
  hold_out();
}

void Pictures::list(const std::vector<std::string>& inputs, const std::string& mattes) {
  Companion companion(mattes);
  if (companion.given()) companion.prepare_pictures("--mattes");
  for (const SourceItem& item : FileSource(inputs).list()) {
    PictureEntry entry;
    entry.path = item.location, entry.rel = item.rel;
    if (companion.given()) {
      const auto matte = companion.find(item.rel);
      entry.matte = matte.value_or("");
      if (!matte) entry.use = PictureUse::skipped, entry.reason = "no matte for it in '" + mattes + "'";
    }
    entries_.push_back(std::move(entry));
  }
}

void Pictures::probe() {
  kept_.resize(entries_.size());
  std::atomic<int64_t> left{rules_.budget};
  for_each_index(entries_.size(), threads_per_worker(), [&](size_t i) {
    PictureEntry& entry = entries_[i];
    if (entry.use == PictureUse::skipped) return;
    try {
      const Contents contents(entry);
      entry.hash = content_hash(contents.picture), entry.matte_hash = contents.matte_hash();
      Example example = contents.decode(rules_.example);
      if (draw_of_hash(entry.hash) < rules_.held_out) return;
      if (left.fetch_sub(example.bytes()) < example.bytes()) {
        left += example.bytes();
      } else {
        kept_[i] = std::move(example);
      }
    } catch (const ItemError& error) {
      entry.use = PictureUse::skipped, entry.reason = error.what();
    }
  });
}

void Pictures::skip_duplicates() {
  std::map<std::string, std::string> path_of_hash;
  for (size_t i = 0; i < entries_.size(); ++i) {
    PictureEntry& entry = entries_[i];
    if (entry.use == PictureUse::skipped) continue;
    const auto [it, is_new] = path_of_hash.emplace(entry.hash, entry.path);
    if (is_new) continue;
    entry.use = PictureUse::skipped, entry.reason = "same content as " + it->second;
    kept_[i] = {};
  }
}

void Pictures::check_enough() const {
  size_t usable = 0;
  std::string reasons;
  int told = 0;
  for (const PictureEntry& entry : entries_) {
    if (entry.use != PictureUse::skipped) {
      ++usable;
    } else if (++told <= 3) {
      reasons += fmt::format("\n  {}: {}", entry.path, entry.reason);
    }
  }
  if (usable >= least_pictures) return;
  if (told > 3) reasons += fmt::format("\n  and {} more", told - 3);
  throw SpecError(fmt::format("{} of {} can be learned from, at least {} are needed; add pictures{}", usable,
                              count_of(entries_.size(), "picture"), least_pictures,
                              told > 0 ? " or mend these:" + reasons : ""));
}

void Pictures::hold_out() {
  std::vector<size_t> usable;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].use != PictureUse::skipped) usable.push_back(i);
  }
  std::vector<size_t> by_hash = usable;
  std::sort(by_hash.begin(), by_hash.end(), [&](size_t a, size_t b) { return entries_[a].hash < entries_[b].hash; });
  const auto drawn = std::count_if(by_hash.begin(), by_hash.end(),
                                   [&](size_t i) { return draw_of_hash(entries_[i].hash) < rules_.held_out; });
  // One at least to judge by, one at least to learn from.
  by_hash.resize(std::clamp<size_t>(static_cast<size_t>(drawn), 1, usable.size() - 1));
  held_out_ = by_hash;
  for (const size_t i : held_out_) entries_[i].use = PictureUse::held_out, kept_[i] = {};
  for (const size_t i : usable) {
    if (entries_[i].use == PictureUse::learned) learned_.push_back(i);
  }
}

Example Pictures::get(size_t index) const {
  if (!kept_[index].empty()) return kept_[index];
  const PictureEntry& entry = entries_[index];
  try {
    const Contents contents(entry);
    if (content_hash(contents.picture) != entry.hash || contents.matte_hash() != entry.matte_hash)
      throw ItemError("it has changed since the training began");
    return contents.decode(rules_.example);
  } catch (const ItemError& error) {
    throw MissingError(fmt::format("'{}'{}: {}; leave the pictures as they are while they are learned from", entry.path,
                                   entry.matte.empty() ? "" : " or its matte '" + entry.matte + "'", error.what()));
  }
}

int64_t Pictures::bytes_kept() const {
  int64_t sum = 0;
  for (const Example& example : kept_) sum += example.bytes();
  return sum;
}

}  // namespace inpaint
