// S3 as a source and a sink, with a real server that checks signatures (tests/s3_server).
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <sstream>

#include "http_server.h"
#include "pipeline/ledger.h"
#include "support.h"

namespace inpaint::test {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

// The server with the bucket "shop", and the program with keys for it. What it holds are files here.
class Shop : public ScratchFolder {
 public:
  Shop() {
    int to_server[2], from_server[2];
    REQUIRE(pipe2(to_server, O_CLOEXEC) == 0);
    REQUIRE(pipe2(from_server, O_CLOEXEC) == 0);
    server_ = fork();
    if (server_ == 0) {
      dup2(to_server[0], STDIN_FILENO);
      dup2(from_server[1], STDOUT_FILENO);
      execlp("node", "node", "--openssl-legacy-provider", INPAINT_SOURCE_DIR "/tests/s3_server/server.js",
             (*this / "data").c_str(), "shop", (*this / "log").c_str(), nullptr);
      _exit(127);
    }
    close(to_server[0]);
    close(from_server[1]);
    hold_ = to_server[1];
    char c = 0;
    while (read(from_server[0], &c, 1) == 1 && c != '\n') port_ += c;
    close(from_server[0]);
    INFO("the S3 server does not start; tests/s3_server/install.sh installs it");
    REQUIRE_FALSE(port_.empty());
  }
  ~Shop() {
    close(hold_);
    kill(server_, SIGTERM);
    waitpid(server_, nullptr, 0);
  }

  static constexpr const char* good_keys = "AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=a/secret+of/tests";
  RunResult run(const std::vector<std::string>& arguments, const std::string& keys = good_keys) const {
    return run_inpaint(arguments, fmt::format("env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN "
                                              "AWS_ENDPOINT_URL_S3=http://127.0.0.1:{} XDG_STATE_HOME='{}' {}",
                                              port_, *this / "state", keys));
  }
  // Draws a mask and writes the picture unchanged: bytes tell whether the right ones came through.
  RunResult pass(const std::string& input, const std::string& output, std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"mask", input, "-o", output, "--rect", "10%,10%,50%,50%", "--write", "image"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  }

  // Where the server keeps an object.
  std::string file_of(const std::string& key) const { return *this / ("data/shop/" + key + "._S3rver_object"); }
  bool holds(const std::string& key) const { return fs::exists(file_of(key)); }
  std::vector<std::string> keys() const {
    constexpr std::string_view end = "._S3rver_object";
    std::vector<std::string> keys;
    for (const std::string& file : files_below(*this / "data/shop"))
      if (file.ends_with(end)) keys.push_back(file.substr(0, file.size() - end.size()));
    return keys;
  }
  void put(const std::string& key, int seed) const {
    write_picture(file_of(key), painted_picture(48, 36, seed), Format::png);
    fs::remove(file_of(key) + ".md5");  // its ETag
  }
  std::string ledger_folder(const std::string& prefix) const {
    return *this / fmt::format("state/inpaint/s3/shop@127.0.0.1:{}/{}", port_, prefix);
  }
  // Requests so far that begin with these words.
  size_t asked(const std::string& words) const {
    std::istringstream lines(file_text(*this / "log"));
    size_t count = 0;
    for (std::string line; std::getline(lines, line);) count += line.starts_with(words);
    return count;
  }

