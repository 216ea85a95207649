#include "pipeline/source.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "core/error.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {
namespace fs = std::filesystem;

// Goes to a folder and comes back at the end.
class WorkingFolder {
 public:
  explicit WorkingFolder(const fs::path& folder) : before_(fs::current_path()) { fs::current_path(folder); }
  ~WorkingFolder() { fs::current_path(before_); }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

 private:
  fs::path before_;
};

const std::string png_head = "\x89PNG\r\n\x1a\n";

void touch(const ScratchFolder& folder, const Words& files) {
  for (const std::string& file : files) write_file(folder / file, "");
}

// "rel" of each item of these inputs.
Words rels(const Words& inputs) {
  Words out;
  for (const SourceItem& item : FileSource(inputs).list()) out.push_back(item.rel);
  return out;
}

Words locations(const Words& inputs) {
  Words out;
  for (const SourceItem& item : FileSource(inputs).list()) out.push_back(item.location);
  return out;
}

std::string refused(const Words& inputs) {
  return message_of<SpecError>([&] { FileSource(inputs).list(); });
}

}  // namespace

TEST_CASE("a directory lists its pictures in the order of their paths, whatever the order on disk") {
  const ScratchFolder folder;
  touch(folder,
        {"in/z.jpg", "in/b/2.png", "in/a.webp", "in/b/1.tif", "in/b/c/x.avif", "in/B.heic", "in/10.jpeg", "in/9.JPG"});
  const Words expected = {"10.jpeg", "9.JPG", "B.heic", "a.webp", "b/1.tif", "b/2.png", "b/c/x.avif", "z.jpg"};
  CHECK(rels({folder / "in"}) == expected);
  CHECK(rels({folder / "in/"}) == expected);
  CHECK(locations({folder / "in"}).at(5) == folder / "in/b/2.png");
}

TEST_CASE("the current directory is an input like any other") {
  const ScratchFolder folder;
  touch(folder, {"x/a.jpg", "b.jpg"});
  const WorkingFolder here(folder.path());
  CHECK(rels({"."}) == Words{"b.jpg", "x/a.jpg"});
  CHECK(rels({"x/.."}) == Words{"b.jpg", "x/a.jpg"});
}

TEST_CASE("hidden files and folders are skipped") {
  const ScratchFolder folder;
  touch(folder, {"in/a.jpg", "in/.b.jpg", "in/.cache/c.jpg", "in/x/.d/e.jpg", "in/x/f.jpg"});
  CHECK(rels({folder / "in"}) == Words{"a.jpg", "x/f.jpg"});
}

TEST_CASE("a hidden folder that is named is listed") {
  const ScratchFolder folder;
  touch(folder, {".in/a.jpg", ".b.jpg"});
  CHECK(rels({folder / ".in", folder / ".b.jpg"}) == Words{"a.jpg", ".b.jpg"});
}

TEST_CASE("a file is a picture by its content where its name says nothing, and else passed over") {
  const ScratchFolder folder;
  write_file(folder / "in/noname", png_head);
  write_file(folder / "in/photo.dat", "\xff\xd8\xff and more");
  write_file(folder / "in/readme.txt", "hello");
  write_file(folder / "in/x/empty", "");
  write_file(folder / "in/broken.jpg", "hello");  // by name; decoding will tell
  FileSource source({folder / "in"});
  Words found;
  for (const SourceItem& item : source.list()) found.push_back(item.rel);
  CHECK(found == Words{"broken.jpg", "noname", "photo.dat"});
  CHECK(source.passed_over() == Words{folder / "in/readme.txt", folder / "in/x/empty"});
  source.list();
  CHECK(source.passed_over().size() == 2);
}

TEST_CASE("a file that is named is taken whatever it is") {
  const ScratchFolder folder;
  write_file(folder / "x/readme.txt", "hello");
  CHECK(rels({folder / "x/readme.txt"}) == Words{"readme.txt"});
}

TEST_CASE("several inputs come in the order given, each relative to its own root") {
  const ScratchFolder folder;
  touch(folder, {"b/1.jpg", "b/2.jpg", "a/3.jpg", "c/4.jpg"});
  CHECK(rels({folder / "b", folder / "c/4.jpg", folder / "a"}) == Words{"1.jpg", "2.jpg", "4.jpg", "3.jpg"});
}

TEST_CASE("links to files and folders are followed") {
  const ScratchFolder folder;
  touch(folder, {"real/deep/a.jpg", "in/b.jpg"});
  fs::create_directory_symlink(folder / "real", folder / "in/link");
  fs::create_symlink(folder / "real/deep/a.jpg", folder / "in/c.jpg");
  fs::create_symlink(folder / "nowhere", folder / "in/dangling.jpg");
  CHECK(rels({folder / "in"}) == Words{"b.jpg", "c.jpg", "link/deep/a.jpg"});
}

