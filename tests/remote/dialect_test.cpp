// Each dialect: what goes out for a request, and what its service's answers become.
#include "remote/dialect.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <zip.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "image/codec.h"
#include "remote/base64.h"
#include "support.h"

namespace inpaint::test {
namespace {

using Json = nlohmann::json;

Image picture(int width = 32, int height = 24, cv::Scalar color = {200, 100, 50}) {
  return Image(cv::Mat(height, width, CV_8UC3, color));
}

Mask left_half(int width = 32, int height = 24) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8U);
  values.colRange(0, width / 2).setTo(255);
  return Mask(values);
}

std::string png(const Image& image) {
  Notes notes;
  const Bytes bytes = encode_image(image, {Format::png}, notes);
  return {bytes.begin(), bytes.end()};
}

std::string base64(const std::string& text) { return to_base64(Bytes(text.begin(), text.end())); }

Image decoded(const std::string& bytes) {
  Notes notes;
  return decode_image(Bytes(bytes.begin(), bytes.end()), {}, notes);
}

Image from_text(const std::string& text) {
  const Bytes bytes = from_base64(text);
  return decoded({bytes.begin(), bytes.end()});
}

int most_different(const cv::Mat& a, const cv::Mat& b) { return static_cast<int>(cv::norm(a, b, cv::NORM_INF)); }

struct Opened {
  EndpointCard card;
  std::unique_ptr<Dialect> dialect;
};

Opened open(const std::string& name, const std::vector<GivenValue>& values = {},
            const Credentials& keys = {"KEY", {"AKID", "SECRET"}}) {
  Opened opened{find_endpoint(name, values), nullptr};
  opened.dialect = dialect_of(opened.card).make(opened.card, keys);
  return opened;
}

Opened open_card(const std::string& yaml) {
  Opened opened{read_endpoint_card(yaml, "mine.yaml"), nullptr};
  opened.dialect = dialect_of(opened.card).make(opened.card, {"KEY", {}});
  return opened;
}

const HttpPart& part_called(const HttpRequest& request, const std::string& name) {
  for (const HttpPart& part : request.parts) {
    if (part.name == name) return part;
  }
  FAIL("no part '" << name << "'");
  return request.parts.front();
}

bool has_part(const HttpRequest& request, const std::string& name) {
  return std::any_of(request.parts.begin(), request.parts.end(),
                     [&](const HttpPart& part) { return part.name == name; });
}

RemoteRequest edit() {
  return {.task = "inpaint", .image = picture(), .mask = left_half(), .prompt = "red \"t\"", .seed = 7};
}

std::string refusal(const Dialect& dialect, const HttpResponse& response, const RemoteRequest& asked) {
  try {
    dialect.answer({response}, asked);
  } catch (const ItemError& error) {
    return error.what();
  }
  return "";
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& files) {
  const ScratchFolder folder;
  const std::string path = folder / "a.zip";
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  for (const auto& [name, content] : files)
    zip_file_add(zip, name.c_str(), zip_source_buffer(zip, content.data(), content.size(), 0), 0);
  zip_close(zip);
  return file_text(path);
}

}  // namespace

TEST_CASE("every card that ships has a dialect that knows its tasks and options") {
  for (const ShippedText& shipped : shipped_endpoints()) {
    CAPTURE(shipped.file);
    const EndpointCard card = read_endpoint_card(shipped.text, shipped.file);
    CHECK(dialect_of(card).name == card.dialect);
  }
  CHECK_THROWS_WITH_AS(dialect_of(find_endpoint("hf-sd2", {{"options.stepz", "3"}})),
                       "endpoint hf-sd2: options.stepz: the dialect huggingface-inpaint has no such option (did you "
                       "mean 'steps'?)",
                       SpecError);
  CHECK_THROWS_AS(dialect_of(find_endpoint("hf-sd2", {{"dialect", "openay"}})), SpecError);
  CHECK_THROWS_AS(dialect_of(find_endpoint("hf-sd2", {{"tasks", "remove-bg"}})), SpecError);
  CHECK_THROWS_AS(open("hf-sd2", {{"options.steps", "many"}}), SpecError);
}

