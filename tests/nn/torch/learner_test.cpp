// Networks that learn in the torch module.
#include "nn/learner.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "../native/pconv_naive.h"
#include "core/error.h"
#include "core/threads.h"
#include "nn/module.h"
#include "nn/native/driver.h"
#include "support.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

bool no_module() {
  set_threads_per_worker(1);
  if (has_module("torch")) return false;
  MESSAGE("skipped: this build has no torch module");
  return true;
}

LearnerOptions small_pconv(const std::string& base = "none") {
  LearnerOptions options;
  options.architecture = "pconv";
  options.width = 4;
  options.levels = 3;
  options.base = base;
  options.device = {Device::Kind::cpu, 0};
  return options;
}

LearnerOptions u2netp() {
  LearnerOptions options;
  options.architecture = "u2netp";
  options.device = {Device::Kind::cpu, 0};
  return options;
}

// What a batch has besides if networks read patch fills: the pictures with grey in their holes, and with white.
Tensor plain_fills(const std::vector<Tensor>& batch) {
  const int64_t size = batch[0].extent(2);
  Tensor filled({batch[0].extent(0), 6, size, size});
  each(filled, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const float color = c < 3 ? 0.5F : 1.F;
    at(filled, n, c, y, x) = at(batch[1], n, 0, y, x) > 0 ? at(batch[0], n, c % 3, y, x) : color;
  });
  return filled;
}

// Two pictures; the first with a hole in the middle, the second with one at the border.
std::vector<Tensor> batch_of(int64_t size, bool mattes = false) {
  Tensor picture = hashed_tensor({2, 3, size, size}, 5), second({2, 1, size, size});
  for (int64_t i = 0; i < picture.size(); ++i)
    picture.data()[i] =
        0.4F + 0.1F * picture.data()[i] + 0.2F * static_cast<float>(i % size) / static_cast<float>(size);
  each(second, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const bool middle = y > size / 4 && y < size / 2 && x > size / 4 && x < 3 * size / 4;
    const bool inside = n == 0 ? middle : y < size / 3;
    at(second, n, c, y, x) = inside == mattes ? 1.F : 0.F;
  });
  return {picture, second};
}

void take_steps(Learner& learner, const std::vector<Tensor>& batch, int count, double rate = 1e-3) {
  for (int i = 0; i < count; ++i) REQUIRE(learner.step(batch, {.learning_rate = rate}).finite);
}

std::string save_weights(const ScratchFolder& folder, const Learner& learner) {
  const std::string file = folder / "net.safetensors";
  write_safetensors(file, learner.weights(), learner.metadata());
  return file;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  double largest = 0;
  for (int64_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
  return largest;
}

bool same_bits(const std::vector<std::pair<std::string, Tensor>>& a,
               const std::vector<std::pair<std::string, Tensor>>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    const auto bytes = static_cast<size_t>(a[i].second.size()) * sizeof(float);
    if (a[i].first != b[i].first || std::memcmp(a[i].second.data(), b[i].second.data(), bytes) != 0) return false;
  }
  return true;
}

const Tensor& named(const std::vector<std::pair<std::string, Tensor>>& all, const std::string& name) {
  for (const auto& [key, tensor] : all) {
    if (key == name) return tensor;
  }
  FAIL("no tensor " << name);
  return all.front().second;
}