TEST_CASE("links that form a circle are refused instead of followed for ever") {
  const ScratchFolder folder;
  touch(folder, {"in/a.jpg"});
  fs::create_directory_symlink(folder / "in", folder / "in/again");
  CHECK(missing_of(refused({folder / "in"}),
                   {"'" + folder / "in/again/again", "': cannot be listed: Too many levels of symbolic links"}) == "");
}

TEST_CASE("a link to itself is refused by its name") {
  const ScratchFolder folder;
  touch(folder, {"in/a.jpg", "in/z.jpg"});
  fs::create_symlink("me.jpg", folder / "in/me.jpg");
  CHECK(refused({folder / "in"}) ==
        "'" + folder / "in/me.jpg" + "': cannot be listed: Too many levels of symbolic links");
}

TEST_CASE("a directory without pictures is refused") {
  const ScratchFolder folder;
  write_file(folder / "in/readme.txt", "hello");
  CHECK(missing_of(refused({folder / "in"}), {"no pictures in '" + folder / "in" + "'", "jpeg, png"}) == "");
  fs::create_directories(folder / "empty");
  CHECK(refused({folder / "empty"}).starts_with("no pictures in"));
}

TEST_CASE("an input that does not exist is refused") {
  const ScratchFolder folder;
  CHECK(refused({folder / "none.jpg"}) == "no such file or directory: '" + folder / "none.jpg" + "'");
  CHECK(refused({""}) == "no such file or directory: ''");
}

TEST_CASE("a star matches within one folder, a question mark one letter, brackets a set") {
  const ScratchFolder folder;
  touch(folder, {"in/a1.jpg", "in/a2.jpg", "in/a10.jpg", "in/b1.jpg", "in/a1.png", "in/x/a1.jpg"});
  CHECK(rels({folder / "in/*.jpg"}) == Words{"a1.jpg", "a10.jpg", "a2.jpg", "b1.jpg"});
  CHECK(rels({folder / "in/a?.jpg"}) == Words{"a1.jpg", "a2.jpg"});
  CHECK(rels({folder / "in/[b-z]*"}) == Words{"b1.jpg"});
  CHECK(rels({folder / "in/*/*.jpg"}) == Words{"x/a1.jpg"});
  CHECK(locations({folder / "in/*.png"}) == Words{folder / "in/a1.png"});
}

TEST_CASE("two stars match any depth of folders, none included") {
  const ScratchFolder folder;
  touch(folder, {"in/a.jpg", "in/x/b.jpg", "in/x/y/c.jpg", "in/x/y/d.png", "other/e.jpg"});
  CHECK(rels({folder / "in/**/*.jpg"}) == Words{"a.jpg", "x/b.jpg", "x/y/c.jpg"});
  CHECK(rels({folder / "in/**/y/*"}) == Words{"x/y/c.jpg", "x/y/d.png"});
  CHECK(rels({folder / "**/e.jpg"}) == Words{"other/e.jpg"});
  CHECK(rels({folder / "in/x/**"}) == Words{"b.jpg", "y/c.jpg", "y/d.png"});
}

TEST_CASE("relative globs start in the current directory") {
  const ScratchFolder folder;
  touch(folder, {"in/a.jpg", "in/x/b.jpg", "c.jpg"});
  const WorkingFolder here(folder.path() / "in");
  CHECK(rels({"*.jpg"}) == Words{"a.jpg"});
  CHECK(rels({"./*.jpg"}) == Words{"a.jpg"});
  CHECK(rels({"**/*.jpg"}) == Words{"a.jpg", "x/b.jpg"});
  CHECK(rels({"x/*.jpg"}) == Words{"b.jpg"});
  CHECK(rels({"../*.jpg"}) == Words{"c.jpg"});
  CHECK(rels({"x/../*.jpg"}) == Words{"a.jpg"});
  CHECK(rels({"*/b.jpg"}) == Words{"x/b.jpg"});
}

TEST_CASE("globs skip hidden files") {
  const ScratchFolder folder;
  touch(folder, {"in/.a.jpg", "in/.x/b.jpg", "in/c.jpg"});
  CHECK(rels({folder / "in/*.jpg"}) == Words{"c.jpg"});
  CHECK(rels({folder / "in/**/*.jpg"}) == Words{"c.jpg"});
}

