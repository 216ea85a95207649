#include "remote/s3.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <future>
#include <random>
#include <stdexcept>

#include "core/error.h"
#include "core/percent.h"
#include "remote/s3_words_private.h"
#include "remote/verdict.h"

namespace inpaint {
namespace {

constexpr size_t most_parts = 10'000;
constexpr double slowest_bytes_per_second = 32 << 10;  // what a transfer may take at most

bool went_well(const HttpAnswer& answer) {
  const auto* response = std::get_if<HttpResponse>(&answer);
  return response != nullptr && response->status >= 200 && response->status < 300;
}

[[noreturn]] void refuse(const S3Refusal& refusal) {
  if (refusal.kind == S3Refusal::Kind::asked_wrongly) throw SpecError(refusal.text);
  throw MissingError(refusal.text);
}

// Content-MD5: the service checks what came.
std::string md5_base64(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_md5(), nullptr) != 1)
    throw std::runtime_error("MD5 failed");
  unsigned char text[2 * EVP_MAX_MD_SIZE];
  const int length = EVP_EncodeBlock(text, digest, static_cast<int>(size));
  return std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(length));
}

void set_body(HttpRequest& request, std::string_view bytes) {
  request.body = bytes;
  request.headers.push_back({"Content-MD5", md5_base64(bytes)});
  const double seconds = static_cast<double>(bytes.size()) / slowest_bytes_per_second;
  request.first_byte_seconds += seconds;  // counted from the request's begin
  request.total_seconds += seconds;
}

void set_object_headers(HttpRequest& request, const S3Put& options) {
  request.headers.push_back({"Content-Type", options.type});
  const S3Encryption& encryption = options.encryption;
  if (!encryption.kind.empty()) request.headers.push_back({"x-amz-server-side-encryption", encryption.kind});
  if (!encryption.kms_key.empty())
    request.headers.push_back({"x-amz-server-side-encryption-aws-kms-key-id", encryption.kms_key});
}

int64_t length_told(const HttpResponse& response) {
  const std::string text = response.header("content-length");
  int64_t length = -1;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

std::string etag_of(const HttpResponse& response) {
  std::string etag = response.header("etag");
  std::erase(etag, '"');
  return etag;
}

}  // namespace

S3Client::S3Client(std::shared_ptr<Http> http, S3Settings settings, Patience patience)
    : http_(std::move(http)), settings_(std::move(settings)), patience_(patience) {}

HttpRequest S3Client::request(const std::string& method, const S3Address& address, const std::string& query) const {
  return {.method = method, .url = s3_url(settings_, address) + (query.empty() ? "" : "?" + query)};
}

// Signed only now: a signature is good for some minutes.
HttpAnswer S3Client::ask_once(HttpRequest request) const {
  sign_for_aws(request, settings_.keys, {settings_.region, "s3"});
  const auto promise = std::make_shared<std::promise<HttpAnswer>>();
  http_->send(std::move(request), [promise](HttpAnswer answer) { promise->set_value(std::move(answer)); });
  return promise->get_future().get();
}

HttpAnswer S3Client::ask(const HttpRequest& request) const {
  for (int attempt = 1;; ++attempt) {
    HttpAnswer answer = ask_once(request);
    if (attempt >= patience_.attempts || !s3_worth_another_try(answer)) return answer;
    pause(attempt, answer);
  }
}

// Twice as long each time, up to a quarter less by chance, so that many callers do not come back together.
void S3Client::pause(int attempt, const HttpAnswer& answer) const {
  thread_local std::minstd_rand random{std::random_device{}()};
  double seconds = patience_.first_wait_seconds * std::exp2(attempt - 1);
  seconds *= std::uniform_real_distribution(0.75, 1.0)(random);
  if (const auto* response = std::get_if<HttpResponse>(&answer))
    seconds = std::max(seconds, asked_wait(*response, std::chrono::system_clock::now()).value_or(0));
  const auto promise = std::make_shared<std::promise<void>>();
  http_->after(std::min(seconds, patience_.longest_wait_seconds), [promise] { promise->set_value(); });
  promise->get_future().get();
}

std::vector<S3Object> S3Client::list(const S3Address& prefix, size_t most) const {
  std::vector<S3Object> objects;
  std::string after;
  do {
    const size_t wanted = std::min<size_t>(most - objects.size(), 1000);
    std::string query =
        fmt::format("encoding-type=url&list-type=2&max-keys={}&prefix={}", wanted, percent_encoded(prefix.key));
    if (!after.empty()) query = "continuation-token=" + percent_encoded(after) + "&" + query;
    const HttpAnswer answer = ask(request("GET", {prefix.bucket}, query));
    if (!went_well(answer)) refuse(s3_refusal(answer, prefix, "s3:ListBucket", settings_));
    const auto page = s3_page(std::get<HttpResponse>(answer).body);
    if (!page || (!page->next.empty() && page->next == after))
      throw MissingError(prefix.text() + ": the answer is no listing of S3; check AWS_ENDPOINT_URL_S3");
    objects.insert(objects.end(), page->objects.begin(), page->objects.end());
    after = page->next;
  } while (!after.empty() && objects.size() < most);
  if (objects.size() > most) objects.resize(most);
  return objects;
}

