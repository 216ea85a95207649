#pragma once
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/source.h"
#include "remote/s3.h"

namespace inpaint {

/// Pictures in S3: of each input s3://bucket/key the object of that name or else what lies below it as in a folder.
/// Pictures are told by name; an object named in full may have any name. Hidden ones (".x", ".x/y") are skipped.
/// Throws from list() as S3Client::list does, and SpecError if nothing is found.
class S3Source : public Source {
 public:
  S3Source(std::shared_ptr<const S3Client> client, std::vector<std::string> inputs)
      : client_(std::move(client)), inputs_(std::move(inputs)) {}
  std::vector<SourceItem> list() override;
  /// Asks the service only where the name does not tell.
  Bytes read_head(const SourceItem& item) const override;
  Bytes read(const SourceItem& item) const override;
  /// "ETAG:SIZE"
  std::string identity(const SourceItem& item) const override;
  std::vector<std::string> passed_over() const override { return passed_over_; }
  bool is_remote() const override { return true; }

 private:
  void add_input(const std::string& input, std::vector<SourceItem>& items);
  void add_below(const S3Address& folder, std::vector<SourceItem>& items);
  void add(const S3Address& address, const std::string& rel, S3Object object, std::vector<SourceItem>& items);

  std::shared_ptr<const S3Client> client_;
  std::vector<std::string> inputs_, passed_over_;
  std::unordered_map<std::string, S3Object> objects_;  // by location, as listed
};

}  // namespace inpaint
