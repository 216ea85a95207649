// Files that are no TorchScript, or too new, or cut off: refused with what they are and the cure.
#include <doctest/doctest.h>

#include <cstdint>

#include "core/error.h"
#include "nn/module.h"
#include "support.h"

using namespace inpaint;

namespace {

bool no_module() {
  if (has_module("torch")) return false;
  MESSAGE("skipped: this build has no torch module");
  return true;
}

std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(i < 8 ? value >> (8 * i) & 255 : 0);
  return text;
}

uint32_t crc32(const std::string& text) {
  uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

// A zip of stored entries (PKWARE's APPNOTE 4.3).
std::string zip(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string files, list;
  for (const auto& [name, text] : entries) {
    const std::string common = little(0, 8) + little(crc32(text), 4) + little(text.size(), 4) + little(text.size(), 4) +
                               little(name.size(), 2) + little(0, 2);
    list += "PK\1\2" + little(20, 2) + little(20, 2) + common + little(0, 10) + little(files.size(), 4) + name;
    files += "PK\3\4" + little(20, 2) + common + name + text;
  }
  return files + list + "PK\5\6" + little(0, 4) + little(entries.size(), 2) + little(entries.size(), 2) +
         little(list.size(), 4) + little(files.size(), 4) + little(0, 2);
}

std::string refusal(const test::ScratchFolder& folder, const std::string& bytes) {
  test::write_file(folder / "net.pt", bytes);
  OpenRequest request;
  request.file = folder / "net.pt";
  try {
    module_driver("torch").open(request);
  } catch (const MissingError& error) {
    CHECK(std::string(error.what()).starts_with(request.file));
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("torch: pickles are refused with the way to convert them") {
  if (no_module()) return;
  const test::ScratchFolder folder;
  const std::string pickle = "\x80\x02}q.";
  CHECK(contains(refusal(folder, pickle), "examples/convert_weights.py"));
  CHECK(contains(refusal(folder, zip({{"archive/data.pkl", pickle}, {"archive/version", "3\n"}})),
                 "examples/convert_weights.py"));
}

TEST_CASE("torch: foreign files are told from damaged ones") {
  if (no_module()) return;
  const test::ScratchFolder folder;
  CHECK(contains(refusal(folder, "<!DOCTYPE html><html>Not found</html>"), "a web page"));
  CHECK(contains(refusal(folder, "version https://git-lfs.github.com/spec/v1\n"), "Git LFS pointer"));
  CHECK(contains(refusal(folder, little(2, 8) + "{\"a\":1}"), "safetensors"));
  CHECK(contains(refusal(folder, "P6 1 1 255\nabc"), "no TorchScript archive"));
  CHECK(contains(refusal(folder, ""), "empty"));
  CHECK(contains(refusal(folder, zip({{"a/readme", "text"}})), "no code/"));
  OpenRequest request;
  request.file = folder / "absent.pt";
  CHECK_THROWS_WITH_AS(module_driver("torch").open(request), (request.file + ": no such file").c_str(), MissingError);
}

TEST_CASE("torch: a cut or damaged archive") {
  if (no_module()) return;
  const test::ScratchFolder folder;
  REQUIRE(test::run_shell(INPAINT_BINARY_DIR "/make_scripts " + folder.path().string()).exit_code == 0);
  const std::string whole = test::file_text(folder / "convolutions.pt");
  CHECK(contains(refusal(folder, whole.substr(0, whole.size() / 2)), "cut off"));
  CHECK(contains(refusal(folder, whole.substr(0, whole.size() - 1)), "cut off"));
  std::string damaged = whole;
  const size_t at = damaged.find("data.pkl") + 60;
  for (size_t i = at; i < at + 40; ++i) damaged[i] = static_cast<char>(~damaged[i]);
  CHECK(contains(refusal(folder, damaged), "cannot read it"));
}

TEST_CASE("torch: an archive newer than this libtorch, and operators of other libraries") {
  if (no_module()) return;
  const test::ScratchFolder folder;
  const std::string code = "class N(Module):\n  def forward(self, x):\n    return ops.torchvision.deform_conv2d(x)\n";
  const std::string newer = refusal(folder, zip({{"n/code/n.py", code}, {"n/version", "99\n"}}));
  CHECK(contains(newer, "version 99"));
  CHECK(contains(newer, "newer libtorch"));
  const std::string foreign = zip({{"n/data.pkl", "x"}, {"n/code/n.py", code}, {"n/version", "3\n"}});
  CHECK(contains(refusal(folder, foreign), "torchvision::deform_conv2d"));
  const FileFacts facts = module_driver("torch").inspect(folder / "net.pt");
  REQUIRE(facts.notes.size() == 1);
  CHECK(contains(facts.notes[0], "torchvision::deform_conv2d"));
}
