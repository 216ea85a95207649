// Commands that have their work done by services, against real servers on this machine.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <set>

#include "cli/endpoint_support.h"
#include "remote/base64.h"

namespace inpaint::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// What an img2img service answers: all a little brighter, the hole green.
HttpReply painted_green(const HttpRequest& request) {
  const Json body = Json::parse(request.body);
  const Image image = decoded(from_base64(body["init_images"][0].get<std::string>()));
  const Image mask = decoded(from_base64(body["mask"].get<std::string>()));
  cv::Mat pixels = image.pixels() + cv::Scalar::all(20);
  cv::Mat hole;
  cv::extractChannel(mask.pixels(), hole, 0);
  pixels.setTo(cv::Scalar(10, 200, 30), hole);
  const std::string answer = png(Image(pixels));
  return {.body =
              Json{{"images", {to_base64(Bytes(answer.begin(), answer.end()))}}, {"info", R"({"seed": 5})"}}.dump()};
}

}  // namespace

TEST_CASE("an edit by prompt comes back into the hole alone, in full resolution and depth") {
  const HttpServer server(painted_green, true);
  const ScratchFolder folder;
  cv::Mat pixels;
  painted_picture(900, 700).pixels().convertTo(pixels, CV_16U, 257);
  pixels += cv::Scalar(3, 5, 7);
  const Image picture(pixels);
  write_picture(folder / "a.png", picture, Format::png);
  cv::Mat hole = cv::Mat::zeros(700, 900, CV_8U);
  hole(cv::Rect(300, 200, 100, 80)).setTo(255);
  write_mask(folder / "m.png", Mask(hole));
  const RunResult run = run_inpaint({"inpaint", folder / "a.png", "--mask", folder / "m.png", "-o", folder / "b.png",
                                     "--endpoint", "a1111", "--set", "endpoint.url=" + server.url(), "--prompt",
                                     "a red t-shirt", "--json", "--sidecar", "--seed", "3"});
  REQUIRE(run.exit_code == 0);
  const Json sent = Json::parse(server.requests().at(0).body);
  CHECK(sent["prompt"] == "a red t-shirt");
  CHECK(sent["width"] == 512);
  const Image crop = decoded(from_base64(sent["init_images"][0].get<std::string>()));
  CHECK(crop.width() == 512);  // the picture's own scale
  const Image result = load_picture(folder / "b.png");
  REQUIRE(result.is_16_bit());
  cv::Mat changed;
  cv::compare(result.pixels().reshape(1), picture.pixels().reshape(1), changed, cv::CMP_NE);
  changed = changed.reshape(3);
  cv::Mat any, outside;
  cv::transform(changed, any, cv::Matx13f(1, 1, 1));
  cv::bitwise_and(any, cv::Mat(255 - hole), outside);
  CHECK(cv::countNonZero(outside) == 0);
  const auto middle = result.pixels().at<cv::Vec3w>(240, 350);
  CHECK(std::abs(middle[1] - 200 * 257) < 3 * 257);
  const Json facts = lines_of(run.out).at(0)["facts"];
  CHECK(facts["remote"]["endpoint"] == "a1111");
  CHECK(facts["remote"]["prompt"] == "a red t-shirt");
  CHECK(facts["remote"]["seed"] == 5);  // as the service tells
  const Json sidecar = Json::parse(file_text(folder / "b.remote.json"));
  CHECK(sidecar["image-hash"].get<std::string>().size() == 32);
}

TEST_CASE("a hole larger than the service's size is sent smaller, one at the border with the border repeated") {
  const HttpServer server(painted_green, true);
  const ScratchFolder folder;
  const Image picture = painted_picture(1300, 800);
  write_picture(folder / "a.png", picture, Format::png);
  cv::Mat hole = cv::Mat::zeros(800, 1300, CV_8U);
  hole(cv::Rect(0, 100, 700, 600)).setTo(255);
  write_mask(folder / "m.png", Mask(hole));
  const RunResult run = run_inpaint({"inpaint", folder / "a.png", "--mask", folder / "m.png", "-o", folder / "b.png",
                                     "--endpoint", "a1111", "--set", "endpoint.url=" + server.url()});
  REQUIRE(run.exit_code == 0);
  const Image crop =
      decoded(from_base64(Json::parse(server.requests().at(0).body)["init_images"][0].get<std::string>()));
  CHECK(crop.width() == 512);
  CHECK(crop.height() == 512);
  const cv::Mat result = load_picture(folder / "b.png").pixels();
  CHECK(result.at<cv::Vec3b>(400, 20)[1] > 195);
  CHECK(cv::norm(result(cv::Rect(700, 0, 600, 800)), picture.pixels()(cv::Rect(700, 0, 600, 800)), cv::NORM_INF) == 0);
}

