// Against vectors that Amazon published: aws-sig-v4-test-suite, and the examples in the documentation of S3.
#include "remote/aws_signature.h"

#include <doctest/doctest.h>

#include <ctime>

namespace inpaint::test {
namespace {

std::chrono::system_clock::time_point utc(int year, int month, int day, int hour, int minute) {
  std::tm time = {};
  time.tm_year = year - 1900, time.tm_mon = month - 1, time.tm_mday = day, time.tm_hour = hour, time.tm_min = minute;
  return std::chrono::system_clock::from_time_t(timegm(&time));
}

const AwsKeys keys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};

// What the test suite signs: 30 August 2015, us-east-1, "service".
std::string signature(HttpRequest request) {
  sign_for_aws(request, keys, {"us-east-1", "service"}, utc(2015, 8, 30, 12, 36));
  const std::string header = header_value(request.headers, "authorization");
  CHECK(header_value(request.headers, "x-amz-date") == "20150830T123600Z");
  CHECK(header.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "));
  return header.substr(header.find("Signature=") + 10);
}

const std::string host = "https://example.amazonaws.com";

}  // namespace

TEST_CASE("requests are signed as the published test suite says") {
  CHECK(signature({.url = host + "/"}) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(signature({.url = host}) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(signature({.url = host + ":443/"}) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(signature({.url = host + ":80/"}) != "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(signature({.method = "POST", .url = host + "/"}) ==
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  CHECK(signature({.url = host + "/?Param2=value2&Param1=value1"}) ==
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  CHECK(signature({.url = host + "/?Param1=value1"}) ==
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb");
  CHECK(signature({.url = host + "/", .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}}) ==
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  CHECK(signature({.method = "POST",
                   .url = host + "/",
                   .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                   .body = "Param1=value1"}) == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST_CASE("requests to S3 sign their body's hash") {
  HttpRequest request{.url = "https://examplebucket.s3.amazonaws.com/test.txt", .headers = {{"Range", "bytes=0-9"}}};
  sign_for_aws(request, {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, {"us-east-1", "s3"},
               utc(2013, 5, 24, 0, 0));
  CHECK(header_value(request.headers, "authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(header_value(request.headers, "x-amz-content-sha256") ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("temporary keys send their token, and sign it") {
  HttpRequest plain{.url = host + "/"}, temporary = plain;
  const auto now = utc(2015, 8, 30, 12, 36);
  sign_for_aws(plain, keys, {"us-east-1", "service"}, now);
  sign_for_aws(temporary, {keys.access_key, keys.secret_key, "token"}, {"us-east-1", "service"}, now);
  CHECK(header_value(temporary.headers, "x-amz-security-token") == "token");
  CHECK(header_value(temporary.headers, "authorization").find("host;x-amz-date;x-amz-security-token") !=
        std::string::npos);
  CHECK(header_value(plain.headers, "x-amz-security-token").empty());
}

}  // namespace inpaint::test