TEST_CASE("Hugging Face inpainting: JSON with base64 PNGs, white is repainted") {
  const Opened hf = open("hf-sd2", {{"url", "http://h:1/x"}, {"options.negative-prompt", "ugly"}});
  const HttpRequest request = hf.dialect->request(edit());
  CHECK(request.method == "POST");
  CHECK(request.url == "http://h:1/x");
  CHECK(header_value(request.headers, "authorization") == "Bearer KEY");
  CHECK(header_value(request.headers, "content-type") == "application/json");
  CHECK(header_value(request.headers, "accept") == "image/png");
  CHECK(header_value(request.headers, "x-scale-up-timeout") == "600");
  const Json body = Json::parse(request.body);
  CHECK(body["inputs"] == "red \"t\"");
  CHECK(body["num_inference_steps"] == 25);
  CHECK(body["guidance_scale"] == 7.5);
  CHECK(body["negative_prompt"] == "ugly");
  CHECK(body["width"] == 32);
  CHECK(most_different(from_text(body["image"]).pixels(), picture().pixels()) == 0);
  const cv::Mat mask = from_text(body["mask_image"]).pixels();
  CHECK(mask.at<cv::Vec3b>(3, 3) == cv::Vec3b(255, 255, 255));
  CHECK(mask.at<cv::Vec3b>(3, 30) == cv::Vec3b(0, 0, 0));

  const RemoteAnswer answer =
      hf.dialect->answer({{200, {{"X-Request-Id", "r1"}}, png(picture(32, 24, {1, 2, 3}))}}, edit());
  CHECK(answer.images.at(0).pixels().at<cv::Vec3b>(0, 0) == cv::Vec3b(1, 2, 3));
  CHECK(answer.facts["request-id"] == "r1");
  CHECK(refusal(*hf.dialect, {200, {{"Content-Type", "application/json"}}, R"({"error":"out of memory"})"}, edit()) ==
        "the service answered with no picture, but with application/json: out of memory");
  CHECK(refusal(*hf.dialect, {200, {}, ""}, edit()) == "the service answered with no picture, but with nothing");
  const std::string whole = png(picture());
  CHECK(
      refusal(*hf.dialect, {200, {}, whole.substr(0, whole.size() / 2)}, edit()).starts_with("the service's answer: "));
  CHECK(hf.dialect->ping()->url == "http://h:1/health");
}

TEST_CASE("Hugging Face segmentation: labels with masks") {
  const Opened hf = open("hf-segment", {{"url", "http://h"}});
  const HttpRequest request = hf.dialect->request({.task = "segment", .image = picture()});
  CHECK(header_value(request.headers, "content-type") == "image/png");
  CHECK(decoded(request.body).width() == 32);
  const Bytes mask = encode_mask(left_half(), {Format::png});
  const Json list = {{{"label", "Upper-clothes"}, {"score", 0.9}, {"mask", to_base64(mask)}},
                     {{"label", "Hat"}, {"mask", to_base64(mask)}}};
  const RemoteAnswer answer = hf.dialect->answer({{200, {}, list.dump()}}, {});
  REQUIRE(answer.regions.size() == 2);
  CHECK(answer.regions[0].label == "Upper-clothes");
  CHECK(answer.regions[0].score == 0.9);
  CHECK(most_different(answer.regions[0].mask.values(), left_half().values()) == 0);
  CHECK(refusal(*hf.dialect, {200, {}, R"({"error":"no"})"}, {}) ==
        "the service's answer is no list of labels with masks");
  CHECK(refusal(*hf.dialect, {200, {}, R"([{"label":"a"}])"}, {}).starts_with("the service's answer has no 'mask'"));
}