template <class Error>
std::string refusal(const LearnerOptions& options) {
  try {
    make_learner(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// Through a driver, of any holes.
Tensor run_file(Driver& driver, const std::string& file, const std::string& architecture,
                const std::vector<Tensor>& inputs) {
  OpenRequest request;
  request.file = file;
  request.architecture = architecture;
  request.device = {Device::Kind::cpu, 0};
  return driver.open(request)->run(inputs).at(0);
}

Tensor masked(const Tensor& picture, const Tensor& known) {
  Tensor made(picture.shape());
  each(made, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    at(made, n, c, y, x) = at(picture, n, c, y, x) * at(known, n, 0, y, x);
  });
  return made;
}

}  // namespace

TEST_CASE("a partial-convolution U-Net that has learned is the formula with a mask per channel") {
  if (no_module()) return;
  const auto learner = make_learner(small_pconv());
  take_steps(*learner, batch_of(32), 12, 1e-2);  // the norms are no identities any more
  const ScratchFolder folder;
  const std::string file = save_weights(folder, *learner);
  for (const int64_t width : {24, 40, 104}) {  // maps of all sizes: large ones are computed in another way
    const Tensor picture = batch_of(width)[0];
    Tensor known({2, 1, width, width});
    each(known, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
      const bool hole = n == 0 ? hashed(3, static_cast<uint64_t>(y * width + x)) < 0.4F || x > 3 * width / 4 : y != 1;
      at(known, n, c, y, x) = hole ? 0.F : 1.F;
    });
    const Tensor in = masked(picture, known), expected = NaivePConv(learner->weights(), 3).run(in, known);
    double largest = 1;
    for (const float value : expected.values()) largest = std::max(largest, std::abs(static_cast<double>(value)));
    CHECK(largest_difference(run_file(module_driver("torch"), file, "pconv", {in, known}), expected) < 1e-5 * largest);
    CHECK(largest_difference(run_file(native_driver(), file, "pconv", {in, known}), expected) < 1e-5 * largest);
  }
}

// A gradient as steps follow it, against the loss before and behind it.
class SlopeCheck {
 public:
  SlopeCheck(const LearnerOptions& options, std::vector<Tensor> batch)
      : batch_(std::move(batch)), learner_(make_learner(options)) {
    take_steps(*learner_, batch_, 3, 1e-2);
    before_ = learner_->state();
    take_steps(*learner_, batch_, 1, 0);
    const auto after = learner_->state();
    for (const auto& [name, weights] : learner_->weights()) {
      if (name.find("running") != std::string::npos) continue;
      // Adam's first moment: m' = 0.9 m + 0.1 gradient.
      const Tensor &old = named(before_, "first/" + name), &now = named(after, "first/" + name);
      Tensor gradient(now.shape());
      for (int64_t i = 0; i < now.size(); ++i) gradient.data()[i] = 10 * (now.data()[i] - 0.9F * old.data()[i]);
      gradients_.push_back({name, gradient});
    }
  }

  const std::vector<std::pair<std::string, Tensor>>& gradients() const { return gradients_; }

  // The slope of the loss along the gradient of these tensors, over what the gradient says; `change`: how much the loss
  // is to change for it.
  double agreement(const std::vector<std::pair<std::string, Tensor>>& along, double change) const {
    double square = 0;
    for (const auto& [name, gradient] : along) {
      for (const float value : gradient.values()) square += static_cast<double>(value) * value;
    }
    const double way = change / square;
    return (loss_at(along, way) - loss_at(along, -way)) / (2 * change);
  }

 private:
  double loss_at(const std::vector<std::pair<std::string, Tensor>>& along, double way) const {
    auto moved = before_;
    for (const auto& [name, gradient] : along) {
      for (auto& [key, tensor] : moved) {
        if (key != "live/" + name) continue;
        const Tensor from = tensor;
        tensor = Tensor(from.shape());
        for (int64_t i = 0; i < tensor.size(); ++i)
          tensor.data()[i] = from.data()[i] + static_cast<float>(way * gradient.data()[i]);
      }
    }
    const ScratchFolder folder;
    write_safetensors(folder / "state", moved);
    learner_->restore(Safetensors(folder / "state"));
    return learner_->step(batch_, {.learning_rate = 0}).loss;
  }

  std::vector<Tensor> batch_;
  std::unique_ptr<Learner> learner_;
  std::vector<std::pair<std::string, Tensor>> before_, gradients_;
};

