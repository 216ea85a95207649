// The driver module `onnx`: ONNX files on OpenCV's dnn. Loaded when the first file needs it.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <opencv2/core/cuda.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <thread>

#include "core/error.h"
#include "nn/driver.h"
#include "nn/onnx/fix_inputs_private.h"
#include "nn/onnx/model_file.h"
#include "nn/onnx/net_pool_private.h"

namespace inpaint {
namespace {

namespace dnn = cv::dnn;

const DriverHost* host = nullptr;

// The part of an exception that tells something: what stands behind its last "error:" and the code there, up to "in
// function".
std::string reason_of(const cv::Exception& error) {
  const std::string mark = "error: ";
  std::string text = error.err;
  if (const size_t at = text.rfind(mark); at != std::string::npos) text = text.substr(at + mark.size());
  if (text.starts_with("(")) text = text.substr(std::min(text.size(), text.find(')') + 1));
  text = text.substr(0, text.find("in function"));
  for (char& c : text) c = c == '\n' ? ' ' : c;
  const size_t first = text.find_first_not_of("> "), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "no reason given" : text.substr(first, last - first + 1);
}

// OpenCV tells "Node [Op@domain]:(onnx_node!NAME) parse error".
std::string refused_node(const cv::Exception& error, const OnnxModel& model) {
  const size_t at = error.err.find("Node [");
  if (at == std::string::npos) return "";
  const std::string place = error.err.substr(at, error.err.find(") parse error", at) - at);
  for (const OnnxNode& node : model.nodes) {
    const bool named = !node.name.empty() && place.ends_with("!" + node.name);
    if (named || place.ends_with("!" + node.outputs.front())) return node.told();
  }
  return "an operator";
}

std::string refusal(const std::string& file, const OnnxModel& model, const cv::Exception& error) {
  const std::string node = refused_node(error, model);
  return fmt::format(
      "{}: OpenCV {} cannot run {} ({}); export it again with opset 11 and fixed sizes (torch.onnx.export(..., "
      "opset_version=11)), or as TorchScript",
      file, CV_VERSION, node.empty() ? "this network" : node, reason_of(error));
}

struct Stamp {
  off_t size = 0;
  ino_t inode = 0;
  timespec changed{};
  bool operator==(const Stamp& o) const {
    return size == o.size && inode == o.inode && changed.tv_sec == o.changed.tv_sec &&
           changed.tv_nsec == o.changed.tv_nsec;
  }
};

Stamp stamp_of(const std::string& file) {
  struct stat facts {};
  if (stat(file.c_str(), &facts) != 0) return {};
  return {facts.st_size, facts.st_ino, facts.st_mtim};
}

bool has_cuda() {
  for (const dnn::Target target : dnn::getAvailableTargets(dnn::DNN_BACKEND_CUDA)) {
    if (target == dnn::DNN_TARGET_CUDA) return cv::cuda::getCudaEnabledDeviceCount() > 0;
  }
  return false;
}

// OpenCV knows no tensors of rank 0 and 1.
std::vector<int64_t> shape_of(const cv::Mat& values, const TensorFacts& declared) {
  if (declared.shape.size() == 1) return {static_cast<int64_t>(values.total())};
  if (declared.shape.empty() && values.total() == 1) return {};
  return {values.size.p, values.size.p + values.dims};
}

Tensor tensor_of(const cv::Mat& values, const TensorFacts& declared) {
  Tensor tensor(shape_of(values, declared));
  const cv::Mat out(values.dims, values.size.p, CV_32F, tensor.data());
  values.convertTo(out, CV_32F);
  return tensor;
}

cv::Mat mat_of(const Tensor& tensor) {
  const std::vector<int> sizes(tensor.shape().begin(), tensor.shape().end());
  // OpenCV reads it only.
  return {static_cast<int>(sizes.size()), sizes.data(), CV_32F, const_cast<float*>(tensor.data())};
}

bool fits(const std::vector<int64_t>& given, const std::vector<int64_t>& declared) {
  if (declared.empty()) return true;
  if (given.size() != declared.size()) return false;
  for (size_t i = 0; i < given.size(); ++i) {
    if (declared[i] >= 0 && given[i] != declared[i]) return false;
  }
  return true;
}

bool is_free(const std::vector<int64_t>& shape) { return std::count(shape.begin(), shape.end(), -1) > 0; }

// The file's own shapes, free extents settled by those of a usual call; a free batch is 1.
std::vector<std::vector<int64_t>> settled_shapes(const OnnxModel& model, const OpenRequest& request) {
  std::vector<std::vector<int64_t>> shapes;
  for (size_t i = 0; i < model.inputs.size(); ++i) {
    std::vector<int64_t> shape = model.inputs[i].shape;
    const bool sampled = i < request.sample_shapes.size() && request.sample_shapes[i].size() == shape.size();
    for (size_t k = 0; k < shape.size(); ++k) {
      if (shape[k] < 0 && k == 0) shape[k] = 1;
      if (shape[k] < 0 && sampled) shape[k] = request.sample_shapes[i][k];
    }
    shapes.push_back(shape);
  }
  return shapes;
}

class OpencvNet : public Net {
 public:
  OpencvNet(const OpenRequest& request, const OnnxModel& model)
      : file_(request.file), stamp_(stamp_of(file_)), inputs_(model.inputs), outputs_(model.outputs) {
    choose_device(request);
    const std::vector<std::vector<int64_t>> usual = settled_shapes(model, request);
    dnn::Net first;
    try {
      first = read_tried(model, usual);
    } catch (const cv::Exception& error) {
      first = read_settled(model, usual, error);
    }
    pool_ = std::make_unique<NetPool<dnn::Net>>(first, copies(), [this] { return read_again(); });
  }

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override {
    check(inputs);
    std::vector<Tensor> outputs;
    pool_->with_net([&](dnn::Net& net) {
      try {
        outputs = forward(net, inputs);
      } catch (const cv::Exception& error) {
        if (error.code == cv::Error::StsNoMem || error.err.find("out of memory") != std::string::npos)
          throw std::bad_alloc();
        throw ItemError(fmt::format("{}: the network refuses {}: {}", file_, told(inputs), reason_of(error)));
      }
    });
    return outputs;
  }

