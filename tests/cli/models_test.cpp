// inpaint models: against a store of the test's own and a real local server.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/checksum.h"
#include "http_server.h"
#include "support.h"

namespace inpaint::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A store with the card of one network, "tiny", which a server publishes.
class Store : public ScratchFolder {
 public:
  explicit Store(const std::string& url = "http://127.0.0.1:1/tiny.onnx", const std::string& content = "nothing") {
    write_file(*this / "original", content);
    const Checksums sums = file_checksums(*this / "original", true, true);
    write_file(card(), fmt::format("name: tiny\ntasks: [remove-bg]\nsummary: Tiny\ndriver: onnx\nlicence: MIT\n"
                                   "commercial: true\nfiles:\n  - name: tiny.onnx\n    url: {}\n    md5: {}\n"
                                   "    sha256: {}\n    size: {}\n",
                                   url, sums.md5, sums.sha256, content.size()));
  }
  std::string card() const { return *this / "models/tiny/card.yaml"; }
  std::string file() const { return *this / "models/tiny/tiny.onnx"; }
  std::string setup(const std::string& more = "") const {
    return fmt::format("INPAINT_MODELS='{}' {} ", *this / "models", more);
  }
  RunResult run(std::vector<std::string> arguments, const std::string& more = "") const {
    arguments.insert(arguments.begin(), "models");
    return run_inpaint(arguments, setup(more));
  }
};

std::string content_of(size_t size) {
  std::string text = "\x08\x06\x12\x04made";
  for (uint32_t i = 1; text.size() < size; i = i * 1664525 + 1013904223) text += static_cast<char>(i >> 24);
  return text;
}

struct Stopped {
  size_t came = 0;
  int exit_code = -1;
  std::string err;
};

// Starts to pull "tiny", and sends the signal when so many bytes have come.
Stopped stop_pull(const Store& store, size_t bytes, int signal) {
  const std::string part = store.file() + ".part", err = store / "err";
  const pid_t child = fork();
  if (child == 0) {
    setenv("INPAINT_MODELS", (store / "models").c_str(), 1);
    if (freopen(err.c_str(), "w", stderr) == nullptr) _exit(126);
    execl(INPAINT_PROGRAM, "inpaint", "models", "pull", "tiny", nullptr);
    _exit(127);
  }
  std::error_code error;
  for (int i = 0; i < 3000 && (!fs::exists(part) || fs::file_size(part, error) < bytes); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(kill(child, signal) == 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return {fs::file_size(part), WIFEXITED(status) ? WEXITSTATUS(status) : -1, file_text(err)};
}

json entry_of(const json& list, const std::string& name) {
  for (const json& one : list) {
    if (one["name"] == name) return one;
  }
  return {};
}

}  // namespace

TEST_CASE("models are listed with licence and state, and filtered") {
  const Store store;
  const RunResult table = store.run({"list"});
  CHECK(table.exit_code == 0);
  CHECK(table.err.empty());
  CHECK(contains(table.out, "NAME"));
  CHECK(contains(table.out, "big-lama"));
  const json all = json::parse(store.run({"list", "--json"}).out);
  CHECK(all.size() == 14);
  const json lama = entry_of(all, "big-lama");
  CHECK(lama["tasks"] == json{"inpaint"});
  CHECK(lama["size"] == 205669692);
  CHECK(lama["licence"] == "Apache-2.0");
  CHECK(lama["commercial"] == true);
  CHECK(lama["state"] == "absent");
  const json fill = json::parse(store.run({"list", "--json", "--task", "inpaint"}).out);
  CHECK(fill.size() == 4);
  const json free = json::parse(store.run({"list", "--json", "--task", "inpaint", "--licence", "commercial"}).out);
  CHECK(free.size() == 3);
  CHECK(entry_of(free, "anime-manga-big-lama").is_null());
}

TEST_CASE("list models tells networks beside the models without weights") {
  const Store store;
  const json all = json::parse(run_inpaint({"list", "models", "--json"}, store.setup()).out);
  CHECK(entry_of(all, "patch")["kind"] == "built-in");
  const json tiny = entry_of(all, "tiny");
  CHECK(tiny["kind"] == "network");
  CHECK(tiny["task"] == "remove-bg");
  CHECK(tiny["licence"] == "MIT");
  CHECK(tiny["state"] == "absent");
}

TEST_CASE("a card is shown with the place of its file") {
  const Store store;
  const RunResult text = store.run({"show", "tiny"});
  CHECK(text.exit_code == 0);
  CHECK(contains(text.out, "driver: onnx"));
  CHECK(contains(text.out, store.file() + ": absent"));
  const json shown = json::parse(store.run({"show", "tiny", "--json"}).out);
  CHECK(shown["card"] == file_text(store.card()));
  CHECK(shown["files"][0]["path"] == store.file());
}

TEST_CASE("wrong words are answered with the nearest right one") {
  const Store store;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"lsit"}, "did you mean 'list'?"},
      {{"show", "u2nte"}, "did you mean 'u2net'?"},
      {{"list", "--task", "inpant"}, "did you mean 'inpaint'?"},
      {{"list", "--jsno"}, "did you mean '--json'?); 'inpaint models list --help'"},
      {{"pull"}, "expected names, or --all"},
      {{"pull", "tiny", "--all"}, "not both"},
      {{"pull", "tiny", "--timeout", "0"}, "expected 1 to 3600 seconds"},
      {{"pull", "anime-manga-big-lama", "--licence", "commercial"}, "not known to allow commercial use"},
      {{"remove"}, "NAME"}};
  for (const auto& [arguments, answer] : cases) {
    const RunResult result = store.run(arguments);
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(contains(result.err, answer));
  }
  CHECK(store.run({}).exit_code == 2);
}

