// The store of models: what a name means, where its files lie, and whether they are what the card says.
#include "nn/models.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "core/checksum.h"
#include "core/error.h"
#include "nn/model_bytes.h"
#include "nn/verified.h"
#include "support.h"

namespace inpaint::test {
namespace {

namespace fs = std::filesystem;

// A store of its own, for one test.
class Store : public ScratchFolder {
 public:
  Store() {
    setenv("INPAINT_MODELS", (*this / "store").c_str(), 1);
    unsetenv("INPAINT_MODELS_MIRROR");
  }
  ~Store() { unsetenv("INPAINT_MODELS"); }
};

std::string card_text(const std::string& name, const std::string& file, const std::string& facts = "") {
  return "name: " + name + "\ntasks: [remove-bg]\ndriver: onnx\nfiles:\n  - name: " + file + "\n" + facts;
}

std::string checked_card(const std::string& name, const std::string& content) {
  const ScratchFolder folder;
  write_file(folder / "x", content);
  return card_text(name, "net.onnx",
                   "    url: https://example.org/net.onnx\n    size: " + std::to_string(content.size()) +
                       "\n    md5: " + file_checksums(folder / "x", true, false).md5 + "\nlicence: MIT\n");
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const SpecError& error) {
    return std::string("asked wrongly: ") + error.what();
  } catch (const MissingError& error) {
    return std::string("missing: ") + error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string content = "\x08\x06\x12\x04made" + std::string(1000, 'n');

void touch(const std::string& path, time_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("the store lies where the environment says") {
  const Store store;
  CHECK(models_folder() == store / "store");
  setenv("INPAINT_MODELS", "/srv/models/", 1);
  CHECK(models_folder() == "/srv/models");
  unsetenv("INPAINT_MODELS");
  setenv("XDG_DATA_HOME", "/data", 1);
  CHECK(models_folder() == "/data/inpaint/models");
  unsetenv("XDG_DATA_HOME");
  CHECK(models_folder() == std::string(getenv("HOME")) + "/.local/share/inpaint/models");
}

TEST_CASE("a model is found by name, folder and file") {
  const Store store;
  CHECK(find_card("big-lama").files[0].name == "big-lama.pt");
  CHECK(file_path(find_card("big-lama")) == store / "store/big-lama/big-lama.pt");

  write_file(store / "own/card.yaml", card_text("own-net", "net.onnx"));
  const Card by_folder = find_card(store / "own");
  CHECK(by_folder.name == "own-net");
  CHECK(file_path(by_folder) == store / "own/net.onnx");
  write_file(store / "own/net.onnx", content);
  CHECK(find_card(store / "own/net.onnx").name == "own-net");

  write_file(store / "own/other.onnx", content);
  write_file(store / "own/other.onnx.yaml", card_text("other-net", "other.onnx"));
  CHECK(find_card(store / "own/other.onnx").name == "other-net");

  write_file(store / "downloads/big-lama.pt", torchscript_zip());
  const Card by_file = find_card(store / "downloads/big-lama.pt");
  CHECK(by_file.name == "big-lama");
  CHECK(file_path(by_file) == store / "downloads/big-lama.pt");
}

TEST_CASE("a card in the store wins over the one that ships, and makes new names") {
  const Store store;
  write_file(store / "store/big-lama/card.yaml", card_text("big-lama", "mine.onnx"));
  write_file(store / "store/shop/card.yaml", card_text("shop", "shop.onnx"));
  CHECK(find_card("big-lama").files[0].name == "mine.onnx");
  CHECK(find_card("shop").files[0].name == "shop.onnx");
  int found = 0;
  for (const Card& card : known_cards()) found += card.name == "shop" || card.files[0].name == "mine.onnx";
  CHECK(found == 2);
}

TEST_CASE("a broken card in the store hides no other model") {
  const Store store;
  write_file(store / "store/broken/card.yaml", "name: broken\n");
  CHECK(known_cards().size() == shipped_cards().size());
  CHECK(find_card("u2netp").name == "u2netp");
  CHECK(contains(refusal([] { find_card("broken"); }), "tasks"));
}

TEST_CASE("what cannot be found is answered with what was meant") {
  const Store store;
  CHECK(contains(refusal([] { find_card("bigl-lama"); }),
                 "asked wrongly: unknown model 'bigl-lama' (did you mean 'big-lama'?)"));
  CHECK(contains(refusal([] { find_card("./gone.onnx"); }), "no such file or folder"));
  CHECK(contains(refusal([] { find_card("gone.safetensors"); }), "no such file or folder"));
  fs::create_directories(store / "empty");
  CHECK(contains(refusal([&] { find_card(store / "empty"); }), "holds no card.yaml"));
  write_file(store / "x/net.onnx", content);
  const std::string error = refusal([&] { find_card(store / "x/net.onnx"); });
  CHECK(contains(error, "asked wrongly"));
  CHECK(contains(error, "inpaint models inspect"));
  write_file(store / "x/net.onnx.yaml", card_text("x", "another.onnx"));
  CHECK(contains(refusal([&] { find_card(store / "x/net.onnx"); }), "none of them is net.onnx"));
}

TEST_CASE("an absent file is told with place, size, licence and cure") {
  const Store store;
  const std::string error = refusal([] { verified_file(find_card("big-lama")); });
  CAPTURE(error);
  CHECK(contains(error, "missing: model big-lama: " + store / "store/big-lama/big-lama.pt" + " is not there"));
  CHECK(contains(error, "'inpaint models pull big-lama' fetches it (205.7 MB, Apache-2.0)"));
  const std::string own = refusal([] { verified_file(find_card("sam"), "encoder"); });
  CHECK(contains(own, "put it there yourself"));
  CHECK(!contains(own, "pull"));
  CHECK(file_state(find_card("big-lama")) == FileState::absent);
}

TEST_CASE("a file is checked against its card") {
  const Store store;
  const std::string path = store / "store/net/net.onnx";
  write_file(store / "store/net/card.yaml", checked_card("net", content));
  const Card card = find_card("net");

  write_file(path, content);
  CHECK(file_state(card) == FileState::unverified);
  CHECK(verified_file(card) == path);
  CHECK(file_state(card) == FileState::present);
  CHECK(model_checksum(card) == "md5:" + card.files[0].md5);

  write_file(path, content.substr(0, 600));
  CHECK(file_state(card) == FileState::damaged);
  std::string error = refusal([&] { verified_file(card); });
  CAPTURE(error);
  CHECK(contains(error, "600 bytes instead of " + std::to_string(content.size()) + " (truncated?)"));
  CHECK(contains(error, "'inpaint models pull net' fetches it anew"));

  std::string changed = content;
  changed[500] = 'x';
  write_file(path, changed);
  error = refusal([&] { verified_file(card); });
  CHECK(contains(error, "MD5 " + file_checksums(path, true, false).md5 + " instead of " + card.files[0].md5));
  CHECK(contains(error, "pull net"));
  CHECK(file_state(card) == FileState::damaged);
  CHECK_THROWS_AS(model_checksum(card), MissingError);

  fs::remove(path);
  fs::create_directory(path);
  CHECK(contains(refusal([&] { verified_file(card); }), "expected a file"));
}

TEST_CASE("a pickle is refused with the way to convert it") {
  const Store store;
  write_file(store / "net/card.yaml", card_text("net", "net.pth"));
  for (const std::string& bytes : {pickled_zip(), std::string("\x80\2}q\1.")}) {
    write_file(store / "net/net.pth", bytes);
    CHECK(contains(refusal([&] { verified_file(find_card(store / "net")); }), "examples/convert_weights.py"));
    CHECK(file_state(find_card(store / "net")) == FileState::damaged);
  }
  write_file(store / "alone.pth", pickled_zip());
  CHECK(contains(refusal([&] { find_card(store / "alone.pth"); }), "examples/convert_weights.py"));
  write_file(store / "net/net.pth", torchscript_zip());
  CHECK(verified_file(find_card(store / "net")) == store / "net/net.pth");
}

TEST_CASE("without a checksum in the card the content decides about the recipe") {
  const Store store;
  write_file(store / "net/card.yaml", card_text("net", "net.onnx"));
  write_file(store / "net/net.onnx", content);
  const Card card = find_card(store / "net");
  const std::string first = model_checksum(card);
  CHECK(first == "sha256:" + file_checksums(store / "net/net.onnx", false, true).sha256);
  write_file(store / "net/net.onnx", content + "more");
  CHECK(model_checksum(card) != first);
}

TEST_CASE("a file is hashed once, until path, size, time or inode change") {
  const Store store;
  const std::string path = store / "store/net/net.onnx";
  write_file(store / "store/net/card.yaml", checked_card("net", content));
  write_file(path, content);
  touch(path, 1000000000);
  const Card card = find_card("net");
  int hashed = files_hashed();
  const auto newly_hashed = [&] {
    verified_file(card);
    return files_hashed() - std::exchange(hashed, files_hashed());
  };
  CHECK(newly_hashed() == 1);
  CHECK(newly_hashed() == 0);
  touch(path, 1000000001);
  CHECK(newly_hashed() == 1);
  CHECK(newly_hashed() == 0);
  fs::copy_file(path, path + "2");  // another inode, the same size and time
  touch(path + "2", 1000000001);
  fs::rename(path + "2", path);
  CHECK(newly_hashed() == 1);
  CHECK(newly_hashed() == 0);
  fs::rename(store / "store", store / "moved");  // another path
  setenv("INPAINT_MODELS", (store / "moved").c_str(), 1);
  verified_file(find_card("net"));
  CHECK(files_hashed() - hashed == 1);
}

TEST_CASE("what another process finds out is known here; a damaged store only costs time") {
  const Store store;
  const std::string path = store / "store/net/net.onnx";
  write_file(store / "store/net/card.yaml", checked_card("net", content));
  write_file(path, content);
  const pid_t child = fork();
  if (child == 0) {
    verified_file(find_card("net"));
    _exit(0);
  }
  REQUIRE(waitpid(child, nullptr, 0) == child);
  const int hashed = files_hashed();
  verified_file(find_card("net"));
  CHECK(files_hashed() == hashed);
  const std::vector<std::string> damages{"", "{", "[1]", "{\"" + path + "\": 3}",
                                         "{\"" + path + "\": {\"stamp\": 1, \"md5\": 2}}"};
  for (const std::string& damage : damages) {
    write_file(store / "store/.verified.json", damage);
    CHECK(verified_file(find_card("net")) == path);
  }
  CHECK(files_hashed() == hashed + 5);
}

TEST_CASE("threads verify files at the same time and remember them all") {
  const Store store;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    const std::string name = "net" + std::to_string(i);
    write_file(store / ("store/" + name + "/card.yaml"), checked_card(name, content));
    write_file(store / ("store/" + name + "/net.onnx"), content);
    threads.emplace_back([name] { verified_file(find_card(name)); });
  }
  for (std::thread& thread : threads) thread.join();
  const int hashed = files_hashed();
  for (int i = 0; i < 8; ++i) verified_file(find_card("net" + std::to_string(i)));
  CHECK(files_hashed() == hashed);
  CHECK(files_below(store / "store").size() == 17);  // no temporary file stays
}

TEST_CASE("where a file is fetched from: its address, or a mirror") {
  const Store store;
  const Card card = find_card("u2netp"), sam = find_card("sam");
  CHECK(file_url(card) == card.files[0].url);
  CHECK(can_be_fetched(card));
  CHECK(file_url(sam, "encoder").empty());
  setenv("INPAINT_MODELS_MIRROR", "https://mirror.example/models/", 1);
  CHECK(file_url(card) == "https://mirror.example/models/u2netp/u2netp.onnx");
  CHECK(!can_be_fetched(sam, "encoder"));  // no checksum
  setenv("INPAINT_MODELS_MIRROR", "/srv/models", 1);
  CHECK(file_url(card) == "file:///srv/models/u2netp/u2netp.onnx");
  unsetenv("INPAINT_MODELS_MIRROR");
}

// A program's data folder with one file that ships, for one test.
class Shipped : public Store {
 public:
  Shipped() {
    setenv("INPAINT_DATA", (*this / "share").c_str(), 1);
    write_file(file(), content);
    card_.name = "own";
    card_.tasks = {"reconstruct"};
    card_.files = {{.name = "own.onnx",
                    .sha256 = file_checksums(file(), false, true).sha256,
                    .size = static_cast<int64_t>(content.size())}};
  }
  ~Shipped() { unsetenv("INPAINT_DATA"); }
  std::string file() const { return *this / "share/models/own.onnx"; }
  const Card& card() const { return card_; }

 private:
  Card card_;
};

TEST_CASE("weights that ship are found beside the program's data, unless the store has its own") {
  const Shipped shipped;
  const Card& card = shipped.card();
  CHECK(shipped_folders().front() == shipped / "share/models");
  CHECK(ships(card));
  CHECK(file_path(card) == shipped.file());
  CHECK(file_state(card) == FileState::shipped);
  CHECK(std::string(file_state_name(card_state(card))) == "ships with the program");
  CHECK(verified_file(card) == shipped.file());
  CHECK(file_state(card) == FileState::shipped);

  write_file(shipped / "store/own/own.onnx", content);
  CHECK(!ships(card));
  CHECK(file_path(card) == shipped / "store/own/own.onnx");
  CHECK(file_state(card) == FileState::unverified);
}

TEST_CASE("weights that ship are checked like any others") {
  const Shipped shipped;
  write_file(shipped.file(), content + "more");
  CHECK(file_state(shipped.card()) == FileState::damaged);
  CHECK(contains(refusal([&] { verified_file(shipped.card()); }), "bytes instead of"));
  std::string other = content;
  other[50] = 'm';
  write_file(shipped.file(), other);
  const std::string wrong = refusal([&] { verified_file(shipped.card()); });
  CHECK(contains(wrong, "it came with the program: install that again"));
  CHECK(file_state(shipped.card()) == FileState::damaged);
  fs::remove(shipped.file());
  CHECK(file_state(shipped.card()) == FileState::absent);
  const std::string absent = refusal([&] { verified_file(shipped.card()); });
  CHECK(contains(absent, shipped.file() + " is not there, though it ships with the program"));
  CHECK(contains(absent, "INPAINT_DATA"));
}

TEST_CASE("a program that is not installed finds the weights beside the cards, and they are what the cards say") {
  const Store store;
  CHECK(fs::equivalent(shipped_folders().back(), fs::path(INPAINT_SOURCE_DIR) / "configs/models"));
  for (const Card& card : shipped_cards()) {
    CAPTURE(card.name);
    for (const CardFile& file : card.files) {
      if (ships(card, file.role)) CHECK_NOTHROW(verified_file(card, file.role));
    }
  }
}

TEST_CASE("what does not ship is not looked for beside the program") {
  const Shipped shipped;
  Card published = shipped.card();
  published.files[0].url = "https://example.org/own.onnx";
  CHECK(file_path(published) == shipped / "store/own/own.onnx");
  Card unchecked = shipped.card();
  unchecked.files[0].sha256 = "";
  CHECK(file_path(unchecked) == shipped / "store/own/own.onnx");
  Card given = shipped.card();
  given.folder = shipped / "given";
  CHECK(file_path(given) == shipped / "given/own.onnx");
}

}  // namespace inpaint::test
