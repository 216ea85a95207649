// examples/convert_weights.py --architecture pconv, where Python is.
#include <doctest/doctest.h>

#include <cstdlib>

#include "naive.h"
#include "nn/models.h"
#include "nn/native/pconv.h"
#include "support.h"

using namespace inpaint;
using namespace inpaint::native;
using namespace inpaint::test;

TEST_CASE("published layouts, converted, make what the ports' own formulas make") {
  const std::string python = "/usr/bin/python3", tests = std::string(INPAINT_SOURCE_DIR) + "/tests/nn/native/";
  const std::string converter = std::string(INPAINT_SOURCE_DIR) + "/examples/convert_weights.py";
  const auto runs = [](const std::string& command) { return std::system((command + " >/dev/null").c_str()) == 0; };
  struct Port {
    const char *name, *file, *options, *needs;
    double black, white;  // what the card must tell of the result
    std::vector<double> mean;
  };
  const Port ports[] = {{"naoto", "net.pth", " --entry model", "torch", 0, 1, {0.485, 0.456, 0.406}},
                        {"mmagic", "net.pth", " --entry state_dict", "torch", -1, 1, {0.5, 0.5, 0.5}},
                        {"keras", "net.h5", "", "torch, h5py", 0, 1, {0, 0, 0}}};
  for (const Port& port : ports) {
    if (!runs(python + " -c 'import " + port.needs + "' 2>/dev/null")) {
      MESSAGE("skipped: " << port.name << " needs python3 with " << port.needs);
      continue;
    }
    CAPTURE(port.name);
    const ScratchFolder folder;
    REQUIRE(runs(python + " " + tests + "published_pconv.py " + folder.path().string() + " " + port.name));
    const std::string file = folder / "own.safetensors";
    REQUIRE(runs(python + " " + converter + " " + (folder / port.file) + " " + file + " --architecture pconv" +
                 port.options));
    const Card card = find_card(file);
    CHECK(card.input.mean == port.mean);
    CHECK(card.output.range == std::vector<double>{port.black, port.white});
    CHECK(verified_file(card) == file);
    const Safetensors expected(folder / "expected.safetensors");
    Tensor x = expected.get("x");
    each(x, [&](int64_t n, int64_t c, int64_t y, int64_t at_x) {
      const size_t channel = static_cast<size_t>(c);
      float& value = at(x, n, c, y, at_x);
      value = static_cast<float>((static_cast<double>(value) - card.input.mean[channel]) / card.input.std[channel]);
    });
    Tensor made = open_pconv(Safetensors(file))->run({x, expected.get("known")}).at(0);
    for (int64_t i = 0; i < made.size(); ++i) {
      made.data()[i] =
          static_cast<float>((static_cast<double>(made.data()[i]) - port.black) / (port.white - port.black));
    }
    const Tensor result = expected.get("result");
    CHECK(difference(made, result) < 1e-5 * largest_of(result));
  }
}
