#include "nn/safetensors.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "core/error.h"
#include "support.h"

using namespace inpaint;

namespace {

Tensor tensor(std::vector<int64_t> shape, const std::vector<float>& values) {
  Tensor made(std::move(shape));
  REQUIRE(static_cast<size_t>(made.size()) == values.size());
  std::copy(values.begin(), values.end(), made.data());
  return made;
}

// A file from a header as given and values as bytes.
void write_raw(const std::string& path, const std::string& header, const std::string& values) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> 8 * i & 255);
  test::write_file(path, text + header + values);
}

std::string refusal(const std::string& path) {
  try {
    const Safetensors file(path);
  } catch (const MissingError& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& message, const std::string& path, const std::string& words) {
  CAPTURE(message);
  const bool right = message.starts_with(path) && message.find(words) != std::string::npos;
  CHECK(right);
  return right;
}

}  // namespace

TEST_CASE("tensors come back from a file as they were written") {
  const test::ScratchFolder folder;
  const std::string path = folder / "x.safetensors";
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_safetensors(path,
                    {{"z.weight", tensor({2, 3}, {1, -2, 3.5f, 1e-40f, 5, nan})},
                     {"a", tensor({}, {7})},
                     {"none", tensor({0, 4}, {})}},
                    {{"source", "a \"test\""}});
  const Safetensors file(path);
  CHECK(file.names() == std::vector<std::string>{"z.weight", "a", "none"});
  CHECK(file.shape("z.weight") == std::vector<int64_t>{2, 3});
  CHECK(file.type("a") == "F32");
  CHECK(file.get("z.weight").values()[3] == 1e-40f);
  CHECK(std::isnan(file.get("z.weight").values()[5]));
  CHECK(file.get("a").rank() == 0);
  CHECK(file.get("a").values()[0] == 7);
  CHECK(file.get("none").size() == 0);
  CHECK(file.has("a"));
  CHECK(!file.has("b"));
  CHECK(file.metadata().at("source") == "a \"test\"");
  CHECK_THROWS_WITH_AS(file.get("b"), (path + ": no tensor 'b'").c_str(), MissingError);
  CHECK(test::files_below(folder.path().string()) == std::vector<std::string>{"x.safetensors"});
}

TEST_CASE("values outlive the file object") {
  const test::ScratchFolder folder;
  write_safetensors(folder / "x", {{"a", tensor({2}, {1, 2})}});
  const Tensor kept = Safetensors(folder / "x").get("a");
  CHECK(kept.values()[1] == 2);
}

TEST_CASE("other number types are converted") {
  const test::ScratchFolder folder;
  const std::string path = folder / "x";
  // Half: 1, -2, the smallest subnormal 2^-24, the largest 65504, infinity. bfloat16: 1, -3.140625. Then numbers that
  // are whole, as eight and four bytes, and 0.1 as a double.
  const std::string half("\x00\x3c\x00\xc0\x01\x00\xff\x7b\x00\x7c", 10), brain("\x80\x3f\x49\xc0", 4);
  const std::string i64("\xfe\xff\xff\xff\xff\xff\xff\xff", 8), f64("\x9a\x99\x99\x99\x99\x99\xb9\x3f", 8);
  const std::string u8("\xff", 1), f32("\x00\x00\x20\x41", 4);
  write_raw(path,
            R"({"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]},"b":{"dtype":"BF16","shape":[2],)"
            R"("data_offsets":[10,14]},"i":{"dtype":"I64","shape":[],"data_offsets":[14,22]},"d":{"dtype":"F64",)"
            R"("shape":[1,1],"data_offsets":[22,30]},"u":{"dtype":"U8","shape":[1],"data_offsets":[30,31]},)"
            R"("f":{"dtype":"F32","shape":[1],"data_offsets":[31,35]},"o":{"dtype":"BOOL","shape":[1],)"
            R"("data_offsets":[35,36]}})",
            half + brain + i64 + f64 + u8 + f32 + '\1');
  const Safetensors file(path);
  const Tensor h = file.get("h");
  CHECK(h.values()[0] == 1);
  CHECK(h.values()[1] == -2);
  CHECK(h.values()[2] == 0x1p-24f);
  CHECK(h.values()[3] == 65504);
  CHECK(std::isinf(h.values()[4]));
  CHECK(file.get("b").values()[0] == 1);
  CHECK(file.get("b").values()[1] == -3.140625f);
  CHECK(file.get("i").values()[0] == -2);
  CHECK(file.get("d").values()[0] == 0.1f);
  CHECK(file.get("u").values()[0] == 255);
  CHECK(file.get("f").values()[0] == 10);
  CHECK_THROWS_AS(file.get("o"), MissingError);
}

TEST_CASE("a file that is no safetensors file, or a damaged one, is refused with what is wrong") {
  const test::ScratchFolder folder;
  const std::string path = folder / "x";
  says(refusal(path), path, "cannot be read");
  says(refusal(folder.path().string()), folder.path().string(), "no regular file");
  test::write_file(path, "short");
  says(refusal(path), path, "5 bytes only");
  test::write_file(path, "PK\3\4 a zip archive, as PyTorch writes");
  says(refusal(path), path, "examples/convert_weights.py");

  const std::string entry = R"("dtype":"F32","shape":[2],"data_offsets":)";
  const std::string eight(8, '\0');
  const std::pair<std::string, std::string> cases[] = {
      {"{\"a\":{" + entry + "[0,8]}", "not valid JSON"},
      {R"({"a":{"dtype":"F32","shape":[2]}})", "entry 'a'"},
      {R"({"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}})", "entry 'a'"},
      {"{\"a\":{" + entry + "[0,4]}}", "'a' of shape 2 has a wrong number of bytes"},
      {"{\"a\":{" + entry + "[8,0]}}", "'a'"},
      {R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", "F99"},
      {R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "impossible type or shape"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", "impossible type or shape"},
      {"{\"a\":{" + entry + "[0,8]},\"b\":{" + entry + "[4,12]}}", "'b' overlaps"},
      {"{\"a\":{" + entry + "[4,12]}}", "bytes before tensor 'a'"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "4 bytes at its end"},
      {"{\"a\":{" + entry + "[0,8]},\"b\":{" + entry + "[8,16]}}", "'b' lies beyond the end"},
  };
  for (const auto& [header, words] : cases) {
    CAPTURE(header);
    write_raw(path, header, eight);
    says(refusal(path), path, words);
  }
}

TEST_CASE("a file cut off anywhere is refused") {
  const test::ScratchFolder folder;
  const std::string whole = folder / "whole", cut = folder / "cut";
  write_safetensors(whole, {{"a", tensor({3}, {1, 2, 3})}, {"b", tensor({2}, {4, 5})}});
  const std::string text = test::file_text(whole);
  for (size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    test::write_file(cut, text.substr(0, length));
    CHECK(refusal(cut).starts_with(cut));
  }
}

TEST_CASE("a file that cannot be written leaves nothing behind") {
  const test::ScratchFolder folder;
  CHECK_THROWS_AS(write_safetensors(folder / "absent/x", {{"a", tensor({1}, {1})}}), MissingError);
  CHECK_THROWS_AS(write_safetensors(folder / "x", {{"a", tensor({1}, {1})}, {"a", tensor({1}, {2})}}),
                  std::invalid_argument);
  std::filesystem::create_directory(folder / "taken");
  CHECK_THROWS_AS(write_safetensors(folder / "taken", {{"a", tensor({1}, {1})}}), MissingError);
  CHECK(test::files_below(folder.path().string()).empty());
}
