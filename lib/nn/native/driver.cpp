#include "nn/native/driver.h"

#include "core/error.h"
#include "nn/native/graph.h"
#include "nn/native/pconv.h"
#include "nn/native/u2net.h"
#include "nn/safetensors.h"

namespace inpaint {
namespace {

constexpr const char* architectures = "u2net, u2netp or pconv";

void check_request(const OpenRequest& request) {
  if (request.device.kind == Device::Kind::cuda) {
    throw MissingError(request.file + ": the native driver computes on the CPU; --device " +
                       Codec<Device>::print(request.device) + " needs the torch module");
  }
  if (request.precision != Precision::automatic && request.precision != Precision::fp32) {
    throw MissingError(request.file + ": the native driver computes in fp32; --precision " +
                       Codec<Precision>::print(request.precision) + " needs the torch module");
  }
}

std::string guess(const Safetensors& parameters) {
  return native::looks_like_pconv(parameters) ? "pconv" : native::guess_u2net(parameters);
}

void tell_pconv(const Safetensors& parameters, FileFacts& facts) {
  const native::PConvFacts net = native::pconv_facts(parameters);
  facts.notes.push_back(std::to_string(net.levels) + " levels, base " + net.base);
  facts.inputs.push_back({"known-image", "float32", {-1, 3, -1, -1}});
  facts.inputs.push_back({"known", "float32", {-1, 1, -1, -1}});
  if (net.base == "patch") facts.inputs.push_back({"filled-image+filled-image-2", "float32", {-1, 6, -1, -1}});
  facts.outputs.push_back({"picture", "float32", {-1, 3, -1, -1}});
}

void tell_u2net(const Safetensors& parameters, const std::string& architecture, FileFacts& facts) {
  const native::Graph graph = native::u2net_graph(parameters, architecture);
  facts.inputs.push_back({"image", "float32", {-1, 3, -1, -1}});
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    const int planes = graph.channels({graph.outputs()[i]});
    facts.outputs.push_back({"d" + std::to_string(i), "float32", {-1, planes, -1, -1}});
  }
}

class NativeDriver : public Driver {
 public:
  std::string version() const override {
    native::Graph graph;
    graph.output(graph.relu(graph.input(1)));
    return "native (cpu: " + native::compile(std::move(graph))->facts().detail + ")";
  }

  std::unique_ptr<Net> open(const OpenRequest& request) const override {
    check_request(request);
    const Safetensors parameters(request.file);
    if (request.architecture == "pconv") return native::open_pconv(parameters);
    if (request.architecture != "u2net" && request.architecture != "u2netp") {
      const std::string guessed = guess(parameters);
      const std::string looks = guessed.empty() ? "" : "; the file looks like " + guessed;
      throw MissingError(request.file + ": the card's architecture is '" + request.architecture + "', expected " +
                         architectures + looks);
    }
    return native::compile(native::u2net_graph(parameters, request.architecture));
  }

  FileFacts inspect(const std::string& file) const override {
    const Safetensors parameters(file);
    FileFacts facts{.format = "safetensors"};
    int64_t values = 0;
    for (const std::string& name : parameters.names()) {
      int64_t count = 1;
      for (const int64_t extent : parameters.shape(name)) count *= extent;
      values += count;
    }
    facts.notes.push_back(std::to_string(parameters.names().size()) + " tensors, " + std::to_string(values) +
                          " values");
    for (const auto& [key, value] : parameters.metadata()) facts.notes.push_back(key + ": " + value);
    const std::string architecture = guess(parameters);
    if (architecture.empty()) {
      facts.notes.push_back(std::string("no architecture that runs here (") + architectures + ")");
      return facts;
    }
    facts.notes.push_back("architecture: " + architecture);
    architecture == "pconv" ? tell_pconv(parameters, facts) : tell_u2net(parameters, architecture, facts);
    return facts;
  }
};

}  // namespace

Driver& native_driver() {
  static NativeDriver driver;
  return driver;
}

}  // namespace inpaint
