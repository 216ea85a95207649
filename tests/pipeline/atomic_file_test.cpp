#include "pipeline/atomic_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "core/error.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {
namespace fs = std::filesystem;

void write_text(const std::string& path, const std::string& text) {
  write_atomically(path, std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

// Holds the lock of a file, as the process that writes it does.
class Locked {
 public:
  explicit Locked(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    REQUIRE(flock(fd_, LOCK_EX | LOCK_NB) == 0);
  }
  ~Locked() { ::close(fd_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  int fd_;
};

}  // namespace

TEST_CASE("a file is written whole, and nothing beside it is left") {
  const ScratchFolder folder;
  const std::string text = std::string("a\0b", 3) + std::string(100'000, 'x');
  write_text(folder / "f", text);
  CHECK(file_text(folder / "f") == text);
  write_text(folder / "empty", "");
  CHECK(fs::file_size(folder / "empty") == 0);
  CHECK(files_below(folder.path().string()) == Words{"empty", "f"});
}

TEST_CASE("a file that was there is replaced, also by a shorter one") {
  const ScratchFolder folder;
  write_text(folder / "f", "a long first version");
  write_text(folder / "f", "short");
  CHECK(file_text(folder / "f") == "short");
  CHECK(files_below(folder.path().string()) == Words{"f"});
}

TEST_CASE("who has the old file open keeps reading the old file") {
  const ScratchFolder folder;
  write_text(folder / "f", "old");
  const int fd = ::open((folder / "f").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  write_text(folder / "f", "new");
  char text[8] = {};
  CHECK(::read(fd, text, sizeof text) == 3);
  CHECK(std::string(text) == "old");
  ::close(fd);
}

TEST_CASE("folders are made as needed") {
  const ScratchFolder folder;
  write_text(folder / "a/b/c/f", "x");
  CHECK(file_text(folder / "a/b/c/f") == "x");
  CHECK(files_below(folder.path().string()) == Words{"a/b/c/f"});
}

TEST_CASE("a name without folder is written into the current one") {
  const ScratchFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_text("f", "x");
  fs::current_path(before);
  CHECK(file_text(folder / "f") == "x");
}

TEST_CASE("a new file has the rights that the process gives to any") {
  const ScratchFolder folder;
  write_file(folder / "plain", "");
  write_text(folder / "f", "x");
  CHECK(fs::status(folder / "f").permissions() == fs::status(folder / "plain").permissions());
}

TEST_CASE("a target that is a directory fails, names it, and leaves nothing") {
  const ScratchFolder folder;
  fs::create_directories(folder / "f");
  CHECK(message_of<ItemError>([&] { write_text(folder / "f", "x"); }) ==
        "cannot write '" + folder / "f" + "': Is a directory");
  CHECK(fs::is_directory(folder / "f"));
  CHECK(files_below(folder.path().string()).empty());
}

TEST_CASE("a folder that cannot be made fails and names it") {
  const ScratchFolder folder;
  write_file(folder / "a", "");
  CHECK(missing_of(message_of<ItemError>([&] { write_text(folder / "a/b/f", "x"); }),
                   {"cannot make the folder '" + folder / "a/b" + "'"}) == "");
  CHECK(files_below(folder.path().string()) == Words{"a"});
}

TEST_CASE("a failure to write is worth another try") {
  const ScratchFolder folder;
  fs::create_directories(folder / "f");
  try {
    write_text(folder / "f", "x");
    FAIL("it was written");
  } catch (const ItemError& error) {
    CHECK(error.cause() == ItemError::Cause::other);
  }
}

TEST_CASE("temporary files that a killed process left are removed, and nothing else") {
  const ScratchFolder folder;
  for (const std::string file : {".0123-0.inpaint-tmp", "photo.jpg", ".hidden", "mine.inpaint-tmp",
                                 ".x.inpaint-tmp.jpg", "deeper/.0-0.inpaint-tmp"}) {
    write_file(folder / file, "x");
  }
  remove_stale_temporaries(folder.path().string());
  CHECK(files_below(folder.path().string()) ==
        Words{".hidden", ".x.inpaint-tmp.jpg", "deeper/.0-0.inpaint-tmp", "mine.inpaint-tmp", "photo.jpg"});
}

TEST_CASE("temporary files that are still being written stay") {
  const ScratchFolder folder;
  write_file(folder / ".live-0.inpaint-tmp", "x");
  write_file(folder / ".dead-0.inpaint-tmp", "x");
  {
    const Locked writer(folder / ".live-0.inpaint-tmp");
    remove_stale_temporaries(folder.path().string());
    CHECK(files_below(folder.path().string()) == Words{".live-0.inpaint-tmp"});
  }
  remove_stale_temporaries(folder.path().string());
  CHECK(files_below(folder.path().string()).empty());
}

TEST_CASE("cleaning a folder that is not there does nothing") {
  const ScratchFolder folder;
  CHECK_NOTHROW(remove_stale_temporaries(folder / "none"));
}

TEST_CASE("many threads that write one path leave one whole version") {
  const ScratchFolder folder;
  const std::string path = folder / "f";
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&path, i] {
      const std::string text(50'000 + static_cast<size_t>(i), static_cast<char>('a' + i));
      for (int round = 0; round < 5; ++round) write_text(path, text);
    });
  }
  writers.clear();
  const std::string text = file_text(path);
  REQUIRE(text.size() >= 50'000);
  CHECK(text == std::string(50'000 + static_cast<size_t>(text[0] - 'a'), text[0]));
  CHECK(files_below(folder.path().string()) == Words{"f"});
}

TEST_CASE("cleaning beside writers costs none of them a file") {
  const ScratchFolder folder;
  std::atomic<bool> writing{true};
  std::atomic<int> failures{0};
  std::vector<std::jthread> cleaners, writers;
  for (int i = 0; i < 2; ++i) {
    cleaners.emplace_back([&] {
      while (writing) remove_stale_temporaries(folder.path().string());
    });
  }
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&, i] {
      for (int round = 0; round < 300; ++round) {
        try {
          write_text(folder / fmt::format("{}-{}", i, round), "x");
        } catch (const ItemError&) {
          ++failures;
        }
      }
    });
  }
  writers.clear();
  writing = false;
  cleaners.clear();
  CHECK(failures == 0);
  CHECK(files_below(folder.path().string()).size() == 900);
}

}  // namespace inpaint::test
