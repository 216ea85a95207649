#include "remote/endpoint_card.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <set>

#include "core/error.h"
#include "support.h"

namespace inpaint::test {
namespace {

const std::string minimal = "name: mine\ndialect: http\ntasks: [inpaint]\nurl: https://service/x\n";

std::string refusal(const std::string& text, const std::vector<GivenValue>& overrides = {}) {
  try {
    read_endpoint_card(text, "x.yaml", overrides);
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the endpoints that ship are told, each by the name of its file") {
  std::set<std::string> names;
  for (const ShippedText& shipped : shipped_endpoints()) {
    CAPTURE(shipped.file);
    const EndpointCard card = read_endpoint_card(shipped.text, shipped.file);
    CHECK(shipped.file == "configs/endpoints/" + card.name + ".yaml");
    CHECK(find_endpoint(card.name).url == card.url);
    CHECK_FALSE(card.summary.empty());
    CHECK_FALSE(card.summary.ends_with('.'));
    CHECK(card.source.starts_with("https://"));
    CHECK(card.url.find('{') == std::string::npos);
    names.insert(card.name);
  }
  CHECK(names == std::set<std::string>{"a1111", "hf-sd2", "hf-segment", "objectcut", "openai", "removebg", "sagemaker",
                                       "sagemaker-async", "stability", "stability-erase"});
}

TEST_CASE("every value of an endpoint can be set from the command line") {
  const EndpointCard card = find_endpoint(
      "sagemaker",
      {{"region", "eu-west-1"}, {"resource", "mine"}, {"limits.concurrency", "9"}, {"options.steps", "5"}});
  CHECK(card.url == "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/mine/invocations");
  CHECK(card.limits.concurrency == 9);
  CHECK(card.options.at("steps") == "5");
  CHECK(card.options.at("guidance") == "7.5");
  CHECK(refusal(minimal, {{"limits.concurency", "9"}}) ==
        "--set endpoint.limits.concurency: unknown option 'limits.concurency' (did you mean 'limits.concurrency'?)");
  CHECK(refusal(minimal, {{"limits.concurrency", "0"}}) ==
        "--set endpoint.limits.concurrency: expected 1 to 1000, got 0");
}

TEST_CASE("mistakes in an endpoint's card name file, line and key") {
  CHECK(refusal(minimal).empty());
  CHECK(refusal(minimal + "prise: 3\n") == "x.yaml:5: prise: unknown option 'prise' (did you mean 'price'?)");
  CHECK(refusal("name: a\nname: b\n") == "x.yaml:2: name: stands twice in one mapping");
  CHECK(refusal("[1]") == "x.yaml: expected an endpoint's card: a mapping with the key 'name'");
  CHECK(refusal(minimal + "options: [1]\n") == "x.yaml:5: options: expected a mapping of names to values");
  CHECK(refusal(minimal + "options: {a: [1]}\n") == "x.yaml:5: options.a: expected a single value");
  CHECK(refusal("name: mine\ndialect: http\ntasks: [inpaint]\nurl: service/x\n") ==
        "x.yaml: url: expected an http or https address");
  CHECK(refusal(minimal + "key: {variable: A, file: b}\n") == "x.yaml: key: expected a variable or a file, not both");
}

TEST_CASE("endpoints are found by name or by path") {
  const ScratchFolder folder;
  write_file(folder / "card.yaml", minimal);
  CHECK(find_endpoint(folder / "card.yaml").name == "mine");
  CHECK_THROWS_WITH_AS(find_endpoint("removbg"), "--endpoint: no endpoint 'removbg' (did you mean 'removebg'?)",
                       SpecError);
  CHECK_THROWS_AS(find_endpoint(folder / "none.yaml"), SpecError);
}

TEST_CASE("keys come from the environment or a file, and their absence is told with the cure") {
  const ScratchFolder folder;
  EndpointCard card = read_endpoint_card(minimal + "key: {variable: INPAINT_TEST_KEY}\n", "x.yaml");
  ::unsetenv("INPAINT_TEST_KEY");
  CHECK_THROWS_WITH_AS(endpoint_key(card),
                       "endpoint mine: no key: set the variable INPAINT_TEST_KEY, or give a file: --set "
                       "endpoint.key.variable= --set endpoint.key.file=FILE",
                       MissingError);
  ::setenv("INPAINT_TEST_KEY", " secret\n", 1);
  CHECK(endpoint_key(card) == "secret");
  ::unsetenv("INPAINT_TEST_KEY");
  card.key_variable.clear();
  CHECK(endpoint_key(card).empty());
  card.key_file = folder / "key";
  CHECK_THROWS_AS(endpoint_key(card), MissingError);
  write_file(folder / "key", "secret\n");
  CHECK(endpoint_key(card) == "secret");
}

}  // namespace inpaint::test