std::optional<S3Object> S3Client::head(const S3Address& address) const {
  const HttpAnswer answer = ask(request("HEAD", address));
  if (!went_well(answer)) {
    const auto* response = std::get_if<HttpResponse>(&answer);
    if (response != nullptr && response->status == 404) return std::nullopt;
    const HttpAnswer worded = response != nullptr ? ask(beginning_of(address, 1)) : answer;  // a HEAD tells no reasons
    refuse(s3_refusal(went_well(worded) ? answer : worded, address, "s3:GetObject", settings_));
  }
  const auto& response = std::get<HttpResponse>(answer);
  return S3Object{address.key, etag_of(response), std::max<int64_t>(0, length_told(response))};
}

std::string S3Client::get(const S3Address& address, const S3Object& expected) const {
  const ItemError changed(address.text() + ": has changed since it was listed; the same command takes it as it is now");
  HttpRequest wanted = request("GET", address);
  wanted.most_bytes = std::max<int64_t>(expected.size, 1 << 20);  // leaves room for what an error says
  wanted.total_seconds += static_cast<double>(expected.size) / slowest_bytes_per_second;
  HttpAnswer answer = ask(wanted);
  if (const auto* failure = std::get_if<HttpFailure>(&answer);
      failure != nullptr && failure->kind == HttpFailure::Kind::too_large)
    throw changed;
  if (!went_well(answer)) throw ItemError(s3_refusal(answer, address, "s3:GetObject", settings_).text);
  auto& response = std::get<HttpResponse>(answer);
  const auto size = static_cast<int64_t>(response.body.size());
  if (const int64_t told = length_told(response); told >= 0 && told != size)
    throw ItemError(fmt::format("{}: {} bytes came instead of {}", address.text(), size, told));
  const std::string etag = etag_of(response);
  if (size != expected.size || (!expected.etag.empty() && !etag.empty() && etag != expected.etag)) throw changed;
  return std::move(response.body);
}

HttpRequest S3Client::beginning_of(const S3Address& address, size_t count) const {
  HttpRequest wanted = request("GET", address);
  wanted.headers.push_back({"Range", fmt::format("bytes=0-{}", count - 1)});
  return wanted;
}

std::string S3Client::get_head(const S3Address& address, size_t count) const {
  const HttpAnswer answer = ask(beginning_of(address, count));
  const auto* response = std::get_if<HttpResponse>(&answer);
  if (response != nullptr && response->status == 416) return "";  // it is empty
  if (!went_well(answer)) throw ItemError(s3_refusal(answer, address, "s3:GetObject", settings_).text);
  return response->body.substr(0, count);
}

void S3Client::put(const S3Address& address, std::string_view bytes, const S3Put& options) const {
  bytes.size() < part_size ? put_whole(address, bytes, options) : put_in_parts(address, bytes, options);
}

void S3Client::put_whole(const S3Address& address, std::string_view bytes, const S3Put& options) const {
  HttpRequest wanted = request("PUT", address);
  set_object_headers(wanted, options);
  set_body(wanted, bytes);
  const HttpAnswer answer = ask(wanted);
  if (!went_well(answer)) throw ItemError(s3_refusal(answer, address, "s3:PutObject", settings_).text);
}

void S3Client::put_in_parts(const S3Address& address, std::string_view bytes, const S3Put& options) const {
  HttpRequest wanted = request("POST", address, "uploads");
  set_object_headers(wanted, options);
  const HttpAnswer answer = ask(wanted);
  const auto id = went_well(answer) ? s3_upload_id(std::get<HttpResponse>(answer).body) : std::nullopt;
  if (!id) throw ItemError(s3_refusal(answer, address, "s3:PutObject", settings_).text);
  const std::string upload = "uploadId=" + percent_encoded(*id);
  try {
    const size_t step = std::max(part_size, (bytes.size() + most_parts - 1) / most_parts);
    std::vector<std::string> etags;
    for (size_t at = 0; at < bytes.size(); at += step)
      etags.push_back(
          put_part(address, bytes.substr(at, step), fmt::format("partNumber={}&{}", etags.size() + 1, upload)));
    complete(address, upload, etags);
  } catch (const ItemError&) {
    ask(request("DELETE", address, upload));  // parts cost storage for as long as the upload is open
    throw;
  }
}

std::string S3Client::put_part(const S3Address& address, std::string_view bytes, const std::string& query) const {
  HttpRequest wanted = request("PUT", address, query);
  wanted.headers.push_back({"Content-Type", "application/octet-stream"});
  set_body(wanted, bytes);
  const HttpAnswer answer = ask(wanted);
  if (!went_well(answer)) throw ItemError(s3_refusal(answer, address, "s3:PutObject", settings_).text);
  return std::get<HttpResponse>(answer).header("etag");
}

void S3Client::complete(const S3Address& address, const std::string& upload,
                        const std::vector<std::string>& etags) const {
  HttpRequest wanted = request("POST", address, upload);
  wanted.headers.push_back({"Content-Type", "application/xml"});
  wanted.body = s3_completion(etags);
  const HttpAnswer answer = ask(wanted);
  const auto* response = std::get_if<HttpResponse>(&answer);
  const std::string code = response ? s3_error(response->body).code : "";
  if (went_well(answer) && code.empty()) return;  // an error may come with a status of 200, too
  throw ItemError(s3_refusal(answer, address, "s3:PutObject", settings_).text);
}

void S3Client::remove(const S3Address& address) const {
  const HttpAnswer answer = ask(request("DELETE", address));
  const auto* response = std::get_if<HttpResponse>(&answer);
  if (!went_well(answer) && !(response != nullptr && response->status == 404))
    throw ItemError(s3_refusal(answer, address, "s3:DeleteObject", settings_).text);
}

}  // namespace inpaint
