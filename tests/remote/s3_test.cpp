// Against a real local server that says what S3 says.
#include "remote/s3.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <set>
#include <thread>

#include "core/error.h"
#include "http_server.h"
#include "pipeline/helpers.h"
#include "remote/curl_http.h"

namespace inpaint::test {
namespace {

const std::string xml_head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

HttpReply xml(const std::string& body, int status = 200) {
  return {.status = status, .headers = {{"Content-Type", "application/xml"}}, .body = xml_head + body};
}
HttpReply error(int status, const std::string& code, const std::string& message = "It went wrong.") {
  return xml(fmt::format("<Error><Code>{}</Code><Message>{}</Message><AWSAccessKeyId>AK</AWSAccessKeyId></Error>", code,
                         message),
             status);
}
std::string content(const std::string& key, int64_t size = 3) {
  return fmt::format("<Contents><Key>{}</Key><ETag>&quot;e-{}&quot;</ETag><Size>{}</Size></Contents>", key, key, size);
}
HttpReply page(const std::string& contents, const std::string& next = "") {
  return xml(
      fmt::format("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url"
                  "</EncodingType>{}<IsTruncated>{}</IsTruncated>{}</ListBucketResult>",
                  contents, next.empty() ? "false" : "true",
                  next.empty() ? "" : "<NextContinuationToken>" + next + "</NextContinuationToken>"));
}

// A client of this server that does not wait long.
S3Client client_of(const HttpServer& server, int attempts = 3) {
  return S3Client(std::make_shared<CurlHttp>(), {.keys = {"AK", "SK"}, .region = "eu-west-1", .endpoint = server.url()},
                  {.attempts = attempts, .first_wait_seconds = 0.02});
}

bool holds(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

const S3Address photo{"shop", "in/a b+c.jpg"};

}  // namespace

TEST_CASE("s3: a listing takes every page and decodes the keys") {
  HttpServer server([](const HttpRequest& request) {
    if (!holds(request.path, "continuation-token")) return page(content("in/a+b%2Bc%C3%A9.jpg", 5), "t/1=");
    return page(content("in/d&amp;e.png"));
  });
  const auto objects = client_of(server).list({"shop", "in/x y"});
  REQUIRE(objects.size() == 2);
  CHECK(objects[0].key == "in/a b+cé.jpg");
  CHECK(objects[0].etag == "e-in/a+b%2Bc%C3%A9.jpg");
  CHECK(objects[0].size == 5);
  CHECK(objects[1].key == "in/d&e.png");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].path == "/shop?encoding-type=url&list-type=2&max-keys=1000&prefix=in%2Fx%20y");
  CHECK(requests[1].path ==
        "/shop?continuation-token=t%2F1%3D&encoding-type=url&list-type=2&max-keys=1000&prefix=in%2Fx%20y");
  CHECK(holds(requests[0].header("authorization"), "Credential=AK/"));
  CHECK(holds(requests[0].header("authorization"), "/eu-west-1/s3/aws4_request"));
}

TEST_CASE("s3: of a listing only as much is asked for as is wanted") {
  HttpServer server([](const HttpRequest&) { return page(content("a") + content("b"), "more"); });
  CHECK(client_of(server).list({"shop"}, 2).size() == 2);
  CHECK(server.requests().size() == 1);
  CHECK(holds(server.requests()[0].path, "max-keys=2&"));
}

TEST_CASE("s3: keys that the service did not encode stay as they are; what is no listing is refused") {
  bool is_listing = true;
  HttpServer server([&](const HttpRequest&) {
    return is_listing ? xml("<ListBucketResult>" + content("a+b%20c") + "</ListBucketResult>")
                      : HttpReply{.body = "<html>hello</html>"};
  });
  CHECK(client_of(server).list({"shop"}).at(0).key == "a+b%20c");
  is_listing = false;
  CHECK(holds(message_of<MissingError>([&] { client_of(server).list({"shop"}); }), "is no listing of S3"));
}

TEST_CASE("s3: a listing that goes round in a circle ends") {
  HttpServer server([](const HttpRequest&) { return page(content("a"), "same"); });
  CHECK(holds(message_of<MissingError>([&] { client_of(server).list({"shop"}); }), "no listing"));
  CHECK(server.requests().size() == 2);
}

TEST_CASE("s3: an object comes whole, under its encoded name") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.headers = {{"ETag", "\"v1\""}}, .body = "abc"}; });
  CHECK(client_of(server).get(photo, {photo.key, "v1", 3}) == "abc");
  CHECK(server.requests().at(0).path == "/shop/in/a%20b%2Bc.jpg");
}

