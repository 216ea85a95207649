// A card from what a file tells. Everything that a file cannot tell is a guess, and marked as one.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "core/checksum.h"
#include "core/names.h"
#include "nn/file_kind.h"
#include "nn/inspect.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

bool is_picture_depth(int64_t extent) { return extent == 1 || extent == 3 || extent == 4; }

bool contains(const std::string& text, const std::string& part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; }) != text.end();
}

bool channels_last(const TensorFacts& tensor) {
  const auto& s = tensor.shape;
  return (s.size() == 4 && !is_picture_depth(s[1]) && is_picture_depth(s[3])) || (s.size() == 3 && s[2] == 3);
}

// -1 if the file does not tell.
int64_t channels(const TensorFacts& tensor) {
  const auto& s = tensor.shape;
  if (channels_last(tensor)) return s.back();
  return s.size() == 4 ? s[1] : -1;
}

std::string size_of(const TensorFacts& tensor) {
  const auto& s = tensor.shape;
  if (s.size() < 3) return "free";
  const size_t rows = channels_last(tensor) ? s.size() - 3 : s.size() - 2;
  const int64_t height = s[rows], width = s[rows + 1];
  if (height < 0 || width < 0) return "free";
  return height == width ? fmt::format("{}", width) : fmt::format("{}x{}", width, height);
}

// What follows these words in a note of inspect_file's.
std::string noted(const FileFacts& facts, const std::string& head) {
  for (const std::string& note : facts.notes) {
    if (note.starts_with(head)) return note.substr(head.size());
  }
  return "";
}

struct Guess {
  std::vector<std::string> tensors, types, tasks, labels;
  std::string size = "free", layout = "nchw", kind = "opacity", boxes;
  bool plain_types = true;
};

std::string planes_of(const TensorFacts& tensor, size_t position) {
  switch (channels(tensor)) {
    case 1: return "hole";
    case 3: return "image";
    case 4: return "image+hole";
    default: return position > 0 || contains(tensor.name, "mask") ? "hole" : "image";
  }
}

void guess_inputs(const FileFacts& facts, Guess& guess) {
  for (size_t i = 0; i < facts.inputs.size(); ++i) {
    const TensorFacts& input = facts.inputs[i];
    guess.tensors.push_back(planes_of(input, i));
    const bool known = input.type == "int64" || input.type == "uint8" || input.type == "bool";
    guess.types.push_back(known ? input.type : "float32");
    guess.plain_types &= !known;
  }
  if (guess.tensors.empty()) guess.tensors.push_back("image");
  if (facts.inputs.empty()) return;
  guess.size = size_of(facts.inputs[0]);
  if (channels_last(facts.inputs[0])) guess.layout = "nhwc";
}

// Detections: rows of x,y,w,h and scores; the long axis is that of the boxes.
bool guess_boxes(const TensorFacts& output, Guess& guess) {
  const auto& s = output.shape;
  if (s.size() != 3 || s[1] < 5 || s[2] < 5) return false;
  const bool transposed = s[1] < s[2];
  guess.kind = "boxes";
  guess.boxes = transposed ? "yolov8" : "yolov5";
  const int64_t count = transposed ? s[1] - 4 : s[2] - 5;
  for (int64_t i = 0; i < count; ++i) guess.labels.push_back(fmt::format("class-{}", i));
  return true;
}

void guess_output(const FileFacts& facts, bool has_hole, Guess& guess) {
  if (has_hole) guess.kind = "colors";
  if (facts.outputs.empty() || guess_boxes(facts.outputs[0], guess)) return;
  const int64_t planes = channels(facts.outputs[0]);
  if (planes == 3) guess.kind = "colors";
  if (planes == 1) guess.kind = "opacity";
  if (planes == 2 || planes > 3) {
    guess.kind = "classes";
    for (int64_t i = 0; i < planes; ++i) guess.labels.push_back(fmt::format("class-{}", i));
  }
}

Guess guess_from(const FileFacts& facts) {
  Guess guess;
  guess_inputs(facts, guess);
  const bool has_hole = std::any_of(guess.tensors.begin(), guess.tensors.end(),
                                    [](const std::string& planes) { return planes.find("hole") != std::string::npos; });
  guess_output(facts, has_hole, guess);
  guess.tasks = guess.kind == "colors"  ? std::vector<std::string>{"inpaint"}
                : guess.kind == "boxes" ? std::vector<std::string>{"segment"}
                                        : std::vector<std::string>{"remove-bg", "segment"};
  return guess;
}

std::string driver_of(const FileFacts& facts) {
  if (facts.format.starts_with("ONNX")) return "onnx";
  return facts.format.starts_with("safetensors") ? "safetensors" : "torchscript";
}

std::string name_of(const fs::path& path) {
  std::string name;
  for (const char c : path.stem().string())
    name += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ? c : '-';
  return name.empty() ? "model" : name;
}

std::string list_of(const std::vector<std::string>& words) { return "[" + join(words, ", ") + "]"; }

// The other half of a model in two parts.
std::string partner(std::string name, const std::string& from, const std::string& to) {
  const size_t at = name.find(from);
  return at == std::string::npos ? to + ".onnx" : name.replace(at, from.size(), to);
}

