// What opens network files. Standard library and core only: driver modules include this.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.h"
#include "nn/net.h"

namespace inpaint {

/// What to open, and how.
struct OpenRequest {
  std::string file;                      ///< path
  std::string architecture;              ///< for files that hold parameters only: "u2net", "pconv", ...; else empty
  std::vector<std::string> input_types;  ///< per input: "float32" (also where missing), "int64", "uint8", "bool"
  Device device;
  Precision precision = Precision::automatic;
  /// The shapes that a usual call has, for measuring; empty: not known.
  std::vector<std::vector<int64_t>> sample_shapes;
  /// Largest difference to fp32 (of outputs that span about [0,1]) up to which a reduced precision is accepted by
  /// itself.
  double tolerance = 0.02;
};

/// A tensor that a file declares; extents that are free or not told are -1.
struct TensorFacts {
  std::string name, type;
  std::vector<int64_t> shape;
};

/// What a file says about itself.
struct FileFacts {
  std::string format;  ///< "TorchScript", "ONNX opset 11", "safetensors"
  std::vector<TensorFacts> inputs, outputs;
  std::vector<std::string> notes;  ///< producer, parameters, operators that nothing here runs
};

/// A GPU.
struct GpuFacts {
  std::string name;
  int64_t memory = 0;  ///< bytes
};

/// A network runtime. Threads may call it at the same time.
class Driver {
 public:
  virtual ~Driver() = default;
  /// One line for --version -v: "torch 1.13.1 (cpu: AVX512; 2 GPUs: ...)".
  virtual std::string version() const = 0;
  virtual std::vector<GpuFacts> gpus() const { return {}; }
  /// Throws MissingError if the file is absent, is no such file (naming what it is, and the cure), is damaged, does not
  /// fit the architecture (naming the first parameters that differ), or the device is absent.
  virtual std::unique_ptr<Net> open(const OpenRequest& request) const = 0;
  /// Throws MissingError likewise.
  virtual FileFacts inspect(const std::string& file) const = 0;
};

/// What a module may ask of the program that opened it (its own copies of such state would be others).
struct DriverHost {
  int (*threads_per_worker)();
  void (*log)(LogLevel level, std::string_view text);
};

/// What a driver module exports under C linkage as `inpaint_driver_1` (the number changes with these headers). `host`
/// and the driver live until the program ends.
using DriverEntry = Driver& (*)(const DriverHost& host);

}  // namespace inpaint