TEST_CASE("what is done is not asked for again; another value of the card does it again") {
  const HttpServer server(left_half_kept, true);
  const Pictures pictures(5);
  const auto command = cutting(server, pictures.in(), pictures.out());
  CHECK(run_inpaint(command, with_key).exit_code == 0);
  CHECK(server.requests().size() == 5);
  CHECK(run_inpaint(command, with_key).exit_code == 0);
  CHECK(server.requests().size() == 5);
  CHECK(run_inpaint(with(command, {"--set", "endpoint.limits.concurrency=2"}), with_key).exit_code == 0);
  CHECK(server.requests().size() == 5);
  CHECK(run_inpaint(with(command, {"--set", "endpoint.options.type=car"}), with_key).exit_code == 0);
  CHECK(server.requests().size() == 10);
  CHECK_FALSE(holds(pictures.out(), secret));
  const Image result = load_picture(pictures.out() + "/000.png");
  CHECK(result.alpha().at<uint8_t>(20, 10) == 255);
  CHECK(result.alpha().at<uint8_t>(20, 40) == 0);
}

TEST_CASE("a refused key stops the endpoint: the rest is blocked, and is done with the right one") {
  std::atomic<bool> refuses{true};
  const HttpServer server(
      [&](const HttpRequest& request) -> HttpReply {
        if (refuses) return {.status = 403, .body = R"({"errors":[{"title":"API Key invalid"}]})"};
        return left_half_kept(request);
      },
      true);
  const Pictures pictures(30);
  const auto command = with(cutting(server, pictures.in(), pictures.out()), {"--json"});
  const RunResult run = run_inpaint(command, with_key);
  CHECK(run.exit_code == 3);
  CHECK(run.err.find("API Key invalid") != std::string::npos);
  CHECK(server.requests().size() <= 5);  // those under way at once
  const Json summary = lines_of(run.out).back()["summary"];
  CHECK(summary["blocked"] == 30);
  CHECK(summary["failed"] == 0);
  refuses = false;
  CHECK(run_inpaint(command, with_key).exit_code == 0);
  CHECK(files_below(pictures.out()).size() >= 30);
}

TEST_CASE("no key, no prompt, options that do not belong together: told before anything is sent") {
  const HttpServer server(left_half_kept, true);
  const Pictures pictures(1);
  const auto command = cutting(server, pictures.in(), pictures.out());
  check_failed(run_inpaint(command, "env -u REMOVEBG_API_KEY"), 3, {"REMOVEBG_API_KEY"});
  check_failed(run_inpaint(with(command, {"--model", "classic"}), with_key), 2, {"--model", "--endpoint removebg"});
  check_failed(run_inpaint(with(command, {"--set", "endpoint.prize=3"}), with_key), 2, {"endpoint.prize", "price"});
  check_failed(run_inpaint(with(command, {"--max-spend", "3"}), with_key), 2, {"no price"});
  check_failed(run_inpaint({"remove-bg", pictures.in(), "-o", pictures.out(), "--max-requests", "3"}), 2,
               {"--max-requests", "needs --endpoint"});
  check_failed(run_inpaint({"remove-bg", pictures.in(), "-o", pictures.out(), "--endpoint", "opnai"}), 2, {"openai"});
  check_failed(run_inpaint({"remove-bg", pictures.in(), "-o", pictures.out(), "--endpoint", "openai"}), 2,
               {"is for inpaint, generate"});
  check_failed(
      run_inpaint({"inpaint", pictures.in(), "--mask", pictures.in(), "-o", pictures.out(), "--endpoint", "openai"},
                  "OPENAI_API_KEY=x"),
      2, {"needs --prompt"});
  check_failed(run_inpaint({"segment", pictures.in(), "-o", pictures.out(), "--endpoint", "hf-segment"}, "HF_TOKEN=x"),
               2, {"needs --target"});
  CHECK(server.requests().empty());
  CHECK_FALSE(fs::exists(pictures.out()));
}

