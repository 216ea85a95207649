#include "remote/url.h"

#include <doctest/doctest.h>

#include "core/error.h"

namespace inpaint::test {
namespace {

std::string name_of(const std::string& text) { return url_file_name(parse_url(text, "INPUT")); }

std::string refused(const std::string& text) {
  try {
    parse_url(text, "INPUT");
  } catch (const SpecError& error) {
    return error.what();
  }
  return "taken";
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("url: taken apart") {
  const Url url = parse_url("HTTPS://Host.example/a%20b/c.jpg?key=1#top", "INPUT");
  CHECK(url.scheme == "https");
  CHECK(url.path == "/a%20b/c.jpg");
  CHECK(holds(url.origin, ":443"));
  CHECK(holds(url.whole, "?key=1"));
  CHECK_FALSE(holds(url.whole, "#top"));
  CHECK(parse_url("http://[::1]:8000/", "INPUT").host == "[::1]");
  CHECK(is_url("http://x"));
  CHECK(is_url("HTTPS://x"));
  CHECK_FALSE(is_url("s3://x"));
  CHECK_FALSE(is_url("https:/x"));
}

TEST_CASE("url: a password is refused and never told") {
  for (const char* text : {"https://anna:hunter2@host/a.jpg", "https://anna:hun/ter2@host/a.jpg",
                           "https://anna:hun?ter2@host/a.jpg", "https://anna:hun#ter2@host/a.jpg"}) {
    CAPTURE(text);
    const std::string told = refused(text);
    CHECK(told != "taken");
    CHECK_FALSE(holds(told, "ter2"));
    CHECK_FALSE(holds(told, "anna"));
  }
  CHECK(holds(refused("https://anna:hunter2@host/a.jpg"), "https://***@host/a.jpg"));
  CHECK(holds(refused("https://anna@host/a.jpg"), "holds a user or password"));
  CHECK(holds(refused("https://ho st/?key=1"), "is no address"));
  CHECK_FALSE(holds(refused("https://ho st/?key=1"), "key=1"));
}

TEST_CASE("url: what is told of one") {
  CHECK(shown_url("https://h/a.jpg?sig=x&b=2#f") == "https://h/a.jpg?...");
  CHECK(shown_url("https://h/a.jpg#f?sig=x") == "https://h/a.jpg");
  CHECK(shown_url("https://h/@anna/a.jpg") == "https://h/@anna/a.jpg");
  CHECK(shown_url("https://u:p@h/a.jpg") == "https://***@h/a.jpg");
  CHECK(shown_url("https://h?sig=x") == "https://h?...");
}

TEST_CASE("url: names of files") {
  CHECK(name_of("https://h/a/b.jpg?x=1") == "b.jpg");
  CHECK(name_of("https://h/a/b%20c.jpg") == "b c.jpg");
  CHECK(name_of("https://h/a%2Fb.jpg") == "a_b.jpg");
  CHECK(name_of("https://h/x/%2e%2e%2F%2e%2e%2Fetc%2Fpasswd") == "___.._etc_passwd");
  CHECK(name_of("https://h/%2ehidden.png") == "_hidden.png");
  CHECK(name_of("https://h/a%00b%0A.jpg") == "a_b_.jpg");
  CHECK(name_of("https://h/a/b/") == "b");
  CHECK(name_of("https://h/") == "picture");
  CHECK(name_of("https://h?x=1") == "picture");
  const std::string long_name = name_of("https://h/" + std::string(5000, 'a') + ".jpg");
  CHECK(long_name.size() == 200);
  CHECK(long_name.ends_with("a.jpg"));
}

TEST_CASE("url: redirections") {
  const Url base = parse_url("https://h/a/b.jpg?k=1", "INPUT");
  CHECK(resolve_url(base, "/c.jpg")->whole == "https://h/c.jpg");
  CHECK(resolve_url(base, "c.jpg?x=2")->whole == "https://h/a/c.jpg?x=2");
  CHECK(resolve_url(base, "//other/c.jpg")->whole == "https://other/c.jpg");
  CHECK(resolve_url(base, "http://other/c d.jpg")->whole == "http://other/c%20d.jpg");
  CHECK_FALSE(resolve_url(base, "file:///etc/passwd"));
  CHECK_FALSE(resolve_url(base, "ftp://h/x"));
  CHECK_FALSE(resolve_url(base, "https://u:p@h/x"));
}

}  // namespace inpaint::test