bool has_tensor(const std::vector<TensorFacts>& tensors, const std::string& name) {
  return std::any_of(tensors.begin(), tensors.end(), [&](const TensorFacts& t) { return t.name == name; });
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string files_of(const std::string& path, const FileFacts& facts, bool two_parts) {
  const std::string name = fs::path(path).filename().string();
  std::error_code error;
  const std::string entry =
      fmt::format("name: {}\n    sha256: {}\n    size: {}\n", quoted(name), file_checksums(path, false, true).sha256,
                  static_cast<uint64_t>(fs::file_size(path, error)));
  if (!two_parts) return "files:\n  - " + entry;
  const bool decoder = has_tensor(facts.inputs, "image_embeddings");
  const std::string mine = decoder ? "decoder" : "encoder", other = decoder ? "encoder" : "decoder";
  return fmt::format("files:\n  - role: {}\n    {}  - role: {}\n    name: {}  # guessed\n", mine, entry, other,
                     quoted(partner(name, mine, other)));
}

std::string architecture_text(const FileFacts& facts) {
  const std::string found = noted(facts, "architecture ");
  return found.empty() ? "architecture: u2net  # not recognised\n" : fmt::format("architecture: {}\n", found);
}

std::string input_text(const Guess& guess) {
  std::string text = fmt::format("input:\n  tensors: {}  # guessed\n", list_of(guess.tensors));
  if (!guess.plain_types) text += fmt::format("  types: {}\n", list_of(guess.types));
  text += fmt::format("  size: {}\n  layout: {}\n", guess.size, guess.layout);
  // Padding harms no network of free size, but most fail without it.
  text += fmt::format("  modulus: {}  # not told by the file\n", guess.size == "free" ? 8 : 1);
  text += "  divide: 255  # not told by the file; as are mean and std\n";
  return text + "  mean: [0, 0, 0]\n  std: [1, 1, 1]\n";
}

// The layers tell the tensors; only how their values were normalised is not in the file.
std::string pconv_text(const FileFacts& facts) {
  return fmt::format(
      "input:\n  tensors: [known-image, known{}]\n  modulus: {}\n  divide: 255  # not told by the file; as are "
      "mean and std\n  mean: [0, 0, 0]\n  std: [1, 1, 1]\noutput:\n  kind: colors\n  range: [0, 1]  # not told by the "
      "file\n",
      has_tensor(facts.inputs, "filled-image+filled-image-2") ? ", filled-image+filled-image-2" : "",
      noted(facts, "multiple of "));
}

// How the authors of U-2-Net feed it; the weights of others may want something else.
std::string u2net_text(const Guess& guess) {
  return fmt::format(
      "input:  # as its authors feed it\n  size: 320\n  divide: max\n  mean: [0.485, 0.456, 0.406]\n"
      "  std: [0.229, 0.224, 0.225]\noutput:\n  kind: {}\n  stretch: min-max\n",
      guess.kind);
}

std::string output_text(const Guess& guess) {
  std::string text = fmt::format("output:\n  kind: {}  # guessed\n", guess.kind);
  if (!guess.boxes.empty()) text += fmt::format("  boxes: {}  # guessed\n", guess.boxes);
  if (guess.kind == "colors") text += "  range: [0, 1]  # not told by the file\n";
  if (guess.kind == "opacity") text += "  activation: none  # not told by the file\n";
  return text;
}

}  // namespace

std::string draft_card(const std::string& path, const FileFacts& facts) {
  const bool two_parts = has_tensor(facts.inputs, "image_embeddings") || has_tensor(facts.outputs, "image_embeddings");
  Guess guess = guess_from(facts);
  if (two_parts) {
    guess = {};
    guess.tasks = {"segment"};
    guess.kind = "masks";
    guess.tensors = {"image"};
    if (!facts.inputs.empty() && !has_tensor(facts.inputs, "image_embeddings")) {
      guess.size = size_of(facts.inputs[0]);
      if (channels_last(facts.inputs[0])) guess.layout = "nhwc";
    }
  }
  const std::string driver = driver_of(facts);
  const bool pconv = noted(facts, "architecture ") == "pconv";
  if (pconv) guess.tasks = {"reconstruct", "inpaint"};
  std::string text = fmt::format("name: {}\ntasks: {}  # guessed\nsummary: ''\ndriver: {}\n", quoted(name_of(path)),
                                 list_of(guess.tasks), driver);
  if (driver == "safetensors") text += architecture_text(facts);
  if (two_parts) text += "family: segment-anything\n";
  text += "source: ''\nlicence: ''\ncommercial: false\n" + files_of(path, facts, two_parts);
  if (!guess.labels.empty()) text += fmt::format("labels: {}  # not told by the file\n", list_of(guess.labels));
  if (pconv) return text + pconv_text(facts);
  const bool recognised = driver == "safetensors" && architecture_text(facts).find('#') == std::string::npos;
  if (recognised && guess.kind == "opacity") return text + u2net_text(guess);
  return text + input_text(guess) + output_text(guess);
}

}  // namespace inpaint