TEST_CASE("a step follows the slope of the loss") {
  if (no_module()) return;
  LearnerOptions options = small_pconv();
  options.clip = 0;
  options.width = 8;
  const SlopeCheck check(options, batch_of(96));
  for (const auto& gradient : check.gradients()) {
    CAPTURE(gradient.first);
    CHECK(std::abs(check.agreement({gradient}, 1e-3) - 1) < 0.05);
  }
}

TEST_CASE("a step of U-2-NetP follows the slope of the loss") {
  if (no_module()) return;
  LearnerOptions options = u2netp();
  options.clip = 0;
  const SlopeCheck check(options, batch_of(64, true));
  CHECK(std::abs(check.agreement(check.gradients(), 1e-3) - 1) < 0.01);
}

void check_added(const std::string& base) {
  const auto learner = make_learner(small_pconv(base));
  std::vector<Tensor> batch = batch_of(32);
  std::vector<Tensor> inputs{masked(batch[0], batch[1]), batch[1]};
  if (base == "patch") batch.push_back(plain_fills(batch)), inputs.push_back(batch.back());
  take_steps(*learner, batch, 8, 1e-2);
  const ScratchFolder folder;
  const std::string file = save_weights(folder, *learner);
  const Tensor torch = run_file(module_driver("torch"), file, "pconv", inputs);
  CHECK(largest_difference(torch, run_file(native_driver(), file, "pconv", inputs)) < 1e-5);
  // What it predicts is that in the hole, and the picture elsewhere.
  const Tensor predicted = learner->predict(batch);
  each(predicted, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const bool known = at(batch[1], n, 0, y, x) > 0;
    const float expected = known ? at(batch[0], n, c, y, x) : std::clamp(at(torch, n, c, y, x), 0.F, 1.F);
    REQUIRE(at(predicted, n, c, y, x) == doctest::Approx(expected).epsilon(1e-4));
  });
}

TEST_CASE("a network that adds to other fills is the same in the torch module and on the engine") {
  if (no_module()) return;
  SUBCASE("pull-push") { check_added("pull-push"); }
  SUBCASE("patch") { check_added("patch"); }
}

TEST_CASE("before it has learned, a network that adds to other fills gives nearly their mean") {
  if (no_module()) return;
  Tensor picture({1, 3, 16, 16}), known({1, 1, 16, 16});
  std::fill_n(picture.data(), picture.size(), 0.25F);
  each(known, [&](int64_t n, int64_t c, int64_t y, int64_t x) { at(known, n, c, y, x) = x < 8 ? 1.F : 0.F; });
  const Tensor made = make_learner(small_pconv("pull-push"))->predict({picture, known});
  for (const float value : made.values()) CHECK(value == doctest::Approx(0.25).epsilon(0.05));
  const Tensor mixed = make_learner(small_pconv("patch"))->predict({picture, known, plain_fills({picture, known})});
  each(mixed, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    CHECK(at(mixed, n, c, y, x) == doctest::Approx(x < 8 ? 0.25 : 1.75 / 3).epsilon(0.05));
  });
}

TEST_CASE("a network on a smooth fill that is widened begins as the mean of what it made and of the patch fills") {
  if (no_module()) return;
  const auto narrow = make_learner(small_pconv("pull-push"));
  std::vector<Tensor> batch = batch_of(32);
  take_steps(*narrow, batch, 12, 1e-2);
  const ScratchFolder folder;
  LearnerOptions options = small_pconv("patch");
  options.weights = save_weights(folder, *narrow);
  const Tensor before = narrow->predict(batch);
  batch.push_back(plain_fills(batch));
  const auto wide = make_learner(options);
  CHECK(wide->metadata().at("base") == "patch");
  const Tensor after = wide->predict(batch);
  double changed = 0, off = 0;
  each(after, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    if (at(batch[1], n, 0, y, x) > 0) return;
    const double mean = (at(before, n, c, y, x) + 0.75) / 2;  // fills of 0.5 and 1
    off += std::abs(at(after, n, c, y, x) - mean);
    changed += std::abs(at(after, n, c, y, x) - at(before, n, c, y, x));
  });
  CHECK(off < 0.15 * changed);  // not exactly: more planes are known, which a partial convolution weighs
  REQUIRE(wide->step(batch, {.learning_rate = 1e-3}).finite);
}

