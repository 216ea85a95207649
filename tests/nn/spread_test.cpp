#include "nn/spread.h"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace inpaint::test {
namespace {

// Answers with its number. If told to, callers wait inside until as many as given are.
class NumberedNet : public Net {
 public:
  explicit NumberedNet(float number) : number_(number) {}
  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override {
    if (inputs.empty()) throw std::runtime_error("no input");
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [] { return inside >= wanted; });
    Tensor answer({1});
    *answer.data() = number_;
    return {answer};
  }
  NetFacts facts() const override { return {"numbered", {Device::Kind::cpu, 0}, Precision::fp32, ""}; }

  inline static std::mutex mutex;
  inline static std::condition_variable changed;
  inline static int inside = 0, wanted = 0;

 private:
  float number_;
};

SpreadNet three() {
  NumberedNet::inside = 0;
  return SpreadNet(
      {std::make_shared<NumberedNet>(0.f), std::make_shared<NumberedNet>(1.f), std::make_shared<NumberedNet>(2.f)});
}

}  // namespace

TEST_CASE("calls at the same time go to different devices, alone they go to the first") {
  const SpreadNet net = three();
  NumberedNet::wanted = 0;
  const std::vector<Tensor> inputs = {Tensor({1})};
  CHECK(*net.run(inputs)[0].data() == 0);
  CHECK(*net.run(inputs)[0].data() == 0);
  NumberedNet::inside = 0;
  NumberedNet::wanted = 3;
  std::vector<float> answers(3);
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] { answers[i] = *net.run(inputs)[0].data(); });
    std::unique_lock lock(NumberedNet::mutex);
    NumberedNet::changed.wait(lock, [&] { return NumberedNet::inside == static_cast<int>(i) + 1; });
  }
  threads.clear();
  CHECK(answers == std::vector<float>{0, 1, 2});
}

TEST_CASE("a failed call frees its place") {
  const SpreadNet net = three();
  NumberedNet::wanted = 0;
  for (int i = 0; i < 3; ++i) CHECK_THROWS_AS(net.run({}), std::runtime_error);
  CHECK(*net.run({Tensor({1})})[0].data() == 0);
  CHECK(net.facts().detail == "on 3 devices");
  CHECK_THROWS_AS(SpreadNet({}), std::invalid_argument);
}

}  // namespace inpaint::test
