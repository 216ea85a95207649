#include "stages/backdrop_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "core/names.h"
#include "image/profile.h"

namespace inpaint {
namespace {

const std::pair<const char*, Gradient::Shape> shapes[] = {{"vertical", Gradient::Shape::vertical},
                                                          {"horizontal", Gradient::Shape::horizontal},
                                                          {"radial", Gradient::Shape::radial}};
constexpr const char* known_words = "transparent, a colour, gradient:A-B, blur:N or a picture file";

Gradient parse_gradient(const std::string& text) {
  const char* expected = "gradient:A-B, such as gradient:#fff-#ddd, with ,horizontal or ,radial behind it if so wished";
  const std::vector<std::string> parts = split(text, ',');
  if (parts.empty() || parts.size() > 2) throw BadValue(expected);
  const std::vector<std::string> colors = split(parts[0], '-');
  if (colors.size() != 2) throw BadValue(expected);
  try {
    Gradient gradient{Codec<Color>::parse(colors[0]), Codec<Color>::parse(colors[1])};
    if (parts.size() == 1) return gradient;
    for (const auto& [name, shape] : shapes) {
      if (parts[1] != name) continue;
      gradient.shape = shape;
      return gradient;
    }
  } catch (const BadValue&) {
  }
  throw BadValue(expected);
}

Background::Blur parse_blur(const std::string& text) {
  const char* expected =
      "blur:N, N above 0 in pixels or percent of the result's shorter side, such as blur:20 or blur:3%";
  try {
    const Length sigma = Codec<Length>::parse(text);
    if (sigma.value > 0) return {sigma};
  } catch (const BadValue&) {
  }
  throw BadValue(expected);
}

std::string print_gradient(const Gradient& gradient) {
  const std::string colors = Codec<Color>::print(gradient.from) + "-" + Codec<Color>::print(gradient.to);
  for (const auto& [name, shape] : shapes) {
    if (shape == gradient.shape && shape != Gradient::Shape::vertical) return "gradient:" + colors + "," + name;
  }
  return "gradient:" + colors;
}

}  // namespace

Background Codec<Background>::parse(const std::string& text) {
  if (text == "transparent") return {Background::Transparent{}};
  if (text == "blur") return {Background::Blur{{2, true}}};
  if (text.starts_with("blur:")) return {parse_blur(text.substr(5))};
  if (text.starts_with("gradient:")) return {parse_gradient(text.substr(9))};
  if (text.empty()) throw BadValue(known_words);
  try {
    return {Codec<Color>::parse(text)};  // a file of such a name can be written ./fff
  } catch (const BadValue&) {
    if (text.starts_with('#')) throw;
    return {Companion(text)};
  }
}

std::string Codec<Background>::print(const Background& background) {
  struct Printer {
    std::string operator()(const Background::Transparent&) const { return "transparent"; }
    std::string operator()(const Color& color) const { return Codec<Color>::print(color); }
    std::string operator()(const Gradient& gradient) const { return print_gradient(gradient); }
    std::string operator()(const Background::Blur& blur) const { return "blur:" + Codec<Length>::print(blur.sigma); }
    std::string operator()(const Companion& file) const { return file.path(); }
  };
  return std::visit(Printer(), background.kind);
}

// The background file as decoded, and as it was last painted: the pictures of a batch mostly want the same.
struct BackdropSource::Shared {
  std::mutex mutex;
  Image picture;
  Notes notes;
  cv::Mat painted;
  Image painted_for;  // tells the colour profile; its pixels are one
};

void BackdropSource::prepare(const Background& background, const std::string& stage) {
  background_ = background;
  auto* file = std::get_if<Companion>(&background_.kind);
  if (!file) return;
  const std::string flag = stage + ": --background " + file->path();
  if (!std::filesystem::exists(file->path()))
    throw SpecError(fmt::format("{}: no such file, and no other background either (known: {})", flag, known_words));
  if (std::filesystem::is_directory(file->path()))
    throw SpecError(fmt::format("{}: is a directory; one picture file serves all", flag));
  file->prepare_pictures("--background");
  shared_ = std::make_shared<Shared>();
}

std::vector<const Companion*> BackdropSource::companions() const {
  if (const auto* file = std::get_if<Companion>(&background_.kind)) return {file};
  return {};
}

cv::Mat BackdropSource::paint(cv::Size size, const Image& cutout, const Image& original, Notes& notes) const {
  const int depth = cutout.pixels().depth();
  if (const auto* color = std::get_if<Color>(&background_.kind)) return flat_backdrop(*color, size, depth);
  if (const auto* gradient = std::get_if<Gradient>(&background_.kind)) return gradient_backdrop(*gradient, size, depth);
  if (const auto* blur = std::get_if<Background::Blur>(&background_.kind)) {
    const double sigma = blur->sigma.pixels(std::min(size.width, size.height));
    return blurred_backdrop(original, cutout.alpha(), sigma, size, depth);
  }
  if (background_.is_transparent()) return cv::Mat::zeros(size, CV_MAKETYPE(depth, 4));
  return paint_file(size, cutout, notes);
}

cv::Mat BackdropSource::paint_file(cv::Size size, const Image& cutout, Notes& notes) const {
  const std::string& path = std::get<Companion>(background_.kind).path();
  const int depth = cutout.pixels().depth();
  std::lock_guard lock(shared_->mutex);
  try {
    if (shared_->picture.empty()) shared_->picture = decode_image(read_file(path), {}, shared_->notes);
    for (const std::string& note : shared_->notes) notes.push_back(fmt::format("--background {}: {}", path, note));
    cv::Mat& painted = shared_->painted;
    const bool again = painted.empty() || painted.size() != size || painted.depth() != depth ||
                       !same_profile(shared_->painted_for, cutout);
    if (again) {
      painted = covering_backdrop(in_profile_of(shared_->picture, cutout), size, depth);
      shared_->painted_for = cutout.with_pixels(cv::Mat::zeros(1, 1, CV_8UC3));
    }
    return painted.clone();
  } catch (const ItemError& error) {
    throw ItemError(fmt::format("--background {}: {}", path, error.what()));
  }
}

}  // namespace inpaint