TEST_CASE("a pair of pictures is learned by heart") {
  if (no_module()) return;
  for (const bool mattes : {false, true}) {
    const auto learner = make_learner(mattes ? u2netp() : small_pconv());
    const std::vector<Tensor> batch = batch_of(32, mattes);
    const double first = learner->step(batch, {.learning_rate = 2e-3}).loss;
    take_steps(*learner, batch, mattes ? 15 : 80, 2e-3);
    CHECK(learner->step(batch, {.learning_rate = 2e-3}).loss < 0.5 * first);
  }
}

TEST_CASE("a U-2-NetP that has learned predicts what the engine makes of its weights") {
  if (no_module()) return;
  const auto learner = make_learner(u2netp());
  const std::vector<Tensor> batch = batch_of(32, true);
  take_steps(*learner, batch, 3);
  const ScratchFolder folder;
  Tensor fed(batch[0].shape());
  const float mean[] = {.485F, .456F, .406F}, deviation[] = {.229F, .224F, .225F};
  each(fed, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    at(fed, n, c, y, x) = (at(batch[0], n, c, y, x) - mean[c]) / deviation[c];
  });
  const Tensor engine = run_file(native_driver(), save_weights(folder, *learner), "u2netp", {fed});
  CHECK(largest_difference(learner->predict(batch), engine) < 1e-4);
}

TEST_CASE("a restored learner goes on with the same bits") {
  if (no_module()) return;
  for (const LearnerOptions& options : {small_pconv("pull-push"), u2netp()}) {
    const std::vector<Tensor> batch = batch_of(32, options.architecture == "u2netp");
    const auto uninterrupted = make_learner(options);
    take_steps(*uninterrupted, batch, 2);
    const ScratchFolder folder;
    write_safetensors(folder / "state", uninterrupted->state());
    take_steps(*uninterrupted, batch, 2);
    LearnerOptions other = options;
    other.seed = 99;
    const auto resumed = make_learner(other);
    resumed->restore(Safetensors(folder / "state"));
    take_steps(*resumed, batch, 2);
    CHECK(same_bits(resumed->state(), uninterrupted->state()));
  }
}