TEST_CASE("money: an estimate, a question, an end") {
  const HttpServer server(left_half_kept, true);
  const Pictures pictures(6);
  const auto command = with(cutting(server, pictures.in(), pictures.out()), {"--set", "endpoint.price=0.25", "--json"});
  const RunResult estimate = run_inpaint(with(command, {"--dry-run"}), with_key);
  CHECK(estimate.exit_code == 0);
  CHECK(estimate.err.find("6 requests to removebg (1.50 USD)") != std::string::npos);
  check_failed(run_inpaint(with(command, {"--confirm-over", "5"}), with_key, "< /dev/null"), 2,
               {"6 requests", "--yes"});
  CHECK(server.requests().empty());
  const RunResult some = run_inpaint(with(command, {"--confirm-over", "5", "--yes", "--max-spend", "0.6"}), with_key);
  CHECK(some.exit_code == 3);
  CHECK(server.requests().size() == 2);
  CHECK(lines_of(some.out).back()["summary"]["done"] == 2);
  CHECK(lines_of(some.out).back()["summary"]["blocked"] == 4);
  CHECK(run_inpaint(with(command, {"--max-requests", "1"}), with_key).exit_code == 3);
  CHECK(server.requests().size() == 3);
  CHECK(run_inpaint(command, with_key).exit_code == 0);
  CHECK(server.requests().size() == 6);
}

TEST_CASE("exchanges are recorded without keys, and answered from the record without a server or a key") {
  const Pictures pictures(3);
  std::string url;
  {
    const HttpServer server(left_half_kept, true);
    url = server.url("/v1.0/removebg");
    const RunResult run = run_inpaint(
        with(cutting(server, pictures.in(), pictures.out()), {"--record", pictures.folder / "tape"}), with_key);
    REQUIRE(run.exit_code == 0);
  }
  CHECK(files_below(pictures.folder / "tape").size() == 3);
  CHECK_FALSE(holds(pictures.folder.path().string(), secret));
  const RunResult again =
      run_inpaint({"remove-bg", pictures.in(), "-o", pictures.folder / "again", "--endpoint", "removebg", "--set",
                   "endpoint.url=" + url, "--replay", pictures.folder / "tape"});
  CHECK(again.exit_code == 0);
  CHECK(file_text(pictures.folder / "again/001.png") == file_text(pictures.out() + "/001.png"));
  write_picture(pictures.in() + "/new.png", painted_picture(48, 48, 77), Format::png);
  check_failed(run_inpaint({"remove-bg", pictures.in(), "-o", pictures.folder / "again", "--endpoint", "removebg",
                            "--set", "endpoint.url=" + url, "--replay", pictures.folder / "tape"}),
               1, {"not among the exchanges"});
}

TEST_CASE("an interrupt ends transfers at once, and what was under way is done by the next run") {
  std::atomic<bool> slow{true};
  const HttpServer server(
      [&](const HttpRequest& request) {
        HttpReply reply = left_half_kept(request);
        reply.delay = slow ? 25 : 0;
        return reply;
      },
      true);
  const Pictures pictures(8);
  const auto command = cutting(server, pictures.in(), pictures.out());
  const auto start = std::chrono::steady_clock::now();
  const RunResult run = run_inpaint(command, with_key + " timeout --foreground -s INT 1.5");
  CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 8);
  CHECK(run.err.find("interrupted: ") != std::string::npos);
  CHECK(run.err.find("failed") == std::string::npos);
  slow = false;
  CHECK(run_inpaint(command, with_key).exit_code == 0);
}

TEST_CASE("asynchronous jobs that were accepted before a kill are asked for, not submitted again") {
  AsyncService service;
  service.hands_out = false;
  const HttpServer server(std::ref(service), true);
  const Pictures pictures(12);
  const auto command = submitting(server, pictures);
  run_inpaint(command, with_aws_keys + " timeout -s KILL 3");
  CHECK(service.submitted > 0);
  service.hands_out = true;
  const RunResult run = run_inpaint(command, with_aws_keys);
  CAPTURE(run.err);
  CHECK(run.exit_code == 0);
  CHECK(service.submitted == 12);
  CHECK_FALSE(holds(pictures.folder.path().string(), secret));
  // How long to wait decides nothing about results, so nothing is due again.
  const RunResult patient = run_inpaint(with(command, {"--set", "endpoint.options.longest-seconds=9"}), with_aws_keys);
  CHECK(patient.exit_code == 0);
  CHECK(patient.err.find("12 done already") != std::string::npos);
  CHECK(service.submitted == 12);
}

