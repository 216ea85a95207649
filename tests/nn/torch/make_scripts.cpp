// Writes the small TorchScript files that the tests of the torch module open: make_scripts FOLDER
#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <iostream>

namespace {

using torch::jit::Module;

Module defined(const std::string& source) {
  Module module("network");
  module.define(source);
  return module;
}

// The test computes the same values.
at::Tensor waves(const std::vector<int64_t>& shape, double step, double scale, double middle) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return ((at::arange(count, at::kDouble) * step).sin() * scale + middle).to(at::kFloat).view(shape);
}

// Convolution, batch norm, ReLU, the same input convolved again, a transposed convolution to twice the size with a
// batch norm behind, as in LaMa.
Module convolutions() {
  Module module("network");
  module.register_parameter("first", waves({4, 3, 3, 3}, 0.7, 0.2, 0), false);
  module.register_parameter("first_bias", waves({4}, 0.3, 0.1, 0), false);
  module.register_parameter("up", waves({4, 2, 3, 3}, 0.9, 0.3, 0), false);
  module.register_parameter("up_bias", waves({2}, 0.5, 0.1, 0), false);
  for (const std::string name : {"n1", "n2"}) {
    const int64_t planes = name == "n1" ? 4 : 2;
    module.register_parameter(name + "_weight", waves({planes}, 1.1, 0.3, 1), false);
    module.register_parameter(name + "_bias", waves({planes}, 1.3, 0.2, 0), false);
    module.register_buffer(name + "_mean", waves({planes}, 1.7, 0.1, 0));
    module.register_buffer(name + "_variance", waves({planes}, 1.9, 0.2, 1));
  }
  module.define(R"(
def forward(self, x):
    y = torch.conv2d(x, self.first, self.first_bias, [1, 1], [1, 1], [1, 1], 1)
    y = torch.batch_norm(y, self.n1_weight, self.n1_bias, self.n1_mean, self.n1_variance, False, 0.1, 1e-05, True)
    y = torch.relu_(y)
    y = torch.conv_transpose2d(y, self.up, self.up_bias, [2, 2], [1, 1], [1, 1], 1, [1, 1])
    y = torch.batch_norm(y, self.n2_weight, self.n2_bias, self.n2_mean, self.n2_variance, False, 0.1, 1e-05, True)
    return torch.sigmoid(y)
)");
  return module;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "make_scripts FOLDER\n";
    return 2;
  }
  const std::string folder = std::string(arguments[1]) + "/";
  defined("def forward(self, image, mask):\n    return image * (1 - mask) + mask * 0.5\n").save(folder + "two.pt");
  defined("def forward(self, x):\n    return (x + 1, [x * 2, x * 3])\n").save(folder + "tuple.pt");
  defined("def forward(self, x):\n    return {\"zebra\": x, \"apple\": x * 2}\n").save(folder + "dict.pt");
  defined("def forward(self, x, labels):\n    return x + torch.bitwise_and(labels, 1)\n").save(folder + "whole.pt");
  defined("def forward(self, x, scale: int = 3):\n    return x * scale\n").save(folder + "default.pt");
  defined("def forward(self, x):\n    return x.add_(1)\n").save(folder + "in_place.pt");
  defined("def forward(self, x):\n    return x + torch.ones([1], device=torch.device(\"cuda:0\"))\n")
      .save(folder + "gpu_constant.pt");
  defined("def forward(self, x: List[Tensor]):\n    return x[0]\n").save(folder + "list.pt");
  defined("def predict(self, x):\n    return x\n").save(folder + "no_forward.pt");
  convolutions().save(folder + "convolutions.pt");
  return 0;
}
