// Times the native driver and compares it with what Python made of the same file: native_reference.py, native.sh,
// pconv.sh.
// Usage: native_speed FOLDER u2net|u2netp|pconv [threads [workers]]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <opencv2/core/utility.hpp>
#include <thread>

#include "core/threads.h"
#include "nn/native/driver.h"
#include "nn/safetensors.h"

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double most_apart(const inpaint::Tensor& a, const inpaint::Tensor& b) {
  double most = a.shape() == b.shape() ? 0 : INFINITY;
  for (int64_t i = 0; i < a.size() && std::isfinite(most); ++i) {
    most = std::max(most, static_cast<double>(std::abs(a.data()[i] - b.data()[i])));
  }
  return most;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const std::string folder = arguments[1], name = arguments[2];
  const int threads = count > 3 ? std::stoi(arguments[3]) : 2, workers = count > 4 ? std::stoi(arguments[4]) : 1;
  inpaint::set_threads_per_worker(threads);
  cv::setNumThreads(threads);
  const double start = now();
  const auto net = inpaint::native_driver().open({.file = folder + "/" + name + ".safetensors", .architecture = name});
  const inpaint::Safetensors given(folder + "/input.safetensors");
  std::vector<inpaint::Tensor> inputs{given.get("x")};
  if (given.has("known")) inputs.push_back(given.get("known"));
  const double opened = now();
  const std::clock_t before_first = std::clock();
  const std::vector<inpaint::Tensor> outputs = net->run(inputs);
  const double busy = static_cast<double>(std::clock() - before_first) / CLOCKS_PER_SEC;
  const double first = now();
  const inpaint::Safetensors expected(folder + "/output.safetensors");
  std::printf(
      "native %s (%s): opened in %.1f ms, first run %.1f ms (%.1f of the processors); difference of d0 %.2g, of others",
      name.c_str(), net->facts().detail.c_str(), (opened - start) * 1e3, (first - opened) * 1e3, busy * 1e3,
      most_apart(outputs[0], expected.get("d0")));
  double worst = 0;
  for (size_t i = 1; i < outputs.size(); ++i) {
    worst = std::max(worst, most_apart(outputs[i], expected.get("d" + std::to_string(i))));
  }
  constexpr int runs = 20;
  std::vector<std::vector<double>> times(static_cast<size_t>(workers));
  std::vector<std::thread> all;
  const double before = now();
  for (std::vector<double>& own : times) {
    all.emplace_back([&] {
      for (int i = 0; i < runs; ++i) {
        const double from = now();
        net->run(inputs);
        own.push_back(now() - from);
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  const double each = (now() - before) / (runs * workers);
  std::sort(times[0].begin(), times[0].end());
  std::printf(" %.2g\n  %d worker(s) of %d thread(s): best %.4f s, median %.4f s; %.4f s per picture\n", worst, workers,
              threads, times[0].front(), times[0][runs / 2], each);
}