TEST_CASE("a job on its way at a kill fails once, and says why; then, or with --retry-paid, it is submitted again") {
  AsyncService service;
  service.accepts = false;
  const HttpServer server(std::ref(service), true);
  const Pictures pictures(6);
  const auto command = with(submitting(server, pictures), {"--set", "endpoint.limits.concurrency=4"});
  for (const std::string signal : {"KILL", "INT"}) {
    CAPTURE(signal);
    std::filesystem::remove_all(pictures.out());
    service.submitted = 0;
    service.accepts = false;
    run_inpaint(command, with_aws_keys + " timeout --foreground -s " + signal + " 2");
    REQUIRE(service.submitted == 4);
    service.accepts = true;
    if (signal == "KILL") {
      check_failed(run_inpaint(command, with_aws_keys), 1, {"an earlier run ended", "--retry-paid"});
      CHECK(service.submitted == 4 + 2);
      CHECK(pictures_below(pictures.out()) == 2);
      CHECK(run_inpaint(command, with_aws_keys).exit_code == 0);
    } else {
      CHECK(run_inpaint(with(command, {"--retry-paid"}), with_aws_keys).exit_code == 0);
    }
    CHECK(service.submitted == 4 + 6);
    CHECK(pictures_below(pictures.out()) == 6);
  }
}

TEST_CASE("prompts differ from picture to picture; another row does only its picture again") {
  const HttpServer server(painted_green, true);
  const Pictures pictures(3);
  cv::Mat hole = cv::Mat::zeros(48, 48, CV_8U);
  hole(cv::Rect(10, 10, 20, 20)).setTo(255);
  write_mask(pictures.folder / "m.png", Mask(hole));
  const std::string table = pictures.folder / "p.csv";
  write_file(table, "file,color\n000,red\n001.png,\"blue, \"\"deep\"\"\"\n002,green\n");
  const std::vector<std::string> command{
      "inpaint",    pictures.in(), "--mask", pictures.folder / "m.png",      "-o",       pictures.out(),
      "--endpoint", "a1111",       "--set",  "endpoint.url=" + server.url(), "--prompt", "{color} shirt of {stem}",
      "--table",    table};
  const auto prompts = [&] {
    std::set<std::string> all;
    for (const HttpRequest& request : server.requests()) all.insert(Json::parse(request.body)["prompt"]);
    return all;
  };
  REQUIRE(run_inpaint(command).exit_code == 0);
  CHECK(prompts() == std::set<std::string>{"red shirt of 000", "blue, \"deep\" shirt of 001", "green shirt of 002"});
  write_file(table, "file,color\n000,red\n001.png,pink\n002,green\n");
  REQUIRE(run_inpaint(command).exit_code == 0);
  CHECK(server.requests().size() == 4);
  CHECK(prompts().contains("pink shirt of 001"));
  write_file(table, "file,color\n000,red\n001,pink\n");
  write_picture(pictures.in() + "/004.png", painted_picture(48, 48, 4), Format::png);
  check_failed(run_inpaint(command), 1, {"no row for '004.png'"});
  write_file(table, "file,colour\n000,red\n");
  check_failed(run_inpaint(command), 2, {"{color}", "colour"});
}

TEST_CASE("segmentation by a service: the regions that --target means, together") {
  cv::Mat top = cv::Mat::zeros(24, 24, CV_8U), bottom = top.clone();
  top.rowRange(0, 12).setTo(255);
  bottom.rowRange(18, 24).setTo(255);
  const HttpServer server(
      [&](const HttpRequest&) -> HttpReply {
        return {.body =
                    Json{{{"label", "Upper-clothes"}, {"score", 0.5}, {"mask", to_base64(encode_mask(Mask(top), {}))}},
                         {{"label", "Hat"}, {"score", 0.5}, {"mask", to_base64(encode_mask(Mask(bottom), {}))}}}
                        .dump()};
      },
      true);
  const Pictures pictures(1);
  const auto command = [&](const std::string& target) {
    return std::vector<std::string>{
        "segment",    pictures.in(), "-o",   pictures.out(), "--endpoint",
        "hf-segment", "--target",    target, "--set",        "endpoint.url=" + server.url()};
  };
  REQUIRE(run_inpaint(command("upper-clothes"), "HF_TOKEN=" + secret).exit_code == 0);
  const cv::Mat mask = load_mask(pictures.out() + "/000.png").values();
  CHECK(mask.at<uint8_t>(5, 5) == 255);
  CHECK(mask.at<uint8_t>(44, 5) == 0);
  CHECK(server.requests().at(0).header("authorization") == "Bearer " + secret);
}