TEST_CASE("s3: an object that is not the one listed is refused") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.headers = {{"ETag", "\"v2\""}}, .body = "abc"}; });
  const auto get = [&](const S3Object& expected) {
    return message_of<ItemError>([&] { client_of(server).get(photo, expected); });
  };
  CHECK(holds(get({photo.key, "v1", 3}), "s3://shop/in/a b+c.jpg: has changed since it was listed"));
  CHECK(holds(get({photo.key, "v2", 4}), "has changed"));
  CHECK(client_of(server).get(photo, {photo.key, "", 3}) == "abc");
  HttpServer grown([](const HttpRequest&) { return HttpReply{.body = std::string(2 << 20, 'a')}; });
  CHECK(holds(message_of<ItemError>([&] { client_of(grown).get(photo, {photo.key, "v1", 3}); }), "has changed"));
  CHECK(grown.requests().size() == 1);
}

TEST_CASE("s3: what breaks off is asked for again") {
  int asked = 0;
  HttpServer server([&](const HttpRequest&) {
    HttpReply reply{.headers = {{"ETag", "\"v1\""}}, .body = "abcdef"};
    if (++asked == 1) reply.cut_after = 3;
    if (asked == 2) reply.reset = true;
    return reply;
  });
  CHECK(client_of(server).get(photo, {photo.key, "v1", 6}) == "abcdef");
  CHECK(asked == 3);
  asked = 0;
  CHECK(holds(message_of<ItemError>([&] { client_of(server, 1).get(photo, {photo.key, "v1", 6}); }), "no answer from"));
}

TEST_CASE("s3: tries again after growing waits while the service asks for it, and tells its words in the end") {
  std::vector<std::chrono::steady_clock::time_point> times;
  HttpServer server([&](const HttpRequest&) {
    times.push_back(std::chrono::steady_clock::now());
    return error(503, "SlowDown", "Please reduce your request rate.");
  });
  CHECK(message_of<ItemError>([&] { client_of(server, 4).get(photo, {}); }) ==
        "s3://shop/in/a b+c.jpg: HTTP 503 SlowDown: Please reduce your request rate");
  REQUIRE(times.size() == 4);
  const auto wait = [&](size_t i) { return std::chrono::duration<double>(times[i + 1] - times[i]).count(); };
  CHECK(wait(0) >= 0.75 * 0.02);
  CHECK(wait(1) >= 0.75 * 0.04);
  CHECK(wait(2) >= 0.75 * 0.08);
}

TEST_CASE("s3: waits as long as the service asks") {
  int asked = 0;
  HttpServer server([&](const HttpRequest&) {
    HttpReply reply = ++asked == 1 ? error(503, "SlowDown") : HttpReply{.body = "abc"};
    if (asked == 1) reply.headers["Retry-After"] = "1";
    return reply;
  });
  const auto start = std::chrono::steady_clock::now();
  CHECK(client_of(server).get(photo, {photo.key, "", 3}) == "abc");
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::seconds(1));
}

TEST_CASE("s3: refusals name place, cause and cure, and nothing of the keys") {
  HttpReply reply;
  HttpServer server([&](const HttpRequest&) { return reply; });
  const S3Client client = client_of(server);
  const S3Address in{"shop", "in/"};
  const auto list_fails = [&] { client.list(in); };
  reply = error(403, "InvalidAccessKeyId", "No such key.");
  CHECK(message_of<MissingError>(list_fails) ==
        "s3://shop/in/: HTTP 403 InvalidAccessKeyId: No such key; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, "
        "for temporary keys, AWS_SESSION_TOKEN");
  reply = error(403, "AccessDenied", "Access Denied");
  CHECK(message_of<MissingError>(list_fails) ==
        "s3://shop/in/: HTTP 403 AccessDenied: Access Denied; the keys must be right and allow s3:ListBucket there");
  CHECK(holds(message_of<ItemError>([&] { client.get(photo, {}); }), "allow s3:GetObject there"));
  CHECK(holds(message_of<ItemError>([&] { client.put(photo, "x", {}); }), "allow s3:PutObject there"));
  CHECK(holds(message_of<ItemError>([&] { client.remove(photo); }), "allow s3:DeleteObject there"));
  reply = error(404, "NoSuchBucket", "The specified bucket does not exist");
  CHECK(
      holds(message_of<SpecError>(list_fails), "s3://shop/in/: HTTP 404 NoSuchBucket: The specified bucket does not"));
  reply = error(404, "NoSuchKey", "The specified key does not exist.");
  CHECK(
      message_of<ItemError>([&] { client.get(photo, {}); }) ==
      "s3://shop/in/a b+c.jpg: HTTP 404 NoSuchKey: The specified key does not exist; it has gone since it was listed");
  reply = error(403, "RequestTimeTooSkewed");
  CHECK(holds(message_of<MissingError>(list_fails), "set this machine's clock"));
  reply = error(301, "PermanentRedirect");
  reply.headers["x-amz-bucket-region"] = "ap-south-1";
  CHECK(holds(message_of<SpecError>(list_fails), "set AWS_REGION=ap-south-1"));
  CHECK(server.requests().size() == 9);  // none was worth another try
}

