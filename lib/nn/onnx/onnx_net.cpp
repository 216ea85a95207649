#include "nn/onnx/onnx_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "nn/module.h"
#include "nn/onnx/import_private.h"

namespace inpaint {
namespace {

using Shape = std::vector<int64_t>;

std::string told(const std::vector<Shape>& shapes) {
  std::vector<std::string> texts;
  for (const Shape& shape : shapes) texts.push_back(shape_text(shape));
  return texts.empty() ? "nothing" : join(texts, ", ");
}

std::vector<Shape> shapes_of(const std::vector<Tensor>& tensors) {
  std::vector<Shape> shapes;
  for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
  return shapes;
}

// A file on the engine of our own.
class ImportedNet : public Net {
 public:
  ImportedNet(std::string file, ImportedGraph imported)
      : file_(std::move(file)),
        shapes_(std::move(imported.input_shapes)),
        net_(native::compile(std::move(imported.graph))) {}

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override {
    bool fits = inputs.size() == shapes_.size();
    for (size_t i = 0; fits && i < inputs.size(); ++i) {
      const Shape &given = inputs[i].shape(), &expected = shapes_[i];
      fits = given.size() == expected.size() && std::equal(given.begin(), given.end(), expected.begin(),
                                                           [](int64_t g, int64_t e) { return e < 0 || g == e; });
    }
    if (!fits)
      throw ItemError(
          fmt::format("{}: the network expects {}; given {}", file_, told(shapes_), told(shapes_of(inputs))));
    return net_->run(inputs);
  }

  NetFacts facts() const override { return net_->facts(); }

 private:
  std::string file_;
  std::vector<Shape> shapes_;
  std::unique_ptr<Net> net_;
};

// Runs a net made for batches of one once per picture.
class OneByOneNet : public Net {
 public:
  explicit OneByOneNet(std::unique_ptr<Net> net) : net_(std::move(net)) {}

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override {
    const int64_t batch = batch_of(inputs);
    if (batch < 2) return net_->run(inputs);
    std::vector<std::vector<Tensor>> results;  // by picture
    for (int64_t i = 0; i < batch; ++i) {
      std::vector<Tensor> one;
      for (const Tensor& input : inputs) one.push_back(entry_of(input, i));
      results.push_back(net_->run(one));
    }
    std::vector<Tensor> outputs;
    for (size_t k = 0; k < results[0].size(); ++k) outputs.push_back(stacked(results, k));
    return outputs;
  }

  NetFacts facts() const override { return net_->facts(); }

 private:
  // 0 if the inputs do not agree about it: then the net tells what is wrong.
  static int64_t batch_of(const std::vector<Tensor>& inputs) {
    int64_t batch = inputs.empty() || inputs[0].rank() == 0 ? 0 : inputs[0].extent(0);
    for (const Tensor& input : inputs) batch = input.rank() > 0 && input.extent(0) == batch ? batch : 0;
    return batch;
  }

  static Tensor entry_of(const Tensor& input, int64_t index) {
    Shape shape = input.shape();
    shape[0] = 1;
    Tensor entry(shape);
    std::copy_n(input.data() + index * entry.size(), entry.size(), entry.data());
    return entry;
  }

  static Tensor stacked(const std::vector<std::vector<Tensor>>& results, size_t output) {
    Shape shape = results[0][output].shape();
    for (const std::vector<Tensor>& result : results) {
      if (shape.empty() || shape[0] != 1 || result[output].shape() != shape)
        throw ItemError(
            fmt::format("the network's output {} of shape {} has no axis for pictures; feed them one by one", output,
                        shape_text(result[output].shape())));
    }
    shape[0] = static_cast<int64_t>(results.size());
    Tensor all(shape);
    float* at = all.data();
    for (const std::vector<Tensor>& result : results)
      at = std::copy(result[output].values().begin(), result[output].values().end(), at);
    return all;
  }

  std::unique_ptr<Net> net_;
};

// OpenCV settles a free batch as 1.
bool made_for_one(const OnnxModel& model) {
  return std::all_of(model.inputs.begin(), model.inputs.end(), [](const TensorFacts& input) {
    return !input.shape.empty() && (input.shape[0] == 1 || input.shape[0] < 0);
  });
}

bool for_own_engine(const OpenRequest& request) {
  return request.device.kind != Device::Kind::cuda &&
         (request.precision == Precision::automatic || request.precision == Precision::fp32);
}

// A card that feeds another size than the file was made for is told before any picture is read.
void check_usual_call(const OnnxModel& model, const OpenRequest& request) {
  const std::vector<Shape>& usual = request.sample_shapes;
  if (usual.empty()) return;
  std::vector<Shape> declared;
  for (const TensorFacts& input : model.inputs) declared.push_back(input.shape);
  bool fits = usual.size() == declared.size();
  for (size_t i = 0; fits && i < usual.size(); ++i) {
    if (declared[i].empty()) continue;  // not told
    fits = usual[i].size() == declared[i].size();
    for (size_t k = 1; fits && k < usual[i].size(); ++k) fits = declared[i][k] < 0 || usual[i][k] == declared[i][k];
  }
  if (!fits)
    throw MissingError(fmt::format("{}: takes {}; its card feeds {}: correct the card's input", request.file,
                                   told(declared), told(usual)));
}

std::string operators_of(const OnnxModel& model) {
  std::map<std::string, int> counts;
  for (const OnnxNode& node : model.nodes) ++counts[node.op];
  std::vector<std::string> texts;
  for (const auto& [op, count] : counts) texts.push_back(fmt::format("{} {}", count, op));
  return join(texts, ", ");
}

}  // namespace

std::unique_ptr<Net> open_onnx(const OpenRequest& request) {
  const OnnxModel model = read_onnx(request.file);
  check_usual_call(model, request);
  if (for_own_engine(request)) {
    std::string reason;
    if (auto imported = import_onnx(model, request.sample_shapes, reason))
      return std::make_unique<ImportedNet>(request.file, std::move(*imported));
    if (!has_module("onnx"))
      throw MissingError(
          fmt::format("{}: needs OpenCV's dnn, because of {}; install libopencv-dnn-dev and build again, "
                      "or set INPAINT_ONNX_MODULE to libinpaint_onnx.so",
                      request.file, reason));
    log(LogLevel::detail, fmt::format("{}: runs on OpenCV, because of {}", request.file, reason));
  }
  std::unique_ptr<Net> net = module_driver("onnx").open(request);
  if (made_for_one(model)) return std::make_unique<OneByOneNet>(std::move(net));
  return net;
}

FileFacts inspect_onnx(const std::string& file) {
  const OnnxModel model = read_onnx(file);
  FileFacts facts{fmt::format("ONNX opset {}", model.opset), model.inputs, model.outputs, {}};
  if (!model.producer.empty()) facts.notes.push_back("made by " + model.producer);
  facts.notes.push_back(fmt::format("{} parameters", model.parameters()));
  facts.notes.push_back("operators: " + operators_of(model));
  std::string reason;
  if (import_onnx(model, {}, reason)) {
    facts.notes.push_back("runs on the engine of inpaint itself");
    return facts;
  }
  facts.notes.push_back("not for the engine of inpaint itself: " + reason);
  if (!has_module("onnx")) return facts;
  const std::vector<std::string> refusals = module_driver("onnx").inspect(file).notes;
  facts.notes.push_back(refusals.empty() ? "runs on " + module_driver("onnx").version() : refusals.front());
  return facts;
}

}  // namespace inpaint
