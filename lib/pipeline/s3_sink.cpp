#include "pipeline/s3_sink.h"

#include "core/braces.h"
#include "core/error.h"
#include "core/log.h"
#include "core/percent.h"
#include "image/format.h"

namespace inpaint {
namespace {

std::string media_type(const std::string& name) {
  if (const auto format = format_of_name(name)) return "image/" + format_name(*format);
  return extension_of(name) == "json" ? "application/json" : "application/octet-stream";
}

std::string filled(const std::string& pattern, const S3Address& address) {
  return fill_braces(pattern, {{"bucket", address.bucket}, {"key", percent_encoded(address.key, "/")}}, "--public-url");
}

}  // namespace

S3Sink::S3Sink(std::shared_ptr<const S3Client> client, const S3Address& root, S3Encryption encryption,
               std::string public_url)
    : client_(std::move(client)),
      folder_(root),
      encryption_(std::move(encryption)),
      public_url_(std::move(public_url)) {
  if (!folder_.key.empty() && !folder_.key.ends_with('/')) folder_.key += '/';
  if (!public_url_.empty() && public_url_.find("{key}") == std::string::npos)
    throw SpecError("--public-url '" + public_url_ +
                    "': {key} is missing, so that all would have one address; expected, say, "
                    "https://cdn.example.com/{key}");
  filled(public_url_, folder_);
}

void S3Sink::check() const { client_->list(folder_, 1); }

bool S3Sink::exists(const std::string& name) const {
  std::call_once(listed_, [&] {
    for (S3Object& object : client_->list(folder_)) keys_.insert(std::move(object.key));
  });
  return keys_.contains(address_of(name).key);
}

void S3Sink::put(const std::string& name, std::span<const uint8_t> bytes) {
  client_->put(address_of(name), {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
               {media_type(name), encryption_});
}

void S3Sink::remove(const std::string& name) {
  try {
    client_->remove(address_of(name));
  } catch (const ItemError& error) {
    log(LogLevel::warning, error.what());
  }
}

std::string S3Sink::url(const std::string& name) const {
  return public_url_.empty() ? "" : filled(public_url_, address_of(name));
}

}  // namespace inpaint