TEST_CASE("a step without a number changes nothing") {
  if (no_module()) return;
  const auto learner = make_learner(small_pconv());
  std::vector<Tensor> batch = batch_of(32);
  take_steps(*learner, batch, 1);
  const auto before = learner->state();
  batch[0].data()[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(learner->step(batch, {.learning_rate = 1e-3}).finite);
  CHECK(same_bits(learner->state(), before));
}

TEST_CASE("frozen norms of the encoder keep their statistics, the decoder's go on") {
  if (no_module()) return;
  const auto learner = make_learner(small_pconv());
  const std::vector<Tensor> batch = batch_of(32);
  take_steps(*learner, batch, 1);
  const auto before = learner->state();
  REQUIRE(learner->step(batch, {.learning_rate = 1e-3, .freeze_encoder_norms = true}).finite);
  const auto after = learner->state();
  const auto changed = [&](const std::string& name) {
    return largest_difference(named(before, name), named(after, name)) > 0;
  };
  CHECK_FALSE(changed("live/enc2.bn.running_mean"));
  CHECK_FALSE(changed("live/enc3.bn.running_var"));
  CHECK(changed("live/dec2.bn.running_mean"));
  CHECK(changed("live/enc2.conv.weight"));
}

TEST_CASE("weights come from a file, and another network's are refused") {
  if (no_module()) return;
  const auto learner = make_learner(small_pconv("pull-push"));
  const std::vector<Tensor> batch = batch_of(32);
  take_steps(*learner, batch, 2);
  const ScratchFolder folder;
  LearnerOptions options = small_pconv();
  options.weights = save_weights(folder, *learner);
  const auto begun = make_learner(options);
  CHECK(begun->metadata().at("base") == "pull-push");
  for (const auto& [name, tensor] : learner->weights())
    CHECK(largest_difference(named(begun->weights(), name), tensor) == 0);
  options.architecture = "u2netp";
  CHECK(refusal<MissingError>(options).find("no weights of u2netp") != std::string::npos);
  options.architecture = "resnet";
  CHECK(refusal<MissingError>(options).find("pconv and u2netp can be taught") != std::string::npos);
  options = small_pconv();
  options.device = {Device::Kind::cuda, 63};
  CHECK(refusal<MissingError>(options).find("--device cuda:63") != std::string::npos);
}

TEST_CASE("terms of the loss have weights, and unknown ones are named") {
  if (no_module()) return;
  const std::vector<Tensor> batch = batch_of(32);
  LearnerOptions options = small_pconv();
  options.loss = {{"valid", 0}, {"tv", 0}, {"structure", 0}, {"texture", 0}, {"hole", 2}};
  const StepResult result = make_learner(options)->step(batch, {.learning_rate = 1e-3});
  CHECK(result.loss == doctest::Approx(2 * result.terms.at("hole")));
  for (auto& [term, weight] : options.loss) weight = 0;
  CHECK(refusal<SpecError>(options).find("nothing to learn from") != std::string::npos);
  options.loss = {{"stile", 1}};
  CHECK(refusal<SpecError>(options).find("'stile' is no term of pconv") != std::string::npos);
}

TEST_CASE("with weights of VGG16 the loss is the published one") {
  if (no_module()) return;
  const ScratchFolder folder;
  const int64_t planes[] = {3, 64, 64, 128, 128, 256, 256, 256};
  const char* names[] = {"0", "2", "5", "7", "10", "12", "14"};
  NamedTensors vgg;
  for (size_t i = 0; i < 7; ++i) {
    Tensor weight = hashed_tensor({planes[i + 1], planes[i], 3, 3}, i);
    for (int64_t k = 0; k < weight.size(); ++k)
      weight.data()[k] *= static_cast<float>(std::sqrt(6.0 / static_cast<double>(9 * planes[i])));
    vgg.emplace_back(std::string("features.") + names[i] + ".weight", weight);
    vgg.emplace_back(std::string("features.") + names[i] + ".bias", filled({planes[i + 1]}, 0));
  }
  write_safetensors(folder / "vgg.safetensors", vgg);
  LearnerOptions options = small_pconv();
  options.features = folder / "vgg.safetensors";
  const StepResult result = make_learner(options)->step(batch_of(32), {.learning_rate = 1e-3});
  const auto& terms = result.terms;
  CHECK(result.loss == doctest::Approx(terms.at("valid") + 6 * terms.at("hole") + 0.1 * terms.at("tv") +
                                       0.05 * terms.at("perceptual") + 120 * terms.at("style")));
  CHECK(terms.at("style") > 0);
  vgg.erase(vgg.begin());
  write_safetensors(folder / "vgg.safetensors", vgg);
  CHECK(refusal<MissingError>(options).find("features.0.weight") != std::string::npos);
}

TEST_CASE("bf16 learns like fp32, and fp16 is refused") {
  if (no_module()) return;
  const std::vector<Tensor> batch = batch_of(32);
  LearnerOptions options = small_pconv();
  options.precision = Precision::fp32;
  const double exact = make_learner(options)->step(batch, {.learning_rate = 1e-3}).loss;
  options.precision = Precision::bf16;
  CHECK(make_learner(options)->step(batch, {.learning_rate = 1e-3}).loss == doctest::Approx(exact).epsilon(0.03));
  options.precision = Precision::fp16;
  CHECK(refusal<SpecError>(options).find("fp32 and bf16") != std::string::npos);
}
