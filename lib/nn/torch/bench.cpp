// Drives the torch module on tensors, without the rest of the program:
//   torch_bench FILE [--architecture u2net|u2netp] [--device cpu|cuda:0] [--precision auto|fp32|bf16|fp16]
//               [--shapes 1x3x512x512,1x1x512x512] [--batches 1,2,4] [--threads N] [--repeats N] [--no-reference]
//               [--dump FOLDER]
// Prints what the file says, how it runs, the largest difference to fp32 on the CPU, and per batch size the time of a
// call (median) and pictures per second. --shapes are those of one picture, a tensor each.
// --dump writes what went in and came out as raw float32: FOLDER/in0.f32, ..., FOLDER/out0.f32, ...
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>

#include "nn/driver.h"

namespace {

using namespace inpaint;

int threads = static_cast<int>(std::thread::hardware_concurrency());
int threads_of_bench() { return threads; }
void print_line(LogLevel, std::string_view text) { std::cerr << text << '\n'; }

using Shapes = std::vector<std::vector<int64_t>>;

std::vector<int64_t> numbers(const std::string& text, char between) {
  std::vector<int64_t> out;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, between);) out.push_back(std::stoll(part));
  return out;
}

Shapes shapes_of(const std::string& text) {
  Shapes shapes;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) shapes.push_back(numbers(part, 'x'));
  return shapes;
}

std::vector<Tensor> random_inputs(const Shapes& shapes, int64_t batch) {
  std::vector<Tensor> inputs;
  uint64_t state = 7;
  for (std::vector<int64_t> shape : shapes) {
    shape[0] *= batch;
    Tensor tensor(shape);
    for (int64_t i = 0; i < tensor.size(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const float value = static_cast<float>(state >> 40) / static_cast<float>(1 << 24);
      tensor.data()[i] = shape[1] == 1 ? std::round(value) : value;  // one plane: a mask
    }
    inputs.push_back(tensor);
  }
  return inputs;
}

Driver& load_module() {
  char self[4096] = {};
  const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
  const std::string beside(self, size > 0 ? static_cast<size_t>(size) : 0);
  const char* given = std::getenv("INPAINT_TORCH_MODULE");
  const std::string file = given != nullptr ? given : beside.substr(0, beside.rfind('/')) + "/libinpaint_torch.so";
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* entry = handle == nullptr ? nullptr : dlsym(handle, "inpaint_driver_1");
  if (entry == nullptr) throw std::runtime_error(dlerror());
  static const DriverHost host{&threads_of_bench, &print_line};
  return reinterpret_cast<DriverEntry>(entry)(host);
}

double largest_difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (int64_t k = 0; k < a[i].size(); ++k)
      largest = std::max(largest, static_cast<double>(std::abs(a[i].data()[k] - b.at(i).data()[k])));
  }
  return largest;
}

void print_facts(const Driver& driver, const std::string& file) {
  const FileFacts facts = driver.inspect(file);
  std::cout << facts.format << '\n';
  for (const TensorFacts& input : facts.inputs)
    std::cout << "  in  " << input.name << ' ' << shape_text(input.shape) << '\n';
  for (const TensorFacts& output : facts.outputs) std::cout << "  out " << output.name << ' ' << output.type << '\n';
  for (const std::string& note : facts.notes) std::cout << "  " << note << '\n';
}

void dump(const std::string& folder, const std::string& name, const std::vector<Tensor>& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::ofstream file(folder + "/" + name + std::to_string(i) + ".f32", std::ios::binary);
    file.write(reinterpret_cast<const char*>(tensors[i].data()),
               static_cast<std::streamsize>(tensors[i].values().size_bytes()));
    if (!file) throw std::runtime_error(folder + ": cannot be written");
  }
}

void measure(const Net& net, const Shapes& shapes, int64_t batch, int repeats) {
  const std::vector<Tensor> inputs = random_inputs(shapes, batch);
  std::vector<double> times, cpu_times;
  const auto call = [&] {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    net.run(inputs);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    cpu_times.push_back(1e3 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  };
  call();
  const double first = times[0];
  times.clear();
  cpu_times.clear();
  for (int i = 0; i < repeats; ++i) call();
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  std::printf("batch %ld: %.1f ms a call (first %.1f, least %.1f; least CPU %.1f), %.2f pictures/s\n",
              static_cast<long>(batch), median, first, times[0], *std::min_element(cpu_times.begin(), cpu_times.end()),
              1e3 * static_cast<double>(batch) / median);
}

int bench(const std::string& file, std::map<std::string, std::string> options, bool reference) {
  Driver& driver = load_module();
  std::cout << driver.version() << '\n';
  if (options["--architecture"].empty()) print_facts(driver, file);
  if (!options["--threads"].empty()) threads = std::stoi(options["--threads"]);
  OpenRequest request;
  request.file = file;
  request.architecture = options["--architecture"];
  request.device = Codec<Device>::parse(options["--device"]);
  request.precision = Codec<Precision>::parse(options["--precision"]);
  request.sample_shapes = shapes_of(options["--shapes"]);
  const std::unique_ptr<Net> net = driver.open(request);
  const NetFacts facts = net->facts();
  std::cout << facts.driver << " on " << Codec<Device>::print(facts.device) << ", "
            << Codec<Precision>::print(facts.precision) << "; " << facts.detail << '\n';
  if (reference) {
    const std::vector<Tensor> inputs = random_inputs(request.sample_shapes, 1);
    OpenRequest plain = request;
    plain.device = {Device::Kind::cpu, 0};
    plain.precision = Precision::fp32;
    plain.sample_shapes.clear();
    std::cout << "largest difference to fp32 on the CPU: "
              << largest_difference(net->run(inputs), driver.open(plain)->run(inputs)) << std::endl;
  }
  if (const std::string& folder = options["--dump"]; !folder.empty()) {
    const std::vector<Tensor> inputs = random_inputs(request.sample_shapes, 1);
    dump(folder, "in", inputs);
    dump(folder, "out", net->run(inputs));
  }
  for (const int64_t batch : numbers(options["--batches"], ','))
    measure(*net, request.sample_shapes, batch, std::stoi(options["--repeats"]));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  std::map<std::string, std::string> options{{"--architecture", ""},      {"--device", "auto"}, {"--precision", "auto"},
                                             {"--shapes", "1x3x320x320"}, {"--batches", "1"},   {"--threads", ""},
                                             {"--repeats", "5"},          {"--dump", ""}};
  std::string file;
  bool reference = true;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--no-reference") {
      reference = false;
    } else if (options.count(word) != 0 && i + 1 < count) {
      options[word] = arguments[++i];
    } else if (file.empty() && word[0] != '-') {
      file = word;
    } else {
      std::cerr << "torch_bench: " << word << ": unknown; see the head of lib/nn/torch/bench.cpp\n";
      return 2;
    }
  }
  try {
    return bench(file, options, reference);
  } catch (const std::exception& error) {
    std::cerr << "torch_bench: " << error.what() << '\n';
    return 1;
  }
}