 private:
  pid_t server_ = -1;
  int hold_ = -1;
  std::string port_;
};

const std::vector<std::string> names = {"a.png", "sub/b c+é.png", "sub/deep/d&%41.png"};

void paint(const std::string& folder) {
  for (size_t i = 0; i < names.size(); ++i)
    write_picture(folder + "/" + names[i], painted_picture(48, 36, static_cast<int>(i)), Format::png);
}

void check_told(const RunResult& result, const std::string& words) {
  CAPTURE(result.err);
  CHECK(result.exit_code == 0);
  CHECK(result.err.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("s3: a folder goes into a bucket, and only what changed or is missing goes again") {
  const Shop shop;
  paint(shop / "in");
  check_told(shop.pass(shop / "in", "s3://shop/out/x"), "3 done in");
  check_told(shop.pass(shop / "in", shop / "local"), "3 done in");
  CHECK(shop.keys().size() == 3);
  for (const std::string& name : names)
    CHECK(file_text(shop.file_of("out/x/" + name)) == file_text(shop / ("local/" + name)));
  CHECK(Ledger::exists_in(shop.ledger_folder("out/x")));

  const size_t puts = shop.asked("PUT");
  check_told(shop.pass(shop / "in", "s3://shop/out/x/"), "nothing to do: 3 done already");
  CHECK(shop.asked("PUT") == puts);
  write_picture(shop / "in/a.png", painted_picture(48, 36, 9), Format::png);
  fs::remove(shop.file_of("out/x/" + names[1]));
  check_told(shop.pass(shop / "in", "s3://shop/out/x"), "2 done, 1 done already");
  CHECK(shop.holds("out/x/" + names[1]));
  check_told(shop.pass(shop / "in", "s3://shop/out/x", {"--format", "jpeg"}), "3 done in");  // another recipe
  const RunResult history = shop.run({"history", "s3://shop/out/x", "--json"});
  CHECK(history.exit_code == 0);
  CHECK(std::count(history.out.begin(), history.out.end(), '\n') == 6);
}

TEST_CASE("s3: a prefix comes to a folder, and a changed object comes again") {
  const Shop shop;
  for (size_t i = 0; i < names.size(); ++i) shop.put("in/" + names[i], static_cast<int>(i));
  shop.put("in/.hidden.png", 1);
  shop.put("in/notes.txt", 1);
  shop.put("in-other/e.png", 1);
  const RunResult first = shop.pass("s3://shop/in", shop / "out");
  check_told(first, "3 done in");
  CHECK(first.err.find("1 file passed over") != std::string::npos);
  for (size_t i = 0; i < names.size(); ++i) {
    const cv::Mat expected = painted_picture(48, 36, static_cast<int>(i)).pixels();
    CHECK(cv::norm(load_picture(shop / ("out/" + names[i])).pixels(), expected, cv::NORM_INF) == 0);
  }
  const size_t gets = shop.asked("GET /shop/in/");
  check_told(shop.pass("s3://shop/in", shop / "out"), "nothing to do: 3 done already");
  CHECK(shop.asked("GET /shop/in/") == gets);
  shop.put("in/a.png", 7);
  check_told(shop.pass("s3://shop/in/", shop / "out"), "1 done, 2 done already");
  CHECK(cv::norm(load_picture(shop / "out/a.png").pixels(), painted_picture(48, 36, 7).pixels(), cv::NORM_INF) == 0);
}

TEST_CASE("s3: from bucket to bucket, together with files") {
  const Shop shop;
  shop.put("in/a.png", 1);
  shop.put("in/sub/b.png", 2);
  paint(shop / "more");
  fs::remove(shop / "more/a.png");
  const std::vector<std::string> arguments = {"mask",   "s3://shop/in", shop / "more", "-o",   "s3://shop/out",
                                              "--rect", "1,1,9,9",      "--write",     "image"};
  check_told(shop.run(arguments), "4 done in");
  CHECK(shop.holds("out/a.png"));
  CHECK(shop.holds("out/sub/b.png"));
  CHECK(shop.holds("out/" + names[2]));
  check_told(shop.run(arguments), "nothing to do: 4 done already");
  shop.put("in/sub/b.png", 3);
  check_told(shop.run(arguments), "1 done, 3 done already");
}

TEST_CASE("s3: one object in, one out, and standard output") {
  const Shop shop;
  shop.put("in/a.png", 1);
  shop.put("in/without_extension", 2);
  CHECK(shop.pass("s3://shop/in/a.png", "s3://shop/b/one.jpg").exit_code == 0);
  CHECK(file_text(shop.file_of("b/one.jpg")).starts_with("\xff\xd8"));
  CHECK_FALSE(fs::exists(shop / "state"));
  CHECK(shop.pass("s3://shop/in/without_extension", shop / "out/").exit_code == 0);
  CHECK(fs::exists(shop / "out/without_extension.png"));
  const RunResult piped = shop.pass("s3://shop/in/a.png", "-");
  CHECK(piped.exit_code == 0);
  CHECK(piped.out.starts_with("\x89PNG"));
}

TEST_CASE("s3: wrong keys, no keys and no bucket are told before anything is written") {
  const Shop shop;
  paint(shop / "in");
  const std::vector<std::string> arguments = {"mask", shop / "in", "-o", "s3://shop/out", "--rect", "1,1,9,9"};
  check_failed(shop.run(arguments, "AWS_ACCESS_KEY_ID=WRONG AWS_SECRET_ACCESS_KEY=x"), 3,
               {"s3://shop/out/: HTTP 403 InvalidAccessKeyId", "check AWS_ACCESS_KEY_ID"});
  check_failed(shop.run(arguments, "AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=wrong"), 3,
               {"SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"});
  check_failed(shop.run(arguments, ""), 3, {"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"});
  check_failed(shop.run({"mask", "s3://shop/in/", "-o", shop / "out", "--rect", "1,1,9,9"},
                        "AWS_ACCESS_KEY_ID=WRONG AWS_SECRET_ACCESS_KEY=x"),
               3, {"s3://shop/in/: HTTP 403 InvalidAccessKeyId"});
  check_failed(shop.run({"mask", "s3://shop/in/a.png", "-o", shop / "out", "--rect", "1,1,9,9"},
                        "AWS_ACCESS_KEY_ID=WRONG AWS_SECRET_ACCESS_KEY=x"),
               3, {"s3://shop/in/a.png: HTTP 403 InvalidAccessKeyId"});
  check_failed(shop.pass(shop / "in", "s3://nobody/out"), 2, {"s3://nobody/out/: HTTP 404 NoSuchBucket"});
  CHECK(shop.keys().empty());
  CHECK_FALSE(fs::exists(shop / "state"));
  CHECK_FALSE(fs::exists(shop / "out"));
}

TEST_CASE("s3: what asks for trouble is refused, and a dry run writes nothing") {
  const Shop shop;
  shop.put("in/a.png", 1);
  check_failed(shop.pass("s3://shop/in", "s3://shop/in/out"), 2, {"lies inside the input 's3://shop/in'"});
  check_failed(shop.pass("s3://shop", "s3://shop/out"), 2, {"lies inside the input"});
  check_failed(shop.pass("s3://shop/in/a.png", "s3://shop/in"), 2, {"would be overwritten"});
  check_failed(shop.pass("s3://shop/in/a.png", "s3://shop/in/a.png"), 2, {"would be overwritten"});
  check_failed(shop.pass("s3://shop/none", shop / "out"), 2, {"no pictures in 's3://shop/none'"});
  check_failed(shop.pass("s3://shop/in/*.png", shop / "out"), 2, {"S3 knows no globs"});
  const RunResult dry = shop.pass("s3://shop/in", "s3://shop/out", {"--dry-run"});
  CHECK(dry.out == "s3://shop/in/a.png -> s3://shop/out/a.png (new)\n");
  CHECK(shop.asked("PUT") == 0);
  CHECK_FALSE(fs::exists(shop / "state"));
}

TEST_CASE("s3: objects are waited for several at a time") {
  constexpr int count = 16;
  const ScratchFolder folder;
  write_picture(folder / "a.png", painted_picture(8, 8), Format::png);
  const std::string picture = file_text(folder / "a.png");
  HttpServer server(
      [&](const HttpRequest& request) {
        if (request.method == "PUT") return HttpReply{.delay = 0.5};
        if (!request.path.starts_with("/slow?")) return HttpReply{.body = picture, .delay = 0.5};
        std::string list = "<ListBucketResult>";
        for (int i = 0; i < count && request.path.find("prefix=in%2F") != std::string::npos; ++i)
          list += fmt::format("<Contents><Key>in/{}.png</Key><Size>{}</Size></Contents>", i, picture.size());
        return HttpReply{.body = list + "</ListBucketResult>"};
      },
      true);
  const auto start = std::chrono::steady_clock::now();
  const RunResult result =
      run_inpaint({"mask", "s3://slow/in/", "-o", "s3://slow/out", "--rect", "1,1,3,3", "--jobs", "1"},
                  fmt::format("AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_ENDPOINT_URL={} XDG_STATE_HOME='{}'",
                              server.url(), folder / "state"));
  check_told(result, "16 done in");
  // Five in flight: 3.2 s and a little; one after the other: 16 s.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(7));
}

TEST_CASE("s3: a large output goes in parts") {
  const Shop shop;
  cv::Mat noise(2500, 2500, CV_8UC3);
  cv::randu(noise, 0, 256);
  write_picture(shop / "in/large.png", Image(noise), Format::png);
  CHECK(shop.pass(shop / "in", "s3://shop/out").exit_code == 0);
  CHECK(shop.pass(shop / "in", shop / "local").exit_code == 0);
  CHECK(fs::file_size(shop / "local/large.png") > (16u << 20));
  CHECK(shop.asked("POST /shop/out/large.png?uploads 200") == 1);
  CHECK(shop.asked("PUT /shop/out/large.png?partNumber=") == 2);
  CHECK(file_text(shop.file_of("out/large.png")) == file_text(shop / "local/large.png"));
}

TEST_CASE("s3: encryption is asked for, public addresses are told, secrets are not") {
  const Shop shop;
  paint(shop / "in");
  const std::vector<std::string> more = {"--s3-sse", "AES256", "--public-url", "https://cdn.example/{bucket}/{key}",
                                         "--json"};
  for (const char* status : {"done", "skipped"}) {
    const RunResult result = shop.pass(shop / "in", "s3://shop/out", more);
    CHECK(result.exit_code == 0);
    std::istringstream lines(result.out);
    size_t urls = 0;
    for (std::string line; std::getline(lines, line);) {
      const json told = json::parse(line);
      if (told.contains("summary")) continue;
      CHECK(told["status"] == status);
      urls += told["facts"]["url"] == "https://cdn.example/shop/out/sub/b%20c%2B%C3%A9.png";
    }
    CHECK(urls == 1);
  }
  CHECK(shop.asked("PUT /shop/out/a.png 200 AES256") == 1);
  const RunResult talk = shop.pass(shop / "in", "s3://shop/out", {"--redo", "-v", "--json"});
  std::string everything = talk.out + talk.err;
  for (const std::string& file : files_below(shop / "state")) everything += file_text(shop / ("state/" + file));
  CHECK(everything.find("out/a.png") != std::string::npos);
  CHECK(everything.find("a/secret") == std::string::npos);
  CHECK(everything.find("S3RVER") == std::string::npos);
}

}  // namespace inpaint::test
