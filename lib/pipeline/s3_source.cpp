#include "pipeline/s3_source.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/names.h"
#include "image/format.h"

namespace inpaint {
namespace {

Bytes bytes_of(const std::string& text) { return Bytes(text.begin(), text.end()); }

bool is_hidden(const std::string& rel) { return rel.starts_with('.') || rel.find("/.") != std::string::npos; }

}  // namespace

std::vector<SourceItem> S3Source::list() {
  passed_over_.clear();
  std::vector<SourceItem> items;
  for (const std::string& input : inputs_) add_input(input, items);
  return items;
}

void S3Source::add_input(const std::string& input, std::vector<SourceItem>& items) {
  S3Address address = parse_s3_address(input);
  if (!address.key.empty() && !address.key.ends_with('/')) {
    if (auto object = client_->head(address))
      return add(address, address.key.substr(address.key.rfind('/') + 1), std::move(*object), items);
    address.key += '/';
  }
  const size_t before = items.size();
  add_below(address, items);
  if (items.size() > before) return;
  const bool glob = address.key.find_first_of("*?") != std::string::npos;
  throw SpecError(fmt::format("no pictures in '{}' ({}){}", input, join(format_names(), ", "),
                              glob ? "; S3 knows no globs, give what the keys begin with" : ""));
}

void S3Source::add_below(const S3Address& folder, std::vector<SourceItem>& items) {
  for (S3Object& object : client_->list(folder)) {
    const std::string rel = object.key.substr(folder.key.size());
    const S3Address address{folder.bucket, object.key};
    if (rel.empty() || rel.ends_with('/') || is_hidden(rel)) continue;  // with a slash: consoles' mark for a folder
    if (format_of_name(rel)) {
      add(address, rel, std::move(object), items);
    } else {
      passed_over_.push_back(address.text());
    }
  }
}

void S3Source::add(const S3Address& address, const std::string& rel, S3Object object, std::vector<SourceItem>& items) {
  items.push_back({address.text(), rel});
  objects_[address.text()] = std::move(object);
}

Bytes S3Source::read_head(const SourceItem& item) const {
  if (format_of_name(item.rel)) return {};
  return bytes_of(client_->get_head(parse_s3_address(item.location), sniff_size));
}

Bytes S3Source::read(const SourceItem& item) const {
  return bytes_of(client_->get(parse_s3_address(item.location), objects_.at(item.location)));
}

std::string S3Source::identity(const SourceItem& item) const {
  const S3Object& object = objects_.at(item.location);
  return fmt::format("{}:{}", object.etag, object.size);
}

}  // namespace inpaint
