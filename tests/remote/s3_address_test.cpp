#include "remote/s3_address.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include "core/error.h"
#include "environment.h"
#include "pipeline/helpers.h"

namespace inpaint::test {
TEST_CASE("s3 addresses: bucket and key") {
  CHECK(is_s3_address("s3://b"));
  CHECK_FALSE(is_s3_address("s3/b"));
  CHECK(parse_s3_address("s3://my.bucket/a b/c?.jpg") == S3Address{"my.bucket", "a b/c?.jpg"});
  CHECK(parse_s3_address("s3://b") == S3Address{"b", ""});
  CHECK(parse_s3_address("s3://b/") == S3Address{"b", ""});
  CHECK(parse_s3_address("s3://b/a/").text() == "s3://b/a/");
  CHECK(parse_s3_address("s3://b/").text() == "s3://b");
  for (const char* wrong : {"s3://", "s3:///key", "s3://a@evil.example/key", "s3://a b/key", "s3://../key"})
    CHECK_THROWS_AS(parse_s3_address(wrong), SpecError);
}

TEST_CASE("s3 addresses: Amazon's own by host, others by path") {
  S3Settings settings{.region = "eu-central-1"};
  CHECK(s3_url(settings, {"b", "a b/é.jpg"}) == "https://b.s3.eu-central-1.amazonaws.com/a%20b/%C3%A9.jpg");
  CHECK(s3_url(settings, {"b"}) == "https://b.s3.eu-central-1.amazonaws.com/");
  CHECK(s3_url(settings, {"my.b", "k"}) == "https://s3.eu-central-1.amazonaws.com/my.b/k");
  settings.region = "cn-north-1";
  CHECK(s3_url(settings, {"b", "k"}) == "https://b.s3.cn-north-1.amazonaws.com.cn/k");
  settings.endpoint = "http://127.0.0.1:9000/base";
  CHECK(s3_url(settings, {"b", "k"}) == "http://127.0.0.1:9000/base/b/k");
  CHECK(s3_url(settings, {"b"}) == "http://127.0.0.1:9000/base/b");
  CHECK(s3_host(settings.endpoint) == "127.0.0.1:9000");
  CHECK(s3_host("").empty());
}

TEST_CASE("s3 settings come from the environment") {
  {
    const AwsEnvironment set({{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "SK"}});
    const S3Settings settings = s3_settings_from_environment();
    CHECK(settings.keys.access_key == "AK");
    CHECK(settings.keys.secret_key == "SK");
    CHECK(settings.keys.session_token.empty());
    CHECK(settings.region == "us-east-1");
    CHECK(settings.endpoint.empty());
  }
  {
    const AwsEnvironment set({{"AWS_ACCESS_KEY_ID", "AK"},
                              {"AWS_SECRET_ACCESS_KEY", "SK"},
                              {"AWS_SESSION_TOKEN", "T"},
                              {"AWS_DEFAULT_REGION", "eu-west-1"},
                              {"AWS_ENDPOINT_URL", "http://other"},
                              {"AWS_ENDPOINT_URL_S3", "https://minio.example:9000/"}});
    const S3Settings settings = s3_settings_from_environment();
    CHECK(settings.keys.session_token == "T");
    CHECK(settings.region == "eu-west-1");
    CHECK(settings.endpoint == "https://minio.example:9000");
    setenv("AWS_REGION", "eu-west-3", 1);
    CHECK(s3_settings_from_environment().region == "eu-west-3");
  }
}

TEST_CASE("s3 settings: what is missing is named") {
  {
    const AwsEnvironment set({});
    CHECK(message_of<MissingError>(s3_settings_from_environment) ==
          "s3:// needs keys; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to those of your account (temporary ones: "
          "AWS_SESSION_TOKEN, too)");
  }
  {
    const AwsEnvironment set({{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", ""}});
    const std::string text = message_of<MissingError>(s3_settings_from_environment);
    CHECK(text.find("set AWS_SECRET_ACCESS_KEY to") != std::string::npos);
    CHECK(text.find("AWS_ACCESS_KEY_ID") == std::string::npos);
  }
  {
    const AwsEnvironment set(std::map<std::string, std::string>{{"AWS_ENDPOINT_URL", "minio:9000"}});
    CHECK_THROWS_AS(s3_endpoint_from_environment(), SpecError);
    setenv("AWS_ENDPOINT_URL", "http://me:secret@minio:9000", 1);
    const std::string text = message_of<SpecError>(s3_endpoint_from_environment);
    CHECK(text.find("without keys") != std::string::npos);
    CHECK(text.find("secret") == std::string::npos);
  }
}

}  // namespace inpaint::test