TEST_CASE("ObjectCut: a form with base64, errors with status 200") {
  const Opened cut = open("objectcut", {{"url", "http://h.example/remove"}});
  const HttpRequest request = cut.dialect->request({.task = "remove-bg", .image = picture()});
  CHECK(header_value(request.headers, "x-rapidapi-key") == "KEY");
  CHECK(header_value(request.headers, "x-rapidapi-host") == "h.example");
  CHECK(header_value(request.headers, "content-type") == "application/x-www-form-urlencoded");
  CHECK(request.body.starts_with("image_base64=iVBOR"));
  CHECK(request.body.ends_with("&output_format=base64&to_remove=background&color_removal=transparent"));
  CHECK(request.body.find_first_of("+/ ") == std::string::npos);  // encoded

  cv::Mat rgba(24, 32, CV_8UC4, cv::Scalar(9, 9, 9, 51));
  const Json good = {
      {"error", false}, {"correlation_id", "c"}, {"response", {{"image_base64", base64(png(Image(rgba)))}}}};
  const RemoteAnswer answer = cut.dialect->answer({{200, {}, good.dump()}}, {});
  CHECK(answer.matte.values().at<float>(5, 5) == doctest::Approx(0.2));
  CHECK(answer.facts["request-id"] == "c");
  CHECK(refusal(*cut.dialect, {200, {}, R"({"error":true,"error_id":"002","message":"cannot decode"})"}, {}) ==
        "the service refuses: cannot decode (error \"002\")");
}

TEST_CASE("remove.bg: a form; the opacity comes in a ZIP or in a PNG; credits are told") {
  const Opened bg = open("removebg");
  const HttpRequest request = bg.dialect->request({.task = "remove-bg", .image = picture()});
  CHECK(header_value(request.headers, "x-api-key") == "KEY");
  CHECK(part_called(request, "image_file").type == "image/png");
  CHECK(part_called(request, "size").content == "auto");
  CHECK(part_called(request, "format").content == "zip");

  const Bytes alpha = encode_mask(left_half(), {Format::png});
  const std::string zip = zip_of({{"color.jpg", "x"}, {"alpha.png", {alpha.begin(), alpha.end()}}});
  const RemoteAnswer answer =
      bg.dialect->answer({{200, {{"X-Credits-Charged", "1.0"}, {"X-Type", "product"}}, zip}}, {});
  CHECK(answer.matte.values().at<float>(3, 3) == 1);
  CHECK(answer.matte.values().at<float>(3, 30) == 0);
  CHECK(answer.facts["credits-charged"] == "1.0");
  CHECK(refusal(*bg.dialect, {200, {}, zip_of({{"color.jpg", "x"}})}, {}) ==
        "the service's ZIP archive has no usable 'alpha.png'");
  CHECK(refusal(*bg.dialect, {200, {}, zip.substr(0, zip.size() / 2)}, {})
            .starts_with("the service's ZIP archive cannot be read"));
  CHECK(refusal(*bg.dialect, {200, {}, png(picture())}, {}) ==
        "the service answered with a picture that is not transparent anywhere");
  CHECK_THROWS_AS(open("removebg", {{"options.format", "gif"}}), SpecError);

  CHECK(bg.dialect->ping()->url == "https://api.remove.bg/v1.0/account");
  const Json told =
      bg.dialect->pinged({200, {}, R"({"data":{"attributes":{"credits":{"total":210},"api":{"free_calls":50}}}})"});
  CHECK(told["credits"]["total"] == 210);
  CHECK(told["free-calls"] == 50);
}

