#include "pipeline/companion.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {
namespace fs = std::filesystem;

// A companion of a directory that holds these (empty) files.
struct Masks {
  explicit Masks(const Words& files) {
    for (const std::string& file : files) write_file(folder / ("masks/" + file), "");
    companion = Companion(folder / "masks");
    companion.prepare_pictures("--mask");
  }
  // The file for a picture, relative to the directory; "" if there is none.
  std::string of(const std::string& rel) const {
    const auto file = companion.find(rel);
    return file ? fs::path(*file).lexically_relative(folder / "masks").generic_string() : "";
  }
  ScratchFolder folder;
  Companion companion;
};

}  // namespace

TEST_CASE("a companion that was not given is told by its empty path") {
  CHECK_FALSE(Companion().given());
  CHECK(Companion("masks").given());
  CHECK(Codec<Companion>::print(Codec<Companion>::parse("a b/m.png")) == "a b/m.png");
  CHECK(message_of<BadValue>([] { Codec<Companion>::parse(""); }) == "a file or a directory");
}

TEST_CASE("a picture finds its mask by its stem, whatever either extension") {
  const Masks masks({"a.png", "b.webp", "c.PNG"});
  CHECK(masks.of("a.jpg") == "a.png");
  CHECK(masks.of("a.png") == "a.png");
  CHECK(masks.of("b.tif") == "b.webp");
  CHECK(masks.of("c.jpg") == "c.PNG");
  CHECK(masks.of("d.jpg") == "");
  CHECK(masks.of("A.jpg") == "");
}

TEST_CASE("a picture finds its mask by a stem that ends in mask") {
  const Masks masks({"a_mask.png", "b-mask.png", "c.mask.png", "dmask.png", "e_mask_2.png"});
  CHECK(masks.of("a.jpg") == "a_mask.png");
  CHECK(masks.of("b.jpg") == "b-mask.png");
  CHECK(masks.of("c.jpg") == "c.mask.png");
  CHECK(masks.of("d.jpg") == "");
  CHECK(masks.of("e.jpg") == "");
}

TEST_CASE("masks are found in the picture's own folder only") {
  const Masks masks({"x/a.png", "x/deep/b_mask.png", "c.png"});
  CHECK(masks.of("x/a.jpg") == "x/a.png");
  CHECK(masks.of("x/deep/b.jpg") == "x/deep/b_mask.png");
  CHECK(masks.of("a.jpg") == "");
  CHECK(masks.of("y/a.jpg") == "");
  CHECK(masks.of("x/c.jpg") == "");
}

TEST_CASE("the exact stem comes before a suffix, and PNG before other formats") {
  CHECK(Masks({"a.png", "a_mask.png"}).of("a.jpg") == "a.png");
  CHECK(Masks({"a.jpg", "a_mask.png"}).of("a.jpg") == "a.jpg");
  CHECK(Masks({"a.jpg", "a.png", "a.webp"}).of("a.jpg") == "a.png");
  CHECK(Masks({"a-mask.jpg", "a_mask.png"}).of("a.tif") == "a_mask.png");
  CHECK(Masks({"a_mask.jpg", "a.mask.webp", "a-mask.tif"}).of("a.png") == "a-mask.tif");  // the first by name
}

TEST_CASE("a picture whose own name ends in mask finds the mask of that name") {
  const Masks masks({"a_mask.png", "a_mask_mask.png"});
  CHECK(masks.of("a_mask.jpg") == "a_mask.png");
  CHECK(masks.of("a.jpg") == "a_mask.png");
}

TEST_CASE("dots in names are no extensions") {
  const Masks masks({"IMG.2024.01.png"});
  CHECK(masks.of("IMG.2024.01.jpg") == "IMG.2024.01.png");
  CHECK(masks.of("IMG.2024.02.jpg") == "");
}

TEST_CASE("files of other kinds in a directory of masks are passed over") {
  const Masks masks({"a.txt", "a.json", "b.png"});
  CHECK(masks.of("a.jpg") == "");
  CHECK(masks.of("b.jpg") == "b.png");
}

TEST_CASE("a directory may be given with a slash at its end or through a link") {
  const ScratchFolder folder;
  write_file(folder / "masks/x/a.png", "");
  fs::create_directory_symlink(folder / "masks", folder / "link");
  for (const std::string& path : {folder / "masks/", folder / "link"}) {
    Companion companion(path);
    companion.prepare_pictures("--mask");
    CHECK(companion.find("x/a.jpg").value_or("") == (fs::path(path) / "x/a.png").string());
  }
}

TEST_CASE("a missing mask is the picture's own failure and says what was looked for") {
  const Masks masks({"x/a.png"});
  Notes notes;
  const std::string message = message_of<ItemError>([&] { masks.companion.mask_for("x/b.jpg", {}, notes); });
  CHECK(message == "--mask: '" + masks.folder / "masks" + "' has nothing for it (looked for x/b.*)");
}

TEST_CASE("a single file serves every picture") {
  const ScratchFolder folder;
  write_mask(folder / "m.png", drawn_mask({"..##", "...#"}));
  Companion companion(folder / "m.png");
  companion.prepare_pictures("--mask");
  Notes notes;
  CHECK(companion.find("x/a.jpg").value_or("") == folder / "m.png");
  CHECK(drawing(companion.mask_for("x/a.jpg", {}, notes)) == rows({"..##", "...#"}));
  fs::remove(folder / "m.png");  // decoded once, so the next picture does not miss it
  CHECK(drawing(companion.mask_for("y/b.jpg", {}, notes)) == rows({"..##", "...#"}));
}