  NetFacts facts() const override { return {"opencv " CV_VERSION, device_, precision_, ""}; }

 private:
  void choose_device(const OpenRequest& request) {
    const bool cuda = has_cuda();
    if (request.device.kind == Device::Kind::cuda && !cuda)
      throw MissingError(
          fmt::format("{}: ONNX files run on the CPU only, as OpenCV {} here is built without CUDA; use "
                      "--device cpu, or the model as TorchScript",
                      file_, CV_VERSION));
    device_ = request.device;
    if (device_.kind == Device::Kind::automatic) device_.kind = cuda ? Device::Kind::cuda : Device::Kind::cpu;
    if (device_.kind == Device::Kind::cuda && device_.index >= cv::cuda::getCudaEnabledDeviceCount())
      throw MissingError(fmt::format("{}: there is no GPU {}; there are {}", file_, device_.index,
                                     cv::cuda::getCudaEnabledDeviceCount()));
    if (device_.kind == Device::Kind::cpu) device_.index = 0;
    const bool half = request.precision == Precision::fp16 && device_.kind == Device::Kind::cuda;
    if (!half && request.precision != Precision::fp32 && request.precision != Precision::automatic)
      throw MissingError(
          fmt::format("{}: OpenCV {} computes it in fp32 only; use --precision fp32 or auto", file_, CV_VERSION));
    precision_ = half ? Precision::fp16 : Precision::fp32;
  }

  // OpenCV works out most sizes when it reads a file: those that are free may have to be settled before.
  dnn::Net read_settled(const OnnxModel& model, const std::vector<std::vector<int64_t>>& usual,
                        const cv::Exception& refused) {
    for (size_t i = 0; i < inputs_.size(); ++i) fixed_ = fixed_ || usual[i] != inputs_[i].shape;
    if (!fixed_ || std::any_of(usual.begin(), usual.end(), is_free)) throw MissingError(refusal(file_, model, refused));
    for (size_t i = 0; i < inputs_.size(); ++i) inputs_[i].shape = usual[i];
    try {
      return read_tried(model, usual);
    } catch (const cv::Exception& error) {
      throw MissingError(refusal(file_, model, error));
    }
  }

  // Some operators and shapes are refused only when they run: that is told before any picture is read.
  dnn::Net read_tried(const OnnxModel& model, const std::vector<std::vector<int64_t>>& usual) const {
    dnn::Net net = read(model);
    std::vector<Tensor> zeros;
    for (const std::vector<int64_t>& shape : usual) {
      if (shape.empty() || is_free(shape)) return net;
      zeros.emplace_back(shape);
      std::fill_n(zeros.back().data(), zeros.back().size(), 0.0F);
    }
    forward(net, zeros);
    return net;
  }

