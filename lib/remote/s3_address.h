#pragma once
#include <string>
#include <string_view>

#include "remote/aws_signature.h"

namespace inpaint {

/// A place in S3: an object, or what its keys begin with.
struct S3Address {
  std::string bucket;
  std::string key = {};  ///< as it is, not percent-encoded; empty: the whole bucket
  /// "s3://bucket/key"
  std::string text() const;
  bool operator==(const S3Address&) const = default;
};

/// Whether the text begins with "s3://".
bool is_s3_address(std::string_view text);

/// Takes "s3://bucket/key" apart. Throws SpecError for a bucket that cannot be one.
S3Address parse_s3_address(const std::string& text);

/// Who asks, and where.
struct S3Settings {
  AwsKeys keys;
  std::string region = "us-east-1";
  std::string endpoint = {};  ///< http or https address of a service of another maker; empty: Amazon's own
};

/// From the environment, as Amazon's own tools take them: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
/// AWS_REGION or AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. Throws MissingError without keys,
/// SpecError for an endpoint that is no address.
S3Settings s3_settings_from_environment();

/// The endpoint of the environment, "" for Amazon's own; needs no keys. Throws SpecError if it is no address.
std::string s3_endpoint_from_environment();

/// "minio.example:9000" of an endpoint's address; "" of "".
std::string s3_host(const std::string& endpoint);

/// The address of an object or, where the key is empty, of the bucket: https://BUCKET.s3.REGION.amazonaws.com/KEY, or
/// ENDPOINT/BUCKET/KEY ("path style") for other makers and for buckets with a dot, which Amazon's certificate does not
/// cover.
std::string s3_url(const S3Settings& settings, const S3Address& address);

}  // namespace inpaint
