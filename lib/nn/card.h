#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"

namespace inpaint {

/// One file of a model, and where it is published.
struct CardFile {
  std::string role = "net";     ///< "net"; models in two parts: "encoder", "decoder"
  std::string name;             ///< file name
  std::string url;              ///< empty: given by the user only
  std::string md5, sha256;      ///< lower-case hexadecimal, empty if not known; one of them if there is a url
  std::optional<int64_t> size;  ///< bytes
  void describe(Fields& fields);
};

/// What the network wants to be fed with.
struct CardInput {
  /// One entry per tensor, each a list of planes joined by '+', stacked along the channel axis:
  ///   image  the picture (3 planes), normalised as below       known-image  the same, 0 in the hole
  ///   hole   1 in the hole, 0 elsewhere                         known        1 - hole
  ///   known-half  0.5 - hole
  ///   filled-image, filled-image-2  the picture, its hole filled quickly by patches in one way and in another
  /// e.g. {"image", "hole"} for two tensors, {"known-half+known-image"} for one of four planes.
  std::vector<std::string> tensors{"image"};
  std::vector<std::string> types{};  ///< per tensor: float32 (also where missing), int64, uint8, bool
  /// "free", "N" (N × N) or "WxH": the size the network was made for.
  std::string size = "free";
  int modulus = 1;  ///< both sides must be multiples of it
  /// How a picture comes to a fixed size: stretch (aspect lost) or fit (aspect kept, the rest padded at right and
  /// bottom). To a multiple of the modulus: padded at right and bottom by reflection.
  std::string resize = "stretch";
  std::string colors = "rgb";   ///< rgb or bgr
  std::string layout = "nchw";  ///< nchw or nhwc
  /// Normalised value = (value / divide - mean) / std per channel of `colors`; divide: a number, or "max" for the
  /// largest value in the picture.
  std::string divide = "255";
  std::vector<double> mean{0, 0, 0}, std{1, 1, 1};
};

/// What comes out of it.
struct CardOutput {
  int index = 0;  ///< which of the outputs counts
  /// opacity  1 plane: how much each pixel belongs to the subject     classes  a plane per label, the largest wins
  /// colors   3 planes: the filled picture, rgb order as fed           boxes    detections, see `boxes`
  /// masks    see segment-anything                                     embedding  one vector per picture
  std::string kind = "opacity";
  std::string activation = "none";  ///< applied first: none, sigmoid, softmax
  /// min-max: opacity is stretched so that it spans [0,1], as the U-2-Net family expects; none
  std::string stretch = "none";
  std::vector<double> range{0, 1};  ///< of colors: which values mean black and white
  bool composited = false;          ///< known pixels come out as they went in
  /// Of kind boxes. yolov5: rows x,y,w,h,objectness,scores...; yolov8: the same without objectness, transposed;
  /// lists: three outputs boxes (x0,y0,x1,y1), labels, scores in any order told by `lists`.
  std::string boxes = "yolov8";
  std::vector<int> lists{0, 1, 2};  ///< indices of the outputs boxes, labels, scores
};

/// The YAML description of a model: what it does, its files, its licence, its tensors. Told once through Fields: keys
/// of nested mappings are joined by dots ("input.size").
struct Card {
  std::string name;
  std::vector<std::string> tasks;  ///< commands: inpaint, reconstruct, remove-bg, segment
  std::string summary;             ///< one sentence, no full stop
  std::string driver;              ///< torchscript, onnx, safetensors
  std::string architecture;        ///< safetensors only: u2net, u2netp, pconv
  std::string family = "plain";    ///< plain, or segment-anything (encoder and decoder)
  std::vector<CardFile> files;
  std::string licence;      ///< SPDX where there is one
  bool commercial = false;  ///< may be used commercially
  std::string source;       ///< who made it: address of the project
  CardInput input;
  CardOutput output;
  /// Of segment-anything: the decoder's inputs in the order of its graph; the default is that of the official export.
  std::vector<std::string> decoder_inputs{"image_embeddings", "point_coords",   "point_labels",
                                          "mask_input",       "has_mask_input", "orig_im_size"};
  std::vector<std::string> labels;  ///< of classes or boxes, by index
  double tolerance = 0.02;          ///< of a reduced precision: largest difference of outputs

  std::string folder;  ///< where a card read from disk lies; empty for one that ships
  std::string text;    ///< the YAML as read

  void describe(Fields& fields);
  const CardFile& file(const std::string& role) const;
};

/// Reads and checks a card. `where` heads errors: the file. Throws SpecError naming file, line and key, for unknown
/// keys with the nearest known one.
Card read_card(const std::string& text, const std::string& where);

/// What a card says that decides about results, for the recipe: all but names, words and licence; not its files, for
/// which see model_checksum.
nlohmann::json card_recipe(Card card);

/// The cards that ship, by name; made from configs/models/*.yaml when the program was built.
const std::vector<Card>& shipped_cards();

}  // namespace inpaint