  dnn::Net read(const OnnxModel& model) const {
    dnn::Net net;
    if (fixed_) {
      std::vector<std::vector<int64_t>> shapes;
      for (const TensorFacts& input : inputs_) shapes.push_back(input.shape);
      const std::string bytes = with_input_shapes(model, shapes);
      net = dnn::readNetFromONNX(bytes.data(), bytes.size());
    } else {
      net = dnn::readNetFromONNX(file_);
    }
    if (device_.kind == Device::Kind::cuda) {
      net.setPreferableBackend(dnn::DNN_BACKEND_CUDA);
      net.setPreferableTarget(precision_ == Precision::fp16 ? dnn::DNN_TARGET_CUDA_FP16 : dnn::DNN_TARGET_CUDA);
    } else {
      net.setPreferableBackend(dnn::DNN_BACKEND_OPENCV);
      net.setPreferableTarget(dnn::DNN_TARGET_CPU);
    }
    return net;
  }

  dnn::Net read_again() const {
    if (!(stamp_of(file_) == stamp_)) throw ItemError(file_ + ": changed while it was in use; start again");
    try {
      return read(read_onnx(file_));
    } catch (const cv::Exception& error) {
      throw ItemError(fmt::format("{}: cannot be read again: {}", file_, reason_of(error)));
    }
  }

  std::vector<Tensor> forward(dnn::Net& net, const std::vector<Tensor>& inputs) const {
    if (device_.kind == Device::Kind::cuda) cv::cuda::setDevice(device_.index);  // per thread
    for (size_t i = 0; i < inputs.size(); ++i) net.setInput(mat_of(inputs[i]), inputs_[i].name);
    std::vector<std::string> names;
    for (const TensorFacts& output : outputs_) names.push_back(output.name);
    std::vector<cv::Mat> values;
    net.forward(values, names);
    std::vector<Tensor> outputs;
    for (size_t i = 0; i < values.size(); ++i) outputs.push_back(tensor_of(values[i], outputs_[i]));
    return outputs;
  }

  // Measured with OpenCV 4.6: a net of the U-2-Net family at 320 x 320 takes 160 MB and twice its file.
  int copies() const {
    constexpr double budget = 2e9;
    const double each = 160e6 + 2.0 * static_cast<double>(stamp_.size);
    const int callers = static_cast<int>(std::thread::hardware_concurrency()) / std::max(1, host->threads_per_worker());
    return std::clamp(static_cast<int>(budget / each), 1, std::max(1, callers));
  }

  void check(const std::vector<Tensor>& inputs) const {
    bool good = inputs.size() == inputs_.size();
    for (size_t i = 0; good && i < inputs.size(); ++i) good = fits(inputs[i].shape(), inputs_[i].shape);
    if (good) return;
    std::string expected;
    for (const TensorFacts& input : inputs_)
      expected += (expected.empty() ? "" : ", ") + input.name + " " + shape_text(input.shape);
    throw ItemError(fmt::format("{}: the network expects {}{}; given {}", file_, expected,
                                fixed_ ? " (OpenCV needs one size: give it as input.size in the card)" : "",
                                told(inputs)));
  }

  static std::string told(const std::vector<Tensor>& inputs) {
    std::string text;
    for (const Tensor& input : inputs) text += (text.empty() ? "" : ", ") + shape_text(input.shape());
    return text.empty() ? "nothing" : text;
  }

  std::string file_;
  Stamp stamp_;
  std::vector<TensorFacts> inputs_, outputs_;
  bool fixed_ = false;  // inputs_ tells sizes that the file leaves free
  Device device_;
  Precision precision_ = Precision::fp32;
  std::unique_ptr<NetPool<dnn::Net>> pool_;
};

class OpencvDriver : public Driver {
 public:
  std::string version() const override {
    return fmt::format("opencv {} (dnn: cpu{})", CV_VERSION, has_cuda() ? ", cuda" : "");
  }

  std::unique_ptr<Net> open(const OpenRequest& request) const override {
    return std::make_unique<OpencvNet>(request, read_onnx(request.file));
  }

  FileFacts inspect(const std::string& file) const override {
    const OnnxModel model = read_onnx(file);
    FileFacts facts{fmt::format("ONNX opset {}", model.opset), model.inputs, model.outputs, {}};
    OpenRequest request;
    request.file = file;
    try {
      const OpencvNet tried(request, model);
    } catch (const MissingError& refusal) {
      facts.notes.emplace_back(refusal.what());
    }
    return facts;
  }
};

}  // namespace
}  // namespace inpaint

extern "C" __attribute__((visibility("default"))) inpaint::Driver& inpaint_driver_1(const inpaint::DriverHost& host) {
  inpaint::host = &host;
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);  // what is wrong is told by exceptions
  static inpaint::OpencvDriver driver;
  return driver;
}
