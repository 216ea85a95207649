#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "pipeline/sink.h"
#include "remote/s3.h"

namespace inpaint {

/// Objects whose keys begin with a prefix and a slash.
class S3Sink : public Sink {
 public:
  /// `public_url`: of each object, with {bucket} and {key}; "" if there is none. Throws SpecError for a prefix or a
  /// pattern that cannot be used.
  S3Sink(std::shared_ptr<const S3Client> client, const S3Address& root, S3Encryption encryption,
         std::string public_url);
  /// Asks whether the bucket is there and the keys are good. Throws as S3Client::list.
  void check() const;
  /// Lists all that is below the prefix, the first time. Throws as S3Client::list.
  bool exists(const std::string& name) const override;
  void put(const std::string& name, std::span<const uint8_t> bytes) override;
  void remove(const std::string& name) override;
  std::string shown(const std::string& name) const override { return address_of(name).text(); }
  std::string url(const std::string& name) const override;
  bool is_remote() const override { return true; }

 private:
  S3Address address_of(const std::string& name) const { return {folder_.bucket, folder_.key + name}; }

  std::shared_ptr<const S3Client> client_;
  S3Address folder_;  // its key ends with a slash, or is empty
  S3Encryption encryption_;
  std::string public_url_;
  mutable std::once_flag listed_;
  mutable std::unordered_set<std::string> keys_;
};

}  // namespace inpaint