TEST_CASE("a glob that matches nothing is refused") {
  const ScratchFolder folder;
  touch(folder, {"in/a.jpg"});
  CHECK(refused({folder / "in/*.png"}) == "nothing matches '" + folder / "in/*.png" + "'");
  CHECK(refused({folder / "none/*.png"}) == "nothing matches '" + folder / "none/*.png" + "'");
}

TEST_CASE("a file whose name looks like a glob or a list is still that file") {
  const ScratchFolder folder;
  touch(folder, {"a[1].jpg", "a1.jpg", "@b.jpg"});
  CHECK(rels({folder / "a[1].jpg"}) == Words{"a[1].jpg"});
  const WorkingFolder here(folder.path());
  CHECK(rels({"@b.jpg"}) == Words{"@b.jpg"});
}

TEST_CASE("a list names files, with blank lines and comments, relative to their common folder") {
  const ScratchFolder folder;
  touch(folder, {"shoot/x/a.jpg", "shoot/y/z/b.jpg", "shoot/c d.jpg"});
  write_file(folder / "list.txt", "# the good ones\n" + folder / "shoot/x/a.jpg" + "\n\n  " +
                                      folder / "shoot/y/../y/z/b.jpg" + "  \r\n" + folder / "shoot/c d.jpg");
  CHECK(rels({"@" + folder / "list.txt"}) == Words{"x/a.jpg", "y/z/b.jpg", "c d.jpg"});
  CHECK(locations({"@" + folder / "list.txt"}).at(2) == folder / "shoot/c d.jpg");
}

TEST_CASE("relative names in a list start in the current directory, not beside the list") {
  const ScratchFolder folder;
  touch(folder, {"x/a.jpg", "x/b.jpg"});
  write_file(folder / "lists/list.txt", "x/a.jpg\n./x/b.jpg\n");
  const WorkingFolder here(folder.path());
  CHECK(rels({"@lists/list.txt"}) == Words{"a.jpg", "b.jpg"});
}

TEST_CASE("a list of one file names it without folders") {
  const ScratchFolder folder;
  touch(folder, {"shoot/x/a.jpg"});
  write_file(folder / "list.txt", folder / "shoot/x/a.jpg" + "\n");
  CHECK(rels({"@" + folder / "list.txt"}) == Words{"a.jpg"});
}

TEST_CASE("a common folder is whole names, not a common beginning of letters") {
  const ScratchFolder folder;
  touch(folder, {"shoot1/a.jpg", "shoot2/a.jpg"});
  write_file(folder / "list.txt", folder / "shoot1/a.jpg" + "\n" + folder / "shoot2/a.jpg" + "\n");
  CHECK(rels({"@" + folder / "list.txt"}) == Words{"shoot1/a.jpg", "shoot2/a.jpg"});
}

TEST_CASE("a list that is wrong is refused with its line") {
  const ScratchFolder folder;
  touch(folder, {"a.jpg"});
  const std::string list = folder / "list.txt";
  CHECK(refused({"@" + list}) == "the list '" + list + "' cannot be read");
  write_file(list, "\n# only a comment\n");
  CHECK(refused({"@" + list}) == "the list '" + list + "' names no file");
  write_file(list, folder / "a.jpg" + "\n\n" + folder / "gone.jpg" + "\n");
  CHECK(refused({"@" + list}) == list + ":3: no such file: '" + folder / "gone.jpg" + "'");
  write_file(list, folder / "a.jpg" + "\n" + folder.path().string() + "\n");
  CHECK(refused({"@" + list}) == list + ":2: '" + folder.path().string() + "' is a directory; a list names files");
}

TEST_CASE("a picture's head, bytes and identity are those of its file") {
  const ScratchFolder folder;
  const std::string text = png_head + std::string(100, 'x');
  write_file(folder / "a.png", text);
  FileSource source({folder / "a.png"});
  const SourceItem item = source.list().at(0);
  const Bytes head = source.read_head(item), whole = source.read(item);
  CHECK(std::string(head.begin(), head.end()) == text.substr(0, sniff_size));
  CHECK(std::string(whole.begin(), whole.end()) == text);
  const std::string identity = source.identity(item);
  CHECK(identity.starts_with("108:"));
  write_file(folder / "a.png", text + "y");
  CHECK(source.identity(item) != identity);
}

TEST_CASE("a picture that vanished after it was listed fails alone") {
  const ScratchFolder folder;
  touch(folder, {"a.png"});
  FileSource source({folder / "a.png"});
  const SourceItem item = source.list().at(0);
  fs::remove(folder / "a.png");
  CHECK(source.read_head(item).empty());
  CHECK(source.identity(item) == "");
  CHECK(message_of<ItemError>([&] { source.read(item); }) == "cannot read: No such file or directory");
}

}  // namespace inpaint::test
