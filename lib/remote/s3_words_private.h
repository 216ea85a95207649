// What S3 says and is told: XML, and refusals in plain words.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "remote/s3.h"

namespace inpaint {

/// A part of a listing.
struct S3Page {
  std::vector<S3Object> objects;
  std::string next;  ///< where the next part goes on; empty: this is the last
};
/// Nothing if this is no listing.
std::optional<S3Page> s3_page(const std::string& xml);

/// Nothing if there is none in the answer.
std::optional<std::string> s3_upload_id(const std::string& xml);

/// The order to make one object of these parts.
std::string s3_completion(const std::vector<std::string>& etags);

/// What went wrong, by the service's own name for it ("NoSuchKey") and in its words; both empty if it says nothing.
struct S3Error {
  std::string code, message;
};
S3Error s3_error(const std::string& xml);

/// Whether the same request may go well a little later.
bool s3_worth_another_try(const HttpAnswer& answer);

/// Why a request came to nothing, for people: what was asked for, S3's words, the cure. `right`: the permission that it
/// takes, such as "s3:GetObject".
struct S3Refusal {
  enum class Kind {
    asked_wrongly,  ///< no such bucket, or in another region
    missing,        ///< keys, rights, the service itself
    object,         ///< this one alone
  };
  Kind kind = Kind::object;
  std::string text;
};
S3Refusal s3_refusal(const HttpAnswer& answer, const S3Address& address, const std::string& right,
                     const S3Settings& settings);

}  // namespace inpaint
