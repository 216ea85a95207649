#include "nn/card.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

#include "core/error.h"
#include "core/names.h"
#include "core/yaml_fields.h"

namespace inpaint {
namespace {

class CardReader {
 public:
  explicit CardReader(std::string where) : where_(std::move(where)) {}

  Card read(const std::string& text) const {
    const YAML::Node root = load_mapping(text, where_, "a model card: a mapping with the key 'name'");
    Card card;
    Fields fields;
    card.describe(fields);
    fields.begin_layer();
    set_from_mapping(root, where_, fields, [&](const std::string& key, const YAML::Node& value) {
      if (key == "files") read_files(value, card.files);
      return key == "files";
    });
    card.text = text;
    check(card);
    return card;
  }

 private:
  void read_files(const YAML::Node& list, std::vector<CardFile>& files) const {
    if (!list.IsSequence()) throw SpecError(place_in_yaml(list, where_, "files") + ": expected a list of files");
    for (const YAML::Node& node : list) {
      if (!node.IsMap())
        throw SpecError(place_in_yaml(node, where_, "files") + ": expected name, url, md5 or sha256, size");
      CardFile file;
      Fields fields;
      file.describe(fields);
      set_from_mapping(node, where_, fields);
      if (file.name.empty() || file.name.find('/') != std::string::npos)
        throw SpecError(place_in_yaml(node, where_, "files.name") + ": expected a file name without folders");
      if (!file.url.empty() && file.md5.empty() && file.sha256.empty())
        throw SpecError(place_in_yaml(node, where_, "files") + ": a file with a url needs its md5 or sha256");
      files.push_back(std::move(file));
    }
  }

  void expect(bool right, const std::string& key, const std::string& expected) const {
    if (!right) throw SpecError(fmt::format("{}: {}: expected {}", where_, key, expected));
  }

  void check(const Card& card) const {
    expect(!card.name.empty(), "name", "the model's name");
    expect(!card.tasks.empty(), "tasks", "at least one of inpaint, reconstruct, remove-bg, segment");
    expect(!card.driver.empty(), "driver", "torchscript, onnx or safetensors");
    expect(!card.files.empty(), "files", "at least one file");
    expect((card.driver == "safetensors") != card.architecture.empty(), "architecture",
           "one for driver safetensors, none for the others, whose files hold it");
    expect(card.input.mean.size() == 3 && card.input.std.size() == 3, "input.mean and input.std", "three numbers each");
    expect(std::all_of(card.input.std.begin(), card.input.std.end(), [](double s) { return s > 0; }), "input.std",
           "numbers above 0");
    expect(card.output.range.size() == 2 && card.output.range[0] < card.output.range[1], "output.range",
           "two numbers, black and white");
    expect(card.output.lists.size() == 3, "output.lists", "three indices: boxes, labels, scores");
    expect(card.output.kind != "classes" || card.labels.size() >= 2, "labels", "a name for each class");
    for (const char* input : {"image_embeddings", "point_coords", "point_labels"}) {
      const auto& inputs = card.decoder_inputs;
      expect(std::count(inputs.begin(), inputs.end(), input) == 1, "decoder.inputs", std::string(input) + " once");
    }
    const bool sam = card.family == "segment-anything";
    for (const char* role : {"encoder", "decoder"}) {
      const bool has =
          std::any_of(card.files.begin(), card.files.end(), [&](const CardFile& f) { return f.role == role; });
      expect(has == sam, "files", sam ? "one of role encoder and one of role decoder" : "a file of role net");
    }
  }

  std::string where_;
};

}  // namespace

void CardFile::describe(Fields& fields) {
  fields.add("role", role, "Which part of the model").one_of({"net", "encoder", "decoder"});
  fields.add("name", name, "File name");
  fields.add("url", url, "Where it is published");
  fields.add("md5", md5, "MD5 of its bytes");
  fields.add("sha256", sha256, "SHA-256 of its bytes");
  fields.add("size", size, "Bytes").range(1, 1e12);
}

void Card::describe(Fields& fields) {
  fields.add("name", name, "Name").not_in_recipe();
  fields.add("tasks", tasks, "Commands that can use it")
      .one_of({"inpaint", "reconstruct", "remove-bg", "segment"})
      .not_in_recipe();
  fields.add("summary", summary, "One sentence").not_in_recipe();
  fields.add("driver", driver, "What opens its files").one_of({"torchscript", "onnx", "safetensors"});
  fields.add("architecture", architecture, "Network that the parameters belong to")
      .one_of({"u2net", "u2netp", "pconv"});
  fields.add("family", family, "How its parts work together").one_of({"plain", "segment-anything"});
  fields.add("licence", licence, "Licence of the weights").not_in_recipe();
  fields.add("commercial", commercial, "May be used commercially").value("true|false").not_in_recipe();
  fields.add("source", source, "Address of the project").not_in_recipe();
  fields.add("labels", labels, "Names of the classes, by index");
  fields.add("tolerance", tolerance, "Largest difference that a reduced precision may make").range(0, 1);
  fields.add("input.tensors", input.tensors, "What each input is made of");
  fields.add("input.types", input.types, "Number types").one_of({"float32", "int64", "uint8", "bool"});
  fields.add("input.size", input.size, "Size the network was made for");
  fields.add("input.modulus", input.modulus, "Sides are multiples of it").range(1, 1024);
  fields.add("input.resize", input.resize, "How a picture comes to that size").one_of({"stretch", "fit"});
  fields.add("input.colors", input.colors, "Order of channels").one_of({"rgb", "bgr"});
  fields.add("input.layout", input.layout, "Order of axes").one_of({"nchw", "nhwc"});
  fields.add("input.divide", input.divide, "Divisor of the values: a number or max");
  fields.add("input.mean", input.mean, "Subtracted, per channel");
  fields.add("input.std", input.std, "Divided by, per channel");
  fields.add("decoder.inputs", decoder_inputs, "segment-anything: the decoder's inputs, in the order of its graph")
      .one_of({"image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size"});
  fields.add("output.index", output.index, "Which output counts").range(0, 100);
  fields.add("output.kind", output.kind, "What it means")
      .one_of({"opacity", "classes", "colors", "boxes", "masks", "embedding"});
  fields.add("output.activation", output.activation, "Applied first").one_of({"none", "sigmoid", "softmax"});
  fields.add("output.stretch", output.stretch, "Stretched to [0,1]").one_of({"none", "min-max"});
  fields.add("output.range", output.range, "Values of black and white");
  fields.add("output.composited", output.composited, "Known pixels come out as they went in").value("true|false");
  fields.add("output.boxes", output.boxes, "Layout of detections").one_of({"yolov5", "yolov8", "lists"});
  fields.add("output.lists", output.lists, "Outputs that are boxes, labels, scores");
}

const CardFile& Card::file(const std::string& role) const {
  for (const CardFile& one : files) {
    if (one.role == role) return one;
  }
  throw std::logic_error(name + " has no file of role " + role);
}

nlohmann::json card_recipe(Card card) {
  Fields fields;
  card.describe(fields);
  return fields.resolved();
}

Card read_card(const std::string& text, const std::string& where) { return CardReader(where).read(text); }

}  // namespace inpaint