TEST_CASE("s3: a service that cannot be reached is missing") {
  std::string url;
  {
    const HttpServer gone([](const HttpRequest&) { return HttpReply{}; });
    url = gone.url();
  }
  const S3Client client(std::make_shared<CurlHttp>(), {.keys = {"AK", "SK"}, .endpoint = url},
                        {.attempts = 2, .first_wait_seconds = 0.01});
  const std::string text = message_of<MissingError>([&] { client.list({"shop"}); });
  CHECK(holds(text, "s3://shop: no answer from " + url));
  CHECK(holds(text, "check the network and AWS_ENDPOINT_URL_S3"));
}

TEST_CASE("s3: head tells what is there") {
  int status = 200;
  HttpServer server([&](const HttpRequest& request) {
    if (request.method == "GET") return error(403, "InvalidAccessKeyId", "No such key.");
    return HttpReply{.status = status, .headers = {{"ETag", "\"v1\""}}, .body = "abcd"};
  });
  const S3Client client = client_of(server);
  const auto there = client.head(photo);
  REQUIRE(there);
  CHECK(there->etag == "v1");
  CHECK(there->size == 4);
  status = 404;
  CHECK_FALSE(client.head(photo));
  status = 403;
  CHECK(holds(message_of<MissingError>([&] { client.head(photo); }), "HTTP 403 InvalidAccessKeyId: No such key"));
}

TEST_CASE("s3: the beginning of an object alone can be had") {
  HttpServer server([](const HttpRequest& request) {
    if (request.path == "/shop/empty") return error(416, "InvalidRange");
    CHECK(request.header("range") == "bytes=0-3");
    return HttpReply{.status = 206, .body = "abcd"};
  });
  CHECK(client_of(server).get_head(photo, 4) == "abcd");
  CHECK(client_of(server).get_head({"shop", "empty"}, 4).empty());
}

TEST_CASE("s3: a put says what it is, how it is to be encrypted, and its MD5") {
  HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  const S3Client client = client_of(server);
  client.put(photo, "abc", {.type = "image/jpeg", .encryption = {"aws:kms", "key-7"}});
  client.put(photo, "", {});
  const HttpRequest seen = server.requests().at(0);
  CHECK(seen.method == "PUT");
  CHECK(seen.path == "/shop/in/a%20b%2Bc.jpg");
  CHECK(seen.body == "abc");
  CHECK(seen.header("content-type") == "image/jpeg");
  CHECK(seen.header("content-md5") == "kAFQmDzST7DWlj99KOF/cg==");  // md5sum of "abc", base64
  CHECK(seen.header("x-amz-server-side-encryption") == "aws:kms");
  CHECK(seen.header("x-amz-server-side-encryption-aws-kms-key-id") == "key-7");
  CHECK(holds(seen.header("authorization"), ";x-amz-server-side-encryption;"));
  const HttpRequest empty = server.requests().at(1);
  CHECK(empty.body.empty());
  CHECK(empty.header("content-length") == "0");
  CHECK(empty.header("x-amz-server-side-encryption").empty());
}

TEST_CASE("s3: a put is tried again, signed anew") {
  int asked = 0;
  HttpServer server([&](const HttpRequest&) { return ++asked < 3 ? error(500, "InternalError") : HttpReply{}; });
  client_of(server).put(photo, "abc", {});
  REQUIRE(server.requests().size() == 3);
  for (const HttpRequest& request : server.requests()) CHECK(request.body == "abc");
}

namespace {

const std::string upload_started =
    "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>";

// What a large put asks for, as "METHOD QUERY".
std::vector<std::string> steps_of(const HttpServer& server) {
  std::vector<std::string> steps;
  for (const HttpRequest& request : server.requests())
    steps.push_back(request.method + " " + request.path.substr(request.path.find('?') + 1));
  return steps;
}

}  // namespace