TEST_CASE("OpenAI: the mask is transparent where to repaint; generations are JSON") {
  const Opened ai = open("openai");
  const HttpRequest request = ai.dialect->request(edit());
  CHECK(header_value(request.headers, "authorization") == "Bearer KEY");
  CHECK(part_called(request, "model").content == "gpt-image-1");
  CHECK(part_called(request, "prompt").content == "red \"t\"");
  CHECK(part_called(request, "size").content == "32x24");
  CHECK(part_called(request, "quality").content == "auto");
  CHECK(has_part(request, "image[]"));
  CHECK_FALSE(has_part(request, "response_format"));
  const cv::Mat mask = decoded(part_called(request, "mask").content).pixels();
  REQUIRE(mask.channels() == 4);
  CHECK(mask.at<cv::Vec4b>(3, 3)[3] == 0);
  CHECK(mask.at<cv::Vec4b>(3, 30)[3] == 255);
  const std::string once = header_value(request.headers, "Idempotency-Key");
  CHECK(once.size() == 32);
  CHECK(header_value(ai.dialect->request(edit()).headers, "Idempotency-Key") == once);
  RemoteRequest other = edit();
  other.seed = 8;
  CHECK(header_value(ai.dialect->request(other).headers, "Idempotency-Key") != once);

  const HttpRequest old = open("openai", {{"options.model", "dall-e-2"}}).dialect->request(edit());
  CHECK(has_part(old, "image"));
  CHECK(part_called(old, "response_format").content == "b64_json");

  const HttpRequest generation = ai.dialect->request({.task = "generate", .prompt = "a cup", .count = 3});
  CHECK(generation.url == "https://api.openai.com/v1/images/generations");
  CHECK(Json::parse(generation.body)["n"] == 3);

  const Json reply = {{"data", {{{"b64_json", base64(png(picture()))}, {"revised_prompt", "a red cup"}}}}};
  const RemoteAnswer answer = ai.dialect->answer({{200, {{"x-request-id", "q"}}, reply.dump()}}, edit());
  CHECK(answer.images.size() == 1);
  CHECK(answer.facts["revised-prompt"] == "a red cup");
  CHECK(answer.facts["request-id"] == "q");
  CHECK(refusal(*ai.dialect, {200, {}, R"({"data":[]})"}, edit()) == "the service answered with no picture");
}

TEST_CASE("Stability: a form; a filtered picture is none") {
  const Opened stability = open("stability");
  const HttpRequest request = stability.dialect->request(edit());
  CHECK(header_value(request.headers, "accept") == "image/*");
  CHECK(part_called(request, "prompt").content == "red \"t\"");
  CHECK(part_called(request, "seed").content == "7");
  CHECK(part_called(request, "grow_mask").content == "5");
  CHECK(part_called(request, "mask").type == "image/png");
  CHECK(stability.dialect->needs_prompt("inpaint"));
  CHECK(stability.dialect->answer({{200, {{"finish-reason", "SUCCESS"}}, png(picture())}}, edit()).images.size() == 1);
  CHECK(refusal(*stability.dialect, {200, {{"finish-reason", "CONTENT_FILTERED"}}, png(picture())}, edit()) ==
        "the service filtered the result (CONTENT_FILTERED)");

  const Opened erase = open("stability-erase");
  CHECK_FALSE(erase.dialect->needs_prompt("inpaint"));
  CHECK_FALSE(has_part(erase.dialect->request(edit()), "prompt"));
  const HttpRequest cut = stability.dialect->request({.task = "remove-bg", .image = picture()});
  CHECK(cut.url == "https://api.stability.ai/v2beta/stable-image/edit/remove-background");
  CHECK_FALSE(has_part(cut, "mask"));
  CHECK(stability.dialect->pinged({200, {}, R"({"credits":7.5})"})["credits"] == 7.5);
}

TEST_CASE("AUTOMATIC1111: img2img and txt2img") {
  const Opened web = open("a1111", {{"options.checkpoint", "sd15"}, {"options.fill", "noise"}}, {"user:word", {}});
  const HttpRequest request = web.dialect->request(edit());
  CHECK(request.url == "http://127.0.0.1:7860/sdapi/v1/img2img");
  CHECK(header_value(request.headers, "authorization") == "Basic dXNlcjp3b3Jk");
  const Json body = Json::parse(request.body);
  CHECK(body["init_images"].size() == 1);
  CHECK(body["inpainting_mask_invert"] == 0);
  CHECK(body["inpainting_fill"] == 2);
  CHECK(body["denoising_strength"] == 0.75);
  CHECK(body["seed"] == 7);
  CHECK(body["width"] == 32);
  CHECK(body["override_settings"]["sd_model_checkpoint"] == "sd15");
  const Json reply = {{"images", {base64(png(picture())), base64(png(picture()))}}, {"info", R"({"seed": 99})"}};
  const RemoteAnswer answer = web.dialect->answer({{200, {}, reply.dump()}}, edit());
  CHECK(answer.images.size() == 1);  // as many as asked for
  CHECK(answer.facts["seed"] == 99);
  CHECK(web.dialect->request({.task = "generate", .prompt = "x", .count = 2}).url.ends_with("/sdapi/v1/txt2img"));
  CHECK(refusal(*web.dialect, {200, {}, R"({"images":[]})"}, edit()) == "the service answered with no picture");
  CHECK_THROWS_AS(open("a1111", {{"options.fill", "x"}}), SpecError);
}

