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

TEST_CASE("half precision takes half the space and rounds to nearest, ties to even") {
  const test::ScratchFolder folder;
  const std::string path = folder / "x.safetensors";
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  // Steps are 2^-10 above 1, 32 below 65504, and 2^-24 below 2^-14.
  const std::vector<std::pair<float, float>> cases{
      {0, 0},
      {-0.0f, -0.0f},
      {1, 1},
      {-2.5f, -2.5f},
      {1 + 0x1p-11f, 1},                 // halfway, 1 is even
      {1 + 0x1.8p-10f, 1 + 0x1p-9f},     // halfway, the one above is even
      {1 + 0x1.002p-11f, 1 + 0x1p-10f},  // just above halfway
      {2 - 0x1p-12f, 2},                 // carries into the exponent
      {65504, 65504},
      {65519.996f, 65504},
      {0x1p-14f, 0x1p-14f},
      {0x1p-14f - 0x1p-26f, 0x1p-14f},  // the largest subnormal number rounds up to a normal one
      {0x1p-24f, 0x1p-24f},
      {0x1p-25f, 0},  // halfway, 0 is even
      {0x1.8p-24f, 0x1p-23f},
      {-0x1.1p-25f, -0x1p-24f},
      {1e-40f, 0},
      {infinity, infinity},
      {-infinity, -infinity}};
  Tensor values({static_cast<int64_t>(cases.size()) + 1});
  for (size_t i = 0; i < cases.size(); ++i) values.data()[i] = cases[i].first;
  values.data()[cases.size()] = nan;
  write_safetensors(path, {{"a", values}, {"b", tensor({2, 1}, {3, 4})}}, {{"base", "none"}}, StoredType::f16);
  const Safetensors file(path);
  CHECK(file.type("a") == "F16");
  CHECK(file.metadata().at("base") == "none");
  const Tensor read = file.get("a");
  for (size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases[i].first);
    CHECK(read.data()[i] == cases[i].second);
    CHECK(std::signbit(read.data()[i]) == std::signbit(cases[i].second));
  }
  CHECK(std::isnan(read.data()[cases.size()]));
  CHECK(file.get("b").data()[1] == 4);
  const auto single = std::filesystem::file_size(path);
  write_safetensors(path, {{"a", values}, {"b", tensor({2, 1}, {3, 4})}}, {{"base", "none"}});
  CHECK(std::filesystem::file_size(path) > single + 2 * cases.size());
}

TEST_CASE("every number of half precision comes back as itself") {
  const test::ScratchFolder folder;
  Tensor all({65536});
  std::string bits;
  for (int i = 0; i < 65536; ++i) {
    bits += static_cast<char>(i & 255);
    bits += static_cast<char>(i >> 8);
  }
  write_raw(folder / "raw", R"({"x":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}})", bits);
  const Tensor read = Safetensors(folder / "raw").get("x");
  write_safetensors(folder / "again", {{"x", read}}, {}, StoredType::f16);
  const Tensor again = Safetensors(folder / "again").get("x");
  for (int i = 0; i < 65536; ++i) {
    const float a = read.data()[i], b = again.data()[i];
    const bool same = (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
    REQUIRE(same);
  }
}

TEST_CASE("what is too large for half precision is refused by name, and no file is left") {
  const test::ScratchFolder folder;
  for (const float value : {65520.0f, -1e30f}) {
    try {
      write_safetensors(folder / "x", {{"a", tensor({1}, {1})}, {"b.weight", tensor({2}, {1, value})}}, {},
                        StoredType::f16);
      FAIL("written");
    } catch (const std::invalid_argument& error) {
      CHECK(std::string(error.what()).find("tensor 'b.weight' holds") != std::string::npos);
    }
  }
  CHECK(std::filesystem::is_empty(folder.path()));
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