TEST_CASE("each picture of a directory gets its own mask") {
  const ScratchFolder folder;
  write_mask(folder / "masks/a.png", drawn_mask({"#."}));
  write_mask(folder / "masks/b.png", drawn_mask({".#"}));
  Companion companion(folder / "masks");
  companion.prepare_pictures("--mask");
  Notes notes;
  CHECK(drawing(companion.mask_for("a.jpg", {}, notes)) == rows({"#."}));
  CHECK(drawing(companion.mask_for("b.jpg", {}, notes)) == rows({".#"}));
}

TEST_CASE("a mask that is no picture names itself and the option") {
  const ScratchFolder folder;
  write_file(folder / "m.png", "no picture");
  Companion companion(folder / "m.png");
  companion.prepare_pictures("--mask");
  Notes notes;
  const std::string message = message_of<ItemError>([&] { companion.mask_for("a.jpg", {}, notes); });
  CHECK(message.starts_with("--mask " + folder / "m.png" + ": "));
  CHECK(missing_of(message, {"not a picture"}) == "");
}

TEST_CASE("a broken mask does not put its picture at fault") {
  const ScratchFolder folder;
  write_file(folder / "m.png", "no picture");
  Companion companion(folder / "m.png");
  companion.prepare_pictures("--mask");
  Notes notes;
  try {
    companion.mask_for("a.jpg", {}, notes);
    FAIL("it was taken");
  } catch (const ItemError& error) {
    CHECK(error.cause() == ItemError::Cause::other);
  }
}

TEST_CASE("a companion that does not exist is refused before any work") {
  const ScratchFolder folder;
  Companion companion(folder / "none");
  CHECK(message_of<SpecError>([&] { companion.prepare_pictures("--union"); }) ==
        "--union: no such file or directory: '" + folder / "none" + "'");
}

TEST_CASE("a directory without a usable file is refused before any work") {
  const ScratchFolder folder;
  write_file(folder / "masks/readme.txt", "");
  Companion companion(folder / "masks");
  CHECK(message_of<SpecError>([&] {
          companion.prepare("--strokes", {"json", "txt2"});
        }) == "--strokes: '" + folder / "masks" + "' holds no usable file (json, txt2)");
}

TEST_CASE("a directory that cannot be walked is refused before any work") {
  const ScratchFolder folder;
  write_file(folder / "masks/a.png", "");
  fs::create_symlink("b.png", folder / "masks/b.png");
  Companion companion(folder / "masks");
  CHECK(message_of<SpecError>([&] { companion.prepare_pictures("--mask"); }) ==
        "--mask: '" + folder / "masks" + "' cannot be listed: Too many levels of symbolic links");
}

TEST_CASE("a mask of the picture's size is taken as it is, whether or not others are scaled") {
  const Mask mask = drawn_mask({"#5.", "..#"});
  for (const bool resize : {false, true})
    CHECK(drawing(fit_mask(mask, flat_picture(3, 2, 9, 9, 9), resize)) == drawing(mask));
}

TEST_CASE("a mask of another size is refused with both sizes and the cure") {
  const std::string message =
      message_of<ItemError>([] { fit_mask(Mask(20, 10), painted_picture(40, 30), false, "; do this"); });
  CHECK(missing_of(message, {"20 × 10", "40 × 30", "; do this"}) == "");
  CHECK_THROWS_AS(fit_mask(Mask(40, 29), painted_picture(40, 30), false), ItemError);
  CHECK_THROWS_AS(fit_mask(Mask(39, 30), painted_picture(40, 30), false), ItemError);
}

TEST_CASE("a mask of another size is scaled if asked to") {
  const Image picture = flat_picture(4, 2, 9, 9, 9);
  // Halved: each pixel is the mean of the four that it covers.
  const Mask small = fit_mask(drawn_mask({"####....", "####....", "##......", "##......"}), picture, true);
  CHECK(drawing(small) == rows({"##..", "#..."}));
  const Mask large = fit_mask(drawn_mask({"#."}), picture, true);
  CHECK(large.width() == 4);
  CHECK(large.height() == 2);
  CHECK(large.values().at<uint8_t>(0, 0) == 255);
  CHECK(large.values().at<uint8_t>(1, 3) == 0);
}

TEST_CASE("read_file reads all bytes, zeros and all") {
  const ScratchFolder folder;
  const std::string text = std::string("a\0b\n", 4) + std::string(200'000, 'x');
  write_file(folder / "f", text);
  const Bytes bytes = read_file(folder / "f");
  CHECK(std::string(bytes.begin(), bytes.end()) == text);
  write_file(folder / "empty", "");
  CHECK(read_file(folder / "empty").empty());
}

TEST_CASE("read_file says why it cannot") {
  const ScratchFolder folder;
  CHECK(message_of<ItemError>([&] { read_file(folder / "none"); }) == "cannot read: No such file or directory");
  CHECK(message_of<ItemError>([&] { read_file(folder.path().string()); }) == "cannot read: Is a directory");
}

TEST_CASE("a file's identity changes with its size and with its time, and is empty without a file") {
  const ScratchFolder folder;
  const std::string file = folder / "f";
  write_file(file, "abc");
  const auto time = fs::last_write_time(file);
  const std::string before = file_identity(file);
  CHECK(before.starts_with("3:"));
  CHECK(file_identity(file) == before);
  write_file(file, "abcd");
  fs::last_write_time(file, time);
  CHECK(file_identity(file) != before);
  write_file(file, "abd");
  fs::last_write_time(file, time + std::chrono::nanoseconds(1000));
  CHECK(file_identity(file) != before);
  CHECK(file_identity(folder / "none") == "");
}

}  // namespace inpaint::test