TEST_CASE("s3: a large put goes in parts that make up the whole") {
  HttpServer server([](const HttpRequest& request) {
    if (request.method == "POST" && holds(request.path, "?uploads")) return xml(upload_started);
    if (request.method == "PUT") return HttpReply{.headers = {{"ETag", fmt::format("\"p{}\"", request.body.size())}}};
    return xml("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>");
  });
  std::string bytes(2 * S3Client::part_size + 5, 'a');
  bytes[S3Client::part_size] = 'b';
  bytes.back() = 'c';
  client_of(server).put(photo, bytes, {.type = "image/png", .encryption = {"AES256"}});
  CHECK(steps_of(server) == std::vector<std::string>{"POST uploads", "PUT partNumber=1&uploadId=u%2F1",
                                                     "PUT partNumber=2&uploadId=u%2F1",
                                                     "PUT partNumber=3&uploadId=u%2F1", "POST uploadId=u%2F1"});
  const auto requests = server.requests();
  CHECK(requests[0].header("content-type") == "image/png");
  CHECK(requests[0].header("x-amz-server-side-encryption") == "AES256");
  CHECK(requests[1].header("x-amz-server-side-encryption").empty());  // of the upload, not of its parts
  CHECK_FALSE(requests[1].header("content-md5").empty());
  CHECK(requests[1].body + requests[2].body + requests[3].body == bytes);
  CHECK(requests[4].body ==
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"p16777216\"</ETag></Part>"
        "<Part><PartNumber>2</PartNumber><ETag>\"p16777216\"</ETag></Part>"
        "<Part><PartNumber>3</PartNumber><ETag>\"p5\"</ETag></Part></CompleteMultipartUpload>");
}

TEST_CASE("s3: a large put that fails is taken back") {
  const std::string bytes(S3Client::part_size + 1, 'a');
  SUBCASE("at a part") {
    HttpServer server([](const HttpRequest& request) {
      if (request.method == "POST") return xml(upload_started);
      if (request.method == "DELETE") return HttpReply{.status = 204};
      return holds(request.path, "partNumber=2") ? error(500, "InternalError", "Try again.") : HttpReply{};
    });
    CHECK(
        holds(message_of<ItemError>([&] { client_of(server, 2).put(photo, bytes, {}); }), "InternalError: Try again"));
    CHECK(steps_of(server) == std::vector<std::string>{"POST uploads", "PUT partNumber=1&uploadId=u%2F1",
                                                       "PUT partNumber=2&uploadId=u%2F1",
                                                       "PUT partNumber=2&uploadId=u%2F1", "DELETE uploadId=u%2F1"});
  }
  SUBCASE("at the end, with a status that says all is well") {
    HttpServer server([](const HttpRequest& request) {
      if (request.method == "POST" && holds(request.path, "?uploads")) return xml(upload_started);
      return request.method == "POST" ? error(200, "EntityTooSmall", "Too small.") : HttpReply{};
    });
    CHECK(holds(message_of<ItemError>([&] { client_of(server).put(photo, bytes, {}); }), "EntityTooSmall: Too small"));
    CHECK(steps_of(server).back() == "DELETE uploadId=u%2F1");
  }
  SUBCASE("at the end, for the moment only") {
    int completed = 0;
    HttpServer server([&](const HttpRequest& request) {
      if (request.method == "POST" && holds(request.path, "?uploads")) return xml(upload_started);
      if (request.method == "POST" && ++completed == 1) return error(200, "InternalError");
      return HttpReply{};
    });
    client_of(server).put(photo, bytes, {});
    CHECK(completed == 2);
    CHECK(steps_of(server).back() == "POST uploadId=u%2F1");
  }
}

TEST_CASE("s3: what is not there need not be deleted") {
  int status = 204;
  HttpServer server([&](const HttpRequest&) { return HttpReply{.status = status}; });
  client_of(server).remove(photo);
  status = 404;
  client_of(server).remove(photo);
  CHECK(server.requests().at(0).method == "DELETE");
}

TEST_CASE("s3: many threads ask at once over shared connections") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.body = "abc", .delay = 0.2}; }, true);
  const S3Client client = client_of(server);
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < 2; ++round) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { client.get(photo, {photo.key, "", 3}); });
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(1600));  // one after the other: 3200
  std::set<int> connections;
  for (const HttpRequest& request : server.requests()) connections.insert(request.connection);
  CHECK(connections.size() < 12);
}

}  // namespace inpaint::test
