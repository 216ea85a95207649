#pragma once
#include <memory>
#include <string>
#include <vector>

#include "image/codec.h"

namespace inpaint {

/// One picture as listed, before it is read.
struct SourceItem {
  std::string location;  ///< where it is read from, as told and noted: a path, an address without its query, or "-"
  std::string rel;       ///< relative to its input root, '/' between folders; where its output goes
  size_t part = 0;       ///< of a source with parts: which one lists it
  std::string url = {};  ///< the whole address of one that is fetched, never told or noted; empty for others
  bool named = false;    ///< the user gave this very address; it stands in no list
};

/// Lists pictures in a stable order and reads their bytes.
class Source {
 public:
  virtual ~Source() = default;
  virtual std::vector<SourceItem> list() = 0;
  /// The first `sniff_size` bytes, for telling the format; empty if they cannot be had cheaply.
  virtual Bytes read_head(const SourceItem& item) const = 0;
  /// Throws ItemError. Called from several threads.
  virtual Bytes read(const SourceItem& item) const = 0;
  /// Told of items before their identity() is asked for, some hundred at a time: a source that has to ask a server asks
  /// for all of them at once.
  virtual void look_at(const std::vector<const SourceItem*>& items) { (void)items; }
  /// A text that changes when the item's content does; "" if unknown.
  virtual std::string identity(const SourceItem& item) const = 0;
  /// After read(), of an item whose identity() was unknown: what reading told of it; "" if it still is.
  virtual std::string identity_when_read(const SourceItem& item) const {
    (void)item;
    return "";
  }
  /// What was listed and left out, being no picture by name nor by content; known after list().
  virtual std::vector<std::string> passed_over() const { return {}; }
  /// Reading waits for a network, so that several readers for each core are worth their while.
  virtual bool is_remote() const { return false; }
  /// Its items are texts, not pictures.
  virtual bool gives_text() const { return false; }
};

/// Files, directories, globs, @lists: see InputOptions. Addresses among them are listed, and read by a WebSource.
/// Throws SpecError from list() if one does not exist, if nothing is found, or if a name cannot be used.
class FileSource : public Source {
 public:
  explicit FileSource(std::vector<std::string> inputs) : inputs_(std::move(inputs)) {}
  std::vector<SourceItem> list() override;
  Bytes read_head(const SourceItem& item) const override;
  Bytes read(const SourceItem& item) const override;
  std::string identity(const SourceItem& item) const override;
  std::vector<std::string> passed_over() const override { return passed_over_; }

 private:
  void add_input(const std::string& input, std::vector<SourceItem>& items);
  void add_directory(const std::string& directory, std::vector<SourceItem>& items);
  void add_glob(const std::string& pattern, std::vector<SourceItem>& items);
  void add_list(const std::string& file, std::vector<SourceItem>& items);

  std::vector<std::string> inputs_, passed_over_;
};

/// Several sources one after another.
class MixedSource : public Source {
 public:
  explicit MixedSource(std::vector<std::unique_ptr<Source>> parts) : parts_(std::move(parts)) {}
  std::vector<SourceItem> list() override;
  Bytes read_head(const SourceItem& item) const override { return of(item).read_head(item); }
  Bytes read(const SourceItem& item) const override { return of(item).read(item); }
  std::string identity(const SourceItem& item) const override { return of(item).identity(item); }
  std::vector<std::string> passed_over() const override;
  bool is_remote() const override;

 private:
  const Source& of(const SourceItem& item) const { return *parts_.at(item.part); }

  std::vector<std::unique_ptr<Source>> parts_;
};

/// Whether the path (made absolute) is one that the glob would list: * and ? within a folder, ** across folders.
bool glob_matches(const std::string& pattern, const std::string& path);

/// Standard input as one picture, "stdin".
class StdinSource : public Source {
 public:
  std::vector<SourceItem> list() override;
  Bytes read_head(const SourceItem& item) const override;
  Bytes read(const SourceItem& item) const override;
  std::string identity(const SourceItem& item) const override;

 private:
  Bytes bytes_;
};

}  // namespace inpaint
