// Certificates, against a TLS server on this machine.
#include <doctest/doctest.h>

#include <future>

#include "environment.h"
#include "remote/curl_http.h"
#include "support.h"
#include "tls_server.h"

namespace inpaint::test {
namespace {

HttpAnswer ask(const std::string& url) {
  CurlHttp http;
  std::promise<HttpAnswer> promise;
  http.send({.method = "POST", .url = url, .body = "x"},
            [&](HttpAnswer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

HttpReply hello(const HttpRequest&) { return {.body = "hello"}; }

void check_untrusted(const HttpAnswer& answer, const std::string& words, const std::string& cure) {
  REQUIRE(std::holds_alternative<HttpFailure>(answer));
  const HttpFailure failure = std::get<HttpFailure>(answer);
  CAPTURE(failure.reason);
  CHECK(failure.kind == HttpFailure::Kind::untrusted);
  CHECK(failure.reason.find(words) != std::string::npos);
  CHECK(failure.reason.find(cure) != std::string::npos);
  CHECK_FALSE(failure.maybe_received);
}

}  // namespace

TEST_CASE("tls: a certificate nobody vouches for is refused, and the cure is told; $SSL_CERT_FILE vouches for it") {
  const HttpServer server(hello);
  const Certificate certificate = make_certificate();
  const TlsServer tls(server, certificate);
  check_untrusted(ask(tls.url()), "self-signed", "SSL_CERT_FILE");
  CHECK(server.requests().empty());
  const ScratchFolder folder;
  write_file(folder / "own.pem", certificate.certificate);
  const Variable trusted("SSL_CERT_FILE", (folder / "own.pem").c_str());
  const HttpAnswer answer = ask(tls.url());
  REQUIRE(std::holds_alternative<HttpResponse>(answer));
  CHECK(std::get<HttpResponse>(answer).body == "hello");
}

TEST_CASE("tls: one that is vouched for but made for another host, or too old, is refused") {
  const HttpServer server(hello);
  const ScratchFolder folder;
  const auto refused = [&](const CertificateOptions& options, const std::string& words, const std::string& cure) {
    const Certificate certificate = make_certificate(options);
    const TlsServer tls(server, certificate);
    write_file(folder / "own.pem", certificate.certificate);
    const Variable trusted("SSL_CERT_FILE", (folder / "own.pem").c_str());
    check_untrusted(ask(tls.url()), words, cure);
  };
  refused({.name = "DNS:other.example"}, "127.0.0.1", "the host's name in the address");
  refused({.expired = true}, "expired", "this machine's clock");
  CHECK(server.requests().empty());
}

TEST_CASE("tls: a file of certificates that is not there is told by name") {
  const HttpServer server(hello);
  const TlsServer tls(server, make_certificate());
  const Variable trusted("SSL_CERT_FILE", "/nowhere/own.pem");
  check_untrusted(ask(tls.url()), "/nowhere/own.pem", "SSL_CERT_FILE");
}

TEST_CASE("tls: a connection that breaks before TLS is agreed on says nothing about trust") {
  const HttpServer server(hello);
  const TlsServer tls(server, make_certificate(), 1);
  const HttpAnswer answer = ask(tls.url());
  REQUIRE(std::holds_alternative<HttpFailure>(answer));
  CHECK(std::get<HttpFailure>(answer).kind == HttpFailure::Kind::unreachable);
  CHECK_FALSE(std::get<HttpFailure>(answer).maybe_received);
}

}  // namespace inpaint::test
