#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <sstream>
#include <string_view>

#include "core/percent.h"
#include "remote/s3_words_private.h"

namespace inpaint {
namespace {

using Kind = S3Refusal::Kind;

std::string unquoted(std::string text) {
  std::erase(text, '"');
  return text;
}

// The element at the root if it is called so; else an empty one.
pugi::xml_node root_called(const pugi::xml_document& document, const char* name) { return document.child(name); }

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

S3Refusal unanswered(const HttpFailure& failure, const S3Address& address, const S3Settings& settings) {
  const std::string where = settings.endpoint.empty() ? "Amazon S3" : settings.endpoint;
  const bool reachable = failure.kind != HttpFailure::Kind::unreachable && failure.kind != HttpFailure::Kind::untrusted;
  return {reachable ? Kind::object : Kind::missing,
          fmt::format("{}: no answer from {}: {}{}", address.text(), where, failure.reason,
                      reachable ? "" : "; check the network and AWS_ENDPOINT_URL_S3")};
}

S3Refusal refused_keys(const std::string& said) {
  return {Kind::missing,
          said + "; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, AWS_SESSION_TOKEN"};
}

// A bucket of another region says where it is, in a header or in its words.
bool is_elsewhere(const HttpResponse& response, const std::string& code) {
  return response.status == 301 || response.status == 307 ||
         is_one_of(code, {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"});
}

S3Refusal refused(const HttpResponse& response, const S3Error& error, const std::string& said,
                  const std::string& right) {
  if (is_one_of(error.code, {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken",
                             "TokenRefreshRequired", "InvalidSecurity"}))
    return refused_keys(said);
  if (error.code == "RequestTimeTooSkewed") return {Kind::missing, said + "; set this machine's clock"};
  if (error.code == "NoSuchBucket")
    return {Kind::asked_wrongly,
            said + "; check the bucket's name and, if it is not Amazon's, AWS_ENDPOINT_URL_S3 (none is made here)"};
  if (error.code == "NoSuchKey") return {Kind::object, said + "; it has gone since it was listed"};
  if (is_elsewhere(response, error.code)) {
    const std::string region = response.header("x-amz-bucket-region");
    return {Kind::asked_wrongly,
            said + fmt::format("; set AWS_REGION={}", region.empty() ? "the bucket's region" : region)};
  }
  if (response.status == 401 || response.status == 403)
    return {Kind::missing, said + fmt::format("; the keys must be right and allow {} there", right)};
  return {Kind::object, said};
}

}  // namespace

std::optional<S3Page> s3_page(const std::string& xml) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  const pugi::xml_node list = root_called(document, "ListBucketResult");
  if (!list) return std::nullopt;
  const bool encoded = list.child_value("EncodingType") == std::string_view("url");
  S3Page page;
  for (const pugi::xml_node one : list.children("Contents")) {
    const std::string key = one.child_value("Key");
    page.objects.push_back({encoded ? percent_decoded(key, true) : key, unquoted(one.child_value("ETag")),
                            one.child("Size").text().as_llong()});
  }
  if (list.child("IsTruncated").text().as_bool()) page.next = list.child_value("NextContinuationToken");
  return page;
}

std::optional<std::string> s3_upload_id(const std::string& xml) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  const std::string id = root_called(document, "InitiateMultipartUploadResult").child_value("UploadId");
  return id.empty() ? std::nullopt : std::optional(id);
}

std::string s3_completion(const std::vector<std::string>& etags) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  for (size_t i = 0; i < etags.size(); ++i) {
    pugi::xml_node part = root.append_child("Part");
    part.append_child("PartNumber").text().set(static_cast<unsigned long long>(i + 1));
    part.append_child("ETag").text().set(etags[i].c_str());
  }
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  return text.str();
}

S3Error s3_error(const std::string& xml) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  const pugi::xml_node error = root_called(document, "Error");
  return {error.child_value("Code"), error.child_value("Message")};
}

bool s3_worth_another_try(const HttpAnswer& answer) {
  using Failure = HttpFailure::Kind;
  if (const auto* failure = std::get_if<HttpFailure>(&answer))
    return failure->kind == Failure::unreachable || failure->kind == Failure::timeout ||
           failure->kind == Failure::broken;
  const auto& response = std::get<HttpResponse>(answer);
  // An error may come with a status of 200, too; pictures begin with something else.
  const std::string code = response.body.starts_with('<') ? s3_error(response.body).code : "";
  if (is_one_of(code, {"InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "OperationAborted"}))
    return true;
  return (response.status >= 500 && response.status != 501) || response.status == 429 || response.status == 408;
}

S3Refusal s3_refusal(const HttpAnswer& answer, const S3Address& address, const std::string& right,
                     const S3Settings& settings) {
  if (const auto* failure = std::get_if<HttpFailure>(&answer)) return unanswered(*failure, address, settings);
  const auto& response = std::get<HttpResponse>(answer);
  const S3Error error = s3_error(response.body);
  std::string said = fmt::format("{}: HTTP {}", address.text(), response.status);
  if (!error.code.empty()) said += " " + error.code;
  if (!error.message.empty()) said += ": " + error.message;
  while (said.ends_with('.')) said.pop_back();
  return refused(response, error, said, right);
}

}  // namespace inpaint
