#include "nn/file_kind.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include "core/error.h"
#include "nn/model_bytes.h"
#include "support.h"

namespace inpaint::test {

TEST_CASE("model files are told by their content") {
  const ScratchFolder folder;
  const auto kind = [&](const std::string& bytes) {
    write_file(folder / "net.pt", bytes);
    return file_kind(folder / "net.pt");
  };
  CHECK(kind(torchscript_zip()) == FileKind::torchscript);
  CHECK(kind(pickled_zip()) == FileKind::pickle);
  CHECK(kind("\x80\2}q\1.") == FileKind::pickle);
  CHECK(kind(zip_of({{"word/document.xml", "<x/>"}})) == FileKind::unknown);
  CHECK(kind(little_endian(2, 8) + "{}") == FileKind::safetensors);
  CHECK(kind(little_endian(99, 8) + "{}") == FileKind::unknown);  // a header longer than the file
  CHECK(kind("\x08\x06\x12\x07pytorch\x1a\x03"
             "1.8") == FileKind::onnx);
  CHECK(kind("<html>Not found</html>") == FileKind::unknown);
  CHECK(kind("") == FileKind::unknown);
  CHECK_THROWS_AS(file_kind(folder / "gone"), MissingError);
}

TEST_CASE("an archive is understood behind a comment, and told as unknown when it is cut off anywhere") {
  const ScratchFolder folder;
  std::string archive = torchscript_zip();
  archive[archive.size() - 2] = 5;
  write_file(folder / "net.pt", archive + "hello");
  CHECK(file_kind(folder / "net.pt") == FileKind::torchscript);
  const std::string whole = torchscript_zip();
  for (size_t size = 0; size < whole.size(); ++size) {
    write_file(folder / "cut.pt", whole.substr(0, size));
    CHECK(file_kind(folder / "cut.pt") == FileKind::unknown);
  }
}

}  // namespace inpaint::test
