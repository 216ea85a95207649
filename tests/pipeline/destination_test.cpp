// What is decided about outputs in S3 without asking S3.
#include "pipeline/destination.h"

#include <doctest/doctest.h>

#include "environment.h"
#include "pipeline/helpers.h"
#include "pipeline/plan.h"
#include "pipeline/source.h"

namespace inpaint::test {
namespace {

// Amazon's own service, with keys that nobody knows.
struct Amazon : AwsEnvironment {
  Amazon() : AwsEnvironment({{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "SK"}}) {}
};

std::unique_ptr<Pipeline> pipeline(const Words& inputs, const std::string& output, const Words& options = {}) {
  Spec spec;
  for (const std::string& input : inputs) spec.input.push_back({"paths", input, "INPUT"});
  spec.output.push_back({"path", output, "-o"});
  for (const GivenOption& option : stage_spec("", options).options) spec.output.push_back(option);
  spec.stages = {stage_spec("segment")};
  return std::make_unique<Pipeline>(spec);
}

std::string refused(const Words& inputs, const std::string& output, const Words& options = {}) {
  return message_of<SpecError>([&] { make_plan(*pipeline(inputs, output, options)); });
}

}  // namespace

TEST_CASE("destination: one object is written as a file, all else below a prefix") {
  using Kind = Destination::Kind;
  const auto of = [](const std::string& input, const std::string& output) {
    return destination_of(*pipeline({input}, output));
  };
  Destination destination = of("s3://b/in/a.jpg", "s3://b/out/x.png");
  CHECK(destination.kind == Kind::file);
  CHECK(destination.root == "s3://b/out");
  CHECK(destination.file_name == "x.png");
  CHECK(of("s3://b/in/a.jpg", "s3://b/x.png").root == "s3://b");
  CHECK(of("s3://b/in/a.jpg", "x.png").kind == Kind::file);
  destination = of("s3://b/in", "s3://b/x.png");
  CHECK(destination.kind == Kind::directory);
  CHECK(destination.root == "s3://b/x.png");
  CHECK(of("s3://b/in/a.jpg", "s3://b/out/").root == "s3://b/out");
  CHECK(of("s3://b/in/a.jpg", "s3://my.bucket").kind == Kind::directory);  // ".bucket" is no extension
  CHECK(message_of<SpecError>([&] { of("s3://b/a.jpg", "s3://b/x.gif"); }).starts_with("-o s3://b/x.gif: unknown"));
}

TEST_CASE("destination: the ledger of an output in S3 lies at home, by service, bucket and prefix") {
  const Amazon amazon;
  {
    const Variable state("XDG_STATE_HOME", "/state");
    CHECK(ledger_directory_of("s3://b/a/c") == "/state/inpaint/s3/b/a/c");
    CHECK(ledger_directory_of("s3://b/a/c/") == "/state/inpaint/s3/b/a/c");
    CHECK(ledger_directory_of("s3://b") == "/state/inpaint/s3/b/");
    const Variable other("AWS_ENDPOINT_URL", "https://minio.example:9000/base/");
    CHECK(ledger_directory_of("s3://b/a") == "/state/inpaint/s3/b@minio.example:9000/a");
  }
  const Variable state("XDG_STATE_HOME", nullptr);
  {
    const Variable home("HOME", "/home/me");
    CHECK(ledger_directory_of("s3://b/a") == "/home/me/.local/state/inpaint/s3/b/a");
  }
  const Variable home("HOME", nullptr);
  CHECK(missing_of(message_of<MissingError>([] { ledger_directory_of("s3://b/a"); }), {"XDG_STATE_HOME"}).empty());
  CHECK(ledger_directory_of("out/x") == "out/x");
}

TEST_CASE("destination: prefixes that the ledger's folder cannot be named by are refused") {
  const Amazon amazon;
  for (const char* prefix : {"a/../c", "..", "./a", "a//c", "/a", "a/.inpaint", "a//"}) {
    CAPTURE(prefix);
    const std::string output = std::string("s3://b/") + prefix;
    CHECK(missing_of(message_of<SpecError>([&] { ledger_directory_of(output); }), {"cannot be an output"}).empty());
    CHECK(missing_of(refused({"s3://b/in"}, output), {"-o s3://b/", "cannot be an output"}).empty());
  }
  CHECK_NOTHROW(ledger_directory_of("s3://b/a..b/.c/"));
}

TEST_CASE("destination: options of S3 need an output there and one another") {
  const Amazon amazon;
  const ScratchFolder folder;
  write_picture(folder / "a.png", painted_picture(8, 8), Format::png);
  const auto refused_here = [&](const std::string& output, const Words& options, const std::string& text) {
    const std::string told = refused({folder / "a.png"}, output, options);
    CHECK(missing_of(told, {text}) == "");
  };
  refused_here(folder / "out", {"s3-sse=AES256"}, "--s3-sse: is for outputs in S3");
  refused_here(folder / "out", {"public-url=https://x/{key}"}, "--public-url: is for outputs in S3");
  refused_here("s3://b/out", {"s3-kms-key=k"}, "--s3-kms-key: needs --s3-sse aws:kms");
  refused_here("s3://b/out", {"public-url=https://x/{kye}{key}"}, "unknown word '{kye}' (did you mean 'key'?)");
  refused_here("s3://b/out", {"public-url=https://x/"}, "{key} is missing");
  CHECK(missing_of(message_of<SpecError>([] { pipeline({"a"}, "s3://b", {"s3-sse=DES"}); }), {"AES256, aws:kms"}) ==
        "");
}

TEST_CASE("destination: results inside an input of S3 are refused, before S3 is asked") {
  const Amazon amazon;
  CHECK(missing_of(refused({"s3://b/in"}, "s3://b/in/out"), {"lies inside the input 's3://b/in'"}) == "");
  CHECK(missing_of(refused({"s3://b"}, "s3://b/out"), {"lies inside the input 's3://b'"}) == "");
  CHECK(missing_of(refused({"s3://b/in/"}, "s3://b/in"), {"lies inside the input 's3://b/in/'"}) == "");
  const auto fits = [](const std::string& input, const std::string& output) {
    const auto one = pipeline({input}, output);
    check_folders(*one, destination_of(*one));
  };
  CHECK_NOTHROW(fits("s3://b/in", "s3://b/in-out"));
  CHECK_NOTHROW(fits("s3://b/in", "s3://c/in/out"));
  CHECK_NOTHROW(fits("s3://b/in/a.jpg", "s3://b/in"));
}

TEST_CASE("destination: keys that are not there are missing") {
  const Amazon amazon;
  const Variable key("AWS_ACCESS_KEY_ID", nullptr);
  const std::string told = message_of<MissingError>([] { make_plan(*pipeline({"s3://b/in"}, "out")); });
  CHECK(missing_of(told, {"set AWS_ACCESS_KEY_ID to"}) == "");
}

TEST_CASE("destination: names below a root") {
  const NamesBelow bucket("s3://b/out"), folder("/x/out");
  CHECK(bucket.name_of("s3://b/out/a/c.png") == "a/c.png");
  CHECK_FALSE(bucket.name_of("s3://b/out-2/a.png"));
  CHECK_FALSE(bucket.name_of("/b/out/a.png"));
  CHECK(folder.name_of("/x/y/../out/a/c.png") == "a/c.png");
  CHECK_FALSE(folder.name_of("/x/out2/a.png"));
  CHECK_FALSE(folder.name_of("s3://x/out/a.png"));
}

TEST_CASE("sources one after another keep their order, and each reads its own") {
  const ScratchFolder folder;
  for (const char* name : {"one/b.png", "one/readme.txt", "two/a.png"}) write_file(folder / name, name);
  std::vector<std::unique_ptr<Source>> parts;
  parts.push_back(std::make_unique<FileSource>(Words{folder / "one"}));
  parts.push_back(std::make_unique<FileSource>(Words{folder / "two"}));
  MixedSource source(std::move(parts));
  const std::vector<SourceItem> items = source.list();
  REQUIRE(items.size() == 2);
  CHECK(items[0].rel == "b.png");
  CHECK(items[1].rel == "a.png");
  CHECK(items[1].part == 1);
  const Bytes bytes = source.read(items[1]);
  CHECK(std::string(bytes.begin(), bytes.end()) == "two/a.png");
  CHECK(source.identity(items[0]).starts_with("9:"));
  CHECK(source.passed_over() == Words{folder / "one/readme.txt"});
  CHECK_FALSE(source.is_remote());
}

}  // namespace inpaint::test
