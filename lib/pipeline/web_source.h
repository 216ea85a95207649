#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/source.h"
#include "remote/fetch.h"

namespace inpaint {

/// The item of an http or https address. Throws SpecError, headed by `what`, if it is unusable. `named`: the user gave
/// this very address.
SourceItem url_item(const std::string& address, const std::string& what, bool named);

/// Fetches the pictures that stand in `files` as addresses; hands the others on. The identity of one is what the
/// server tells without sending it: ETag, else Last-Modified and length. Items whose name tells no format get an
/// extension, after a look at them. Throws as FileSource.
class WebSource : public Source {
 public:
  /// `cancel` ends what is under way; it outlives the source.
  WebSource(std::unique_ptr<Source> files, const FetchRules& rules, const Cancel* cancel);
  std::vector<SourceItem> list() override;
  Bytes read_head(const SourceItem& item) const override;
  Bytes read(const SourceItem& item) const override;
  void look_at(const std::vector<const SourceItem*>& items) override;
  std::string identity(const SourceItem& item) const override;
  std::string identity_when_read(const SourceItem& item) const override;
  std::vector<std::string> passed_over() const override { return files_->passed_over(); }
  bool is_remote() const override { return fetches_ || files_->is_remote(); }

 private:
  struct Seen {
    std::string identity;
    std::optional<Format> format;
  };
  std::vector<Seen> look(const std::vector<const SourceItem*>& items) const;
  Fetcher& fetcher() const;

  std::unique_ptr<Source> files_;
  bool fetches_ = false;  // some item is an address
  FetchRules rules_;
  const Cancel* cancel_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<Fetcher> fetcher_;             // once it is needed
  mutable std::map<std::string, std::string> identity_;  // of URLs, until they are asked for
};

}  // namespace inpaint