TEST_CASE("SageMaker: JumpStart's payloads, signed just before sending") {
  const Opened maker = open("sagemaker", {{"region", "eu-west-1"}});
  HttpRequest request = maker.dialect->request(edit());
  CHECK(header_value(request.headers, "content-type") == "application/json;jpeg");
  const Json body = Json::parse(request.body);
  CHECK(from_text(body["image"]).width() == 32);
  CHECK(most_different(from_text(body["image"]).pixels(), picture().pixels()) <= 3);
  CHECK(from_text(body["mask_image"]).pixels().at<cv::Vec3b>(3, 3)[0] > 250);
  maker.dialect->sign(request);
  CHECK(header_value(request.headers, "authorization").find("/eu-west-1/sagemaker/aws4_request") != std::string::npos);

  Json numbers = Json::array();
  for (int y = 0; y < 2; ++y) numbers.push_back({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  for (const Json& reply : {Json{{"generated_images", {base64(png(picture(3, 2, {1, 2, 3})))}}},
                            Json{{"generated_images", {numbers}}}, Json{{"generated_image", numbers}},
                            Json{{"artifacts", {{{"base64", base64(png(picture(3, 2, {1, 2, 3})))}}}}}}) {
    const RemoteAnswer answer = maker.dialect->answer({{200, {}, reply.dump()}}, edit());
    REQUIRE(answer.images.size() == 1);
    CHECK(answer.images[0].width() == 3);
    CHECK(answer.images[0].pixels().at<cv::Vec3b>(0, 0) == cv::Vec3b(1, 2, 3));
  }
  CHECK(refusal(*maker.dialect, {200, {}, R"({"message":"no"})"}, edit()) ==
        "the service's answer has no 'generated_images.0': no");
}

TEST_CASE("asynchronous SageMaker: upload, call, then result and failure by turns") {
  CHECK_THROWS_AS(open("sagemaker-async"), SpecError);  // no bucket
  const Opened maker = open("sagemaker-async", {{"options.input-bucket", "in"}, {"options.poll-seconds", "2"}});
  HttpRequest upload = maker.dialect->request(edit());
  CHECK(upload.method == "PUT");
  CHECK(upload.url.starts_with("https://in.s3.us-east-1.amazonaws.com/inpaint/"));
  CHECK_FALSE(maker.dialect->first_is_paid());
  CHECK(maker.dialect->request(edit()).url == upload.url);
  maker.dialect->sign(upload);
  CHECK(header_value(upload.headers, "authorization").find("/s3/aws4_request") != std::string::npos);

  std::vector<HttpResponse> answers{{200}};
  CHECK(maker.dialect->job(answers).is_null());
  auto next = maker.dialect->follow(upload, answers);
  REQUIRE(next);
  CHECK(next->paid);
  CHECK(next->request.url == maker.card.url);
  CHECK(header_value(next->request.headers, "X-Amzn-SageMaker-InputLocation") ==
        "s3://in/" + upload.url.substr(upload.url.find("inpaint/")));
  CHECK(header_value(next->request.headers, "X-Amzn-SageMaker-Content-Type") == "application/json;jpeg");

  answers.push_back(
      {202,
       {{"X-Amzn-SageMaker-OutputLocation", "s3://out/a b.json"}, {"X-Amzn-SageMaker-FailureLocation", "s3://out/f"}},
       ""});
  const Json job = maker.dialect->job(answers);
  CHECK(job["output"] == "s3://out/a b.json");
  const std::vector<HttpResponse> again = maker.dialect->answers_of_job(job);
  next = maker.dialect->follow(upload, again);
  REQUIRE(next);
  CHECK(next->request.url == "https://out.s3.us-east-1.amazonaws.com/a%20b.json");
  CHECK(next->after_seconds == 2);
  CHECK_FALSE(next->paid);
  CHECK(maker.dialect->judge(HttpResponse{404}, 2).kind == Verdict::Kind::answer);
  CHECK(maker.dialect->judge(HttpResponse{404}, 1).kind == Verdict::Kind::fail);

  answers.push_back({404});
  CHECK(maker.dialect->job(answers).is_null());
  next = maker.dialect->follow(upload, answers);
  REQUIRE(next);
  CHECK(next->request.url == "https://out.s3.us-east-1.amazonaws.com/f");
  std::vector<HttpResponse> failed = answers, done = answers;
  failed.push_back({200, {}, "CUDA out of memory"});
  CHECK_FALSE(maker.dialect->follow(upload, failed));
  CHECK_THROWS_WITH_AS(maker.dialect->answer(failed, edit()), "the service failed: CUDA out of memory", ItemError);
  done.push_back({404});
  done.push_back({200, {}, Json{{"generated_images", {base64(png(picture()))}}}.dump()});
  CHECK_FALSE(maker.dialect->follow(upload, done));
  CHECK(maker.dialect->answer(done, edit()).images.size() == 1);

  const Opened hasty = open("sagemaker-async", {{"options.input-bucket", "in"}, {"options.longest-seconds", "5"}});
  std::vector<HttpResponse> late = again;
  while (hasty.dialect->follow(upload, late)) late.push_back({404});
  CHECK(late.size() == 4);
  CHECK_THROWS_WITH_AS(hasty.dialect->answer(late, edit()), "no result within 5 s; it would come to s3://out/a b.json",
                       ItemError);
}

TEST_CASE("asynchronous SageMaker: no place for failures, odd places, refused keys, buckets of any name") {
  const Opened maker =
      open("sagemaker-async", {{"options.input-bucket", "my-inpaint"}, {"options.s3-url", "http://s3:9"}});
  const HttpRequest upload = maker.dialect->request(edit());
  const std::string input =
      header_value(maker.dialect->follow(upload, {{200}})->request.headers, "X-Amzn-SageMaker-InputLocation");
  CHECK(input.starts_with("s3://my-inpaint/inpaint/"));
  CHECK(input.find("inpaint/inpaint/inpaint") == std::string::npos);

  std::vector<HttpResponse> answers{{200}, {202, {{"X-Amzn-SageMaker-OutputLocation", "s3://out/r"}}}, {404}};
  const auto next = maker.dialect->follow(upload, answers);
  REQUIRE(next);
  CHECK(next->request.url == "http://s3:9/out/r");
  answers.push_back({200, {}, Json{{"generated_images", {base64(png(picture()))}}}.dump()});
  CHECK_FALSE(maker.dialect->follow(upload, answers));
  CHECK(maker.dialect->answer(answers, edit()).images.size() == 1);

  const std::vector<HttpResponse> odd{{200}, {202, {{"X-Amzn-SageMaker-OutputLocation", "https://elsewhere/r"}}}};
  CHECK_FALSE(maker.dialect->follow(upload, odd));
  CHECK_THROWS_AS(maker.dialect->answer(odd, edit()), ItemError);
  CHECK(maker.dialect->judge(HttpResponse{403, {}, "<Code>AccessDenied</Code>"}, 2).kind == Verdict::Kind::answer);
  CHECK(maker.dialect->judge(HttpResponse{403, {}, "<Code>ExpiredToken</Code>"}, 2).kind == Verdict::Kind::stop);
}

TEST_CASE("options that do not decide about results are told apart") {
  const auto deciding = deciding_options(find_endpoint("sagemaker-async", {{"options.poll-seconds", "9"}}));
  CHECK(deciding.contains("steps"));
  CHECK_FALSE(deciding.contains("poll-seconds"));
  CHECK_FALSE(deciding.contains("input-bucket"));
}

TEST_CASE("a service that its card describes") {
  const std::string head = "name: mine\ndialect: http\ntasks: [inpaint]\nurl: http://h/x\n";
  const Opened json = open_card(head + R"(options:
  template: '{"in": {"p": "{prompt}", "list": ["{image}", 3]}, "m": "{mask}", "s": "{seed}", "t": "{width}x{height}"}'
  mask: black
  result: out.0.png
  header.X-Key: "Token {key}"
  ping: /up
)");
  const HttpRequest request = json.dialect->request(edit());
  CHECK(header_value(request.headers, "X-Key") == "Token KEY");
  const Json body = Json::parse(request.body);
  CHECK(body["in"]["p"] == "red \"t\"");
  CHECK(body["in"]["list"][1] == 3);
  CHECK(body["s"] == 7);
  CHECK(body["t"] == "32x24");
  CHECK(from_text(body["m"]).pixels().at<cv::Vec3b>(3, 3)[0] == 0);  // black is repainted
  CHECK(json.dialect->needs_prompt("inpaint"));
  CHECK(json.dialect->ping()->url == "http://h/up");
  const Json reply = {{"out", {{{"png", "data:image/png;base64," + base64(png(picture()))}}}}};
  CHECK(json.dialect->answer({{200, {}, reply.dump()}}, edit()).images.at(0).width() == 32);

  const Opened form = open_card(
      head + R"(options: {body: multipart, mask: alpha, template: '{"a": "{image}", "b": "{mask}", "n": 4}'})");
  const HttpRequest parts = form.dialect->request(edit());
  CHECK(part_called(parts, "a").file_name == "a.png");
  CHECK(part_called(parts, "n").content == "4");
  CHECK(decoded(part_called(parts, "b").content).pixels().at<cv::Vec4b>(3, 3)[3] == 0);
  CHECK_FALSE(form.dialect->needs_prompt("inpaint"));

  CHECK_THROWS_AS(open_card(head + "options: {template: '[1]'}"), SpecError);
  CHECK_THROWS_AS(open_card(head + "options: {body: soup, template: '{}'}"), SpecError);
}

TEST_CASE("what does not fit into a service's bytes goes out as JPEG, or not at all") {
  cv::Mat noise(200, 200, CV_8UC3);
  cv::theRNG().state = 1;
  cv::randu(noise, 0, 255);
  RemoteRequest asked{.task = "remove-bg", .image = Image(noise)};
  CHECK(part_called(open("removebg").dialect->request(asked), "image_file").type == "image/png");
  CHECK(part_called(open("removebg", {{"limits.bytes", "60000"}}).dialect->request(asked), "image_file").type ==
        "image/jpeg");
  CHECK_THROWS_WITH_AS(open("removebg", {{"limits.bytes", "500"}}).dialect->request(asked),
                       "200 × 200 pixels do not fit into the 500 bytes that endpoint removebg takes; make the picture "
                       "smaller",
                       ItemError);
}

TEST_CASE("base64 comes back as it was, whatever its length; nonsense is refused") {
  for (const std::string& text : std::vector<std::string>{"a", "ab", "abc", "abcd", {"\0\xff\x7f", 3}}) {
    const Bytes bytes = from_base64(base64(text));
    CHECK(std::string(bytes.begin(), bytes.end()) == text);
  }
  CHECK(base64("ab") == "YWI=");
  const Bytes loose = from_base64("data:text/plain;base64,YW\nI");
  CHECK(std::string(loose.begin(), loose.end()) == "ab");
  for (const char* wrong : {"", "!!!!", "YWI==", "Y", "===="}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(from_base64(wrong), ItemError);
  }
}

}  // namespace inpaint::test