TEST_CASE("a model is pulled, verified, hashed once, and removed") {
  const std::string content = content_of(200000);
  const HttpServer server([&](const HttpRequest& request) { return file_reply(request, content); });
  const Store store(server.url("/tiny.onnx"), content);
  const RunResult pulled = store.run({"pull", "tiny", "-v"});
  CHECK(pulled.exit_code == 0);
  CHECK(!contains(pulled.err, "checking its checksum"));  // known from the download
  CHECK(pulled.out == fmt::format("tiny: {} fetched (200.0 kB)\n", store.file()));
  CHECK(file_text(store.file()) == content);

  const RunResult again = store.run({"pull", "tiny", "-v", "--offline"});
  CHECK(again.out == fmt::format("tiny: {} is there\n", store.file()));
  CHECK(!contains(again.err, "checksum"));
  fs::last_write_time(store.file(), fs::last_write_time(store.file()) + std::chrono::seconds(5));
  CHECK(contains(store.run({"pull", "tiny", "-v"}).err, "checking its checksum"));
  CHECK(server.requests().size() == 1);
  CHECK(entry_of(json::parse(store.run({"list", "--json"}).out), "tiny")["state"] == "present");

  CHECK(contains(store.run({"verify"}).out, store.file() + " is right"));
  std::string damaged = content;
  damaged[1000] = static_cast<char>(damaged[1000] + 1);
  write_file(store.file(), damaged);
  const RunResult bad = store.run({"verify"});
  CHECK(bad.exit_code == 3);
  CHECK(contains(bad.err, "SHA-256"));
  CHECK(contains(bad.err, "'inpaint models pull tiny'"));
  CHECK(entry_of(json::parse(store.run({"list", "--json"}).out), "tiny")["state"] == "damaged");
  CHECK(store.run({"pull", "tiny"}).exit_code == 0);
  CHECK(file_text(store.file()) == content);

  CHECK(store.run({"remove", "tiny"}).out == "tiny: 200.0 kB freed\n");
  CHECK(!fs::exists(store.file()));
  CHECK(fs::exists(store.card()));
  CHECK(store.run({"verify"}).exit_code == 0);
  CHECK(store.run({"verify", "tiny"}).exit_code == 3);
}

TEST_CASE("files named by their path are neither replaced nor removed") {
  const Store store;
  write_file(store / "own/u2netp.onnx", content_of(100));
  for (const std::string command : {"pull", "remove"}) {
    const RunResult result = store.run({command, store / "own/u2netp.onnx"});
    CHECK(result.exit_code == 2);
    CHECK(contains(result.err, "expected the name of a model"));
  }
  CHECK(file_text(store / "own/u2netp.onnx") == content_of(100));
}

TEST_CASE("a pull that is killed goes on where it was") {
  const std::string content = content_of(2000000);
  std::atomic<double> speed{1000000};
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    reply.bytes_per_second = speed;
    return reply;
  });
  const Store store(server.url("/tiny.onnx"), content);
  const size_t came = stop_pull(store, 300000, SIGKILL).came;
  REQUIRE(came >= 300000);
  REQUIRE(came < content.size());
  CHECK(!fs::exists(store.file()));
  CHECK(entry_of(json::parse(store.run({"list", "--json"}).out), "tiny")["state"] == "absent");
  speed = 0;
  const size_t before = server.body_bytes();
  const RunResult rest = store.run({"pull", "tiny"});
  CHECK(rest.exit_code == 0);
  CHECK(file_text(store.file()) == content);
  CHECK(server.requests().back().header("range") == fmt::format("bytes={}-", came));
  CHECK(server.body_bytes() - before < content.size() - 290000);
  CHECK(files_below(store / "models/tiny") == std::vector<std::string>{"card.yaml", "tiny.onnx"});
}

TEST_CASE("an interrupted pull says how to go on") {
  const std::string content = content_of(2000000);
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    reply.bytes_per_second = 200000;
    return reply;
  });
  const Store store(server.url("/tiny.onnx"), content);
  const Stopped stopped = stop_pull(store, 50000, SIGINT);
  CHECK(stopped.exit_code == 130);
  CHECK(contains(stopped.err, "interrupted; the same command goes on from here"));
  CHECK(stopped.came >= 50000);
  CHECK(!fs::exists(store.file()));
}