TEST_CASE("pictures are made from prompts, several of each, and only new prompts go out again") {
  std::mutex mutex;
  std::vector<Json> asked;
  const HttpServer server(
      [&](const HttpRequest& request) -> HttpReply {
        const std::lock_guard lock(mutex);
        asked.push_back(Json::parse(request.body));
        const std::string answer = png(painted_picture(64, 40, asked.back()["seed"].get<int>() % 1000));
        return {.body = Json{{"images", {to_base64(Bytes(answer.begin(), answer.end()))}}}.dump()};
      },
      true);
  const ScratchFolder folder;
  write_file(folder / "prompts.txt", "# cups\na red cup\n\nA {blue} cup, \u00fcber alles\n");
  const std::vector<std::string> command{"generate",   folder / "prompts.txt",
                                         "-o",         folder / "out",
                                         "--endpoint", "a1111",
                                         "--set",      "endpoint.url=" + server.url(),
                                         "--count",    "2",
                                         "--size",     "640x400"};
  REQUIRE(run_inpaint(command).exit_code == 0);
  CHECK(asked.size() == 4);
  std::set<int> seeds;
  for (const Json& one : asked) {
    seeds.insert(one["seed"].get<int>());
    CHECK(one["width"] == 640);
    CHECK(one["height"] == 400);
    CHECK(one["batch_size"] == 1);
  }
  CHECK(seeds.size() == 4);
  CHECK(load_picture(folder / "out/a-red-cup-2.png").pixels().size() == cv::Size(64, 40));
  write_file(folder / "prompts.txt", "a red cup\na green cup\n");
  REQUIRE(run_inpaint(command).exit_code == 0);
  CHECK(asked.size() == 6);
  CHECK(asked.back()["prompt"] == "a green cup");

  const std::vector<std::string> one{"generate",
                                     "--prompt",
                                     "a dog",
                                     "-o",
                                     folder / "dog.jpg",
                                     "--seed",
                                     "4",
                                     "--set",
                                     "endpoint.url=" + server.url(),
                                     "--endpoint",
                                     "a1111"};
  REQUIRE(run_inpaint(one).exit_code == 0);
  CHECK(load_picture(folder / "dog.jpg").width() == 64);
  check_failed(run_inpaint({"generate", "-o", folder / "x", "--endpoint", "a1111"}), 2, {"no prompt"});
  check_failed(run_inpaint({"generate", "--prompt", "x", "-o", folder / "x"}), 2, {"--endpoint"});
  check_failed(run_inpaint({"generate", folder / "none.txt", "-o", folder / "x", "--endpoint", "a1111"}), 2,
               {"none.txt"});
  write_file(
      folder / "spec.yaml",
      fmt::format("input: []\noutput: {}\nstages:\n  - generate: {{endpoint: a1111, prompt: a cat, endpoint.url: {}}}\n"
                  "  - remove-bg: {{model: color-key}}\n",
                  folder / "cut", server.url()));
  const RunResult chain = run_inpaint({"run", folder / "spec.yaml"});
  CHECK(chain.exit_code == 0);
  CAPTURE(chain.err);
  CHECK(load_picture(folder / "cut/a-cat-1.png").has_alpha());
}

TEST_CASE("endpoints are listed, shown and tried") {
  const RunResult list = run_inpaint({"endpoints", "list"}, "REMOVEBG_API_KEY=" + secret);
  CHECK(list.exit_code == 0);
  CHECK(list.out.find("removebg") != std::string::npos);
  CHECK(list.out.find(secret) == std::string::npos);
  const RunResult show = run_inpaint({"endpoints", "show", "removebg", "--json"}, "REMOVEBG_API_KEY=" + secret);
  CHECK(Json::parse(show.out)["key-state"] == "there");
  CHECK(show.out.find(secret) == std::string::npos);

  const HttpServer server([](const HttpRequest& request) -> HttpReply {
    if (request.header("x-api-key") != secret) return {.status = 403, .body = R"({"errors":[{"title":"bad key"}]})"};
    return {.headers = {{"X-RateLimit-Remaining", "499"}},
            .body = R"({"data":{"attributes":{"credits":{"total":12},"api":{"free_calls":3}}}})"};
  });
  const std::vector<std::string> ping{"endpoints", "ping",  "removebg",
                                      "--json",    "--set", "endpoint.url=" + server.url("/v1.0/removebg")};
  const RunResult ok = run_inpaint(ping, with_key);
  CHECK(ok.exit_code == 0);
  const Json told = Json::parse(ok.out);
  CHECK(told["credits"]["total"] == 12);
  CHECK(told["requests-left"] == "499");
  CHECK(server.requests().at(0).path == "/v1.0/account");
  const RunResult wrong = run_inpaint(ping, "REMOVEBG_API_KEY=other");
  CHECK(wrong.exit_code == 3);
  CHECK(Json::parse(wrong.out)["reason"] == "HTTP 403: bad key");
  const RunResult nobody = run_inpaint({"endpoints", "ping", "a1111", "--set", "endpoint.url=http://127.0.0.1:9"});
  CHECK(nobody.exit_code == 3);
  CHECK(nobody.out.find("unreachable") != std::string::npos);
}

}  // namespace inpaint::test
