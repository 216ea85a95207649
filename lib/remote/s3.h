#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remote/channel.h"
#include "remote/http.h"
#include "remote/s3_address.h"

namespace inpaint {

struct S3Object {
  std::string key;
  std::string etag;  ///< without quotes; changes with the content
  int64_t size = 0;
};

/// How the service encrypts what is put.
struct S3Encryption {
  std::string kind = {};     ///< "AES256", "aws:kms"; empty: as the bucket says
  std::string kms_key = {};  ///< of aws:kms; empty: the account's own
};

struct S3Put {
  std::string type = "application/octet-stream";
  S3Encryption encryption = {};
};

/// Objects in S3, one request at a time for each caller; any number of threads may call at once and share the
/// connections of the door. Requests are signed; server errors, "slow down" and broken connections are tried again
/// after growing waits, longer ones where the service asks for them.
class S3Client {
 public:
  /// Above so many bytes an object is put in parts of that size (or larger ones: there are 10,000 at most).
  static constexpr size_t part_size = size_t{16} << 20;

  explicit S3Client(std::shared_ptr<Http> http, S3Settings settings,
                    Patience patience = {.first_wait_seconds = 0.5, .longest_wait_seconds = 20});

  /// The objects whose keys begin with `prefix`, in the service's order; the first `most` of them. Throws SpecError if
  /// there is no such bucket there, MissingError if the service cannot be reached or refuses.
  std::vector<S3Object> list(const S3Address& prefix, size_t most = std::numeric_limits<size_t>::max()) const;
  /// The object as it is now; nothing if there is none. Throws as list.
  std::optional<S3Object> head(const S3Address& address) const;

  /// The object's bytes. Throws ItemError, also if they are not those of `expected` (by size and, unless it is empty,
  /// ETag) any more.
  std::string get(const S3Address& address, const S3Object& expected) const;
  /// The first `count` bytes, fewer if it has no more. Throws ItemError.
  std::string get_head(const S3Address& address, size_t count) const;
  /// All of it or nothing: an upload in parts that fails is taken back. Throws ItemError.
  void put(const S3Address& address, std::string_view bytes, const S3Put& options) const;
  /// Nothing happens if there is no such object. Throws ItemError.
  void remove(const S3Address& address) const;

 private:
  HttpRequest request(const std::string& method, const S3Address& address, const std::string& query = "") const;
  HttpRequest beginning_of(const S3Address& address, size_t count) const;
  HttpAnswer ask(const HttpRequest& request) const;
  HttpAnswer ask_once(HttpRequest request) const;
  void pause(int attempt, const HttpAnswer& answer) const;
  void put_whole(const S3Address& address, std::string_view bytes, const S3Put& options) const;
  void put_in_parts(const S3Address& address, std::string_view bytes, const S3Put& options) const;
  std::string put_part(const S3Address& address, std::string_view bytes, const std::string& query) const;
  void complete(const S3Address& address, const std::string& upload, const std::vector<std::string>& etags) const;

  std::shared_ptr<Http> http_;
  S3Settings settings_;
  Patience patience_;
};

}  // namespace inpaint