TEST_CASE("two pulls at once fetch it once") {
  const std::string content = content_of(300000);
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    reply.bytes_per_second = 600000;
    return reply;
  });
  const Store store(server.url("/tiny.onnx"), content);
  std::vector<RunResult> results(3);
  std::vector<std::thread> threads;
  for (RunResult& result : results) threads.emplace_back([&] { result = store.run({"pull", "tiny"}); });
  for (std::thread& thread : threads) thread.join();
  for (const RunResult& result : results) CHECK(result.exit_code == 0);
  CHECK(server.body_bytes() == content.size());
  CHECK(file_text(store.file()) == content);
}

TEST_CASE("what cannot be fetched is told and exits with 3; the others are fetched all the same") {
  const std::string content = content_of(1000);
  const HttpServer server([&](const HttpRequest& request) {
    return request.path == "/tiny.onnx" ? file_reply(request, content) : HttpReply{.status = 404};
  });
  const Store store(server.url("/tiny.onnx"), content);
  write_file(
      store / "models/gone/card.yaml",
      fmt::format("name: gone\ntasks: [segment]\ndriver: onnx\nfiles:\n  - name: x.onnx\n    url: {}\n    md5: {}\n",
                  server.url("/x.onnx"), std::string(32, '0')));
  const RunResult result = store.run({"pull", "gone", "sam", "tiny"});
  CAPTURE(result.err);
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, server.url("/x.onnx") + ": there is no such file (HTTP 404)"));
  CHECK(contains(result.err, "put it there yourself"));
  CHECK(contains(result.out, "tiny.onnx fetched"));
}

TEST_CASE("wrong content is not kept") {
  const std::string content = content_of(5000), other = content_of(4999) + "x";
  const HttpServer server([&](const HttpRequest& request) { return file_reply(request, other); });
  const Store store(server.url("/tiny.onnx"), content);
  const RunResult result = store.run({"pull", "tiny"});
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, file_checksums(store / "original", false, true).sha256));
  CHECK(files_below(store / "models/tiny") == std::vector<std::string>{"card.yaml"});
}

TEST_CASE("offline no connection is opened") {
  const HttpServer server([&](const HttpRequest&) { return HttpReply{}; });
  const Store store(server.url("/tiny.onnx"));
  for (const RunResult& result :
       {store.run({"pull", "tiny", "--offline"}), store.run({"pull", "tiny"}, "INPAINT_OFFLINE=1")}) {
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, store.file() + " is not there"));
    CHECK(contains(result.err, "INPAINT_OFFLINE"));
  }
  CHECK(server.requests().empty());
}

TEST_CASE("offline a folder may still be the mirror, since that opens no connection") {
  const std::string content = content_of(5000);
  const Store store("http://127.0.0.1:1/tiny.onnx", content);
  write_file(store / "mirror/tiny/tiny.onnx", content);
  const RunResult copied =
      store.run({"pull", "tiny", "--offline"}, "INPAINT_MODELS_MIRROR='" + (store / "mirror") + "'");
  CAPTURE(copied.err);
  CHECK(copied.exit_code == 0);
  CHECK(file_text(store.file()) == content);
}

TEST_CASE("a mirror is asked instead, by NAME/FILE, and a folder will do") {
  const std::string content = content_of(5000);
  const HttpServer server([&](const HttpRequest& request) {
    return request.path == "/m/tiny/tiny.onnx" ? file_reply(request, content) : HttpReply{.status = 404};
  });
  const Store store("http://127.0.0.1:1/tiny.onnx", content);
  CHECK(store.run({"pull", "tiny"}, "INPAINT_MODELS_MIRROR=" + server.url("/m")).exit_code == 0);
  CHECK(file_text(store.file()) == content);
  fs::remove(store.file());
  write_file(store / "my mirror/tiny/tiny.onnx", content);
  const RunResult copied = store.run({"pull", "tiny"}, "INPAINT_MODELS_MIRROR='" + (store / "my mirror") + "'");
  CAPTURE(copied.err);
  CHECK(copied.exit_code == 0);
  CHECK(file_text(store.file()) == content);
}

TEST_CASE("a file is inspected, and the draft is a card that works") {
  const Store store;
  write_file(store / "net.pth", "\x80\2}q\1.");
  const RunResult pickle = store.run({"inspect", store / "net.pth"});
  CHECK(pickle.exit_code == 3);
  CHECK(contains(pickle.err, "examples/convert_weights.py"));
  write_file(store / "own/net.safetensors", std::string("\x3f\0\0\0\0\0\0\0", 8) +
                                                R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}         )" +
                                                std::string(8, '\0'));
  const RunResult facts = store.run({"inspect", store / "own/net.safetensors"});
  CAPTURE(facts.err);
  CHECK(facts.exit_code == 0);
  CHECK(contains(facts.out, "2 parameters in 1 tensors"));
  write_file(store / "own/net.safetensors.yaml", facts.out);
  const RunResult shown = store.run({"verify", store / "own/net.safetensors"});
  CAPTURE(shown.err);
  CHECK(shown.exit_code == 0);
  CHECK(contains(shown.out, "is right"));
  CHECK(json::parse(store.run({"inspect", store / "own/net.safetensors", "--json"}).out)["format"] == "safetensors");
}

}  // namespace inpaint::test
