#include "nn/tasks/net_inpainter.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "core/error.h"
#include "core/log.h"
#include "nn/tasks/coarse_to_fine_private.h"
#include "nn/tasks/crop_net_private.h"
#include "nn/tasks/holes_private.h"
#include "nn/tasks/paste_private.h"
#include "nn/tasks/resize_private.h"
#include "nn/tasks/tiles_private.h"

namespace inpaint {
namespace {

constexpr int smallest_side = 64;  // below it no network fills anything sensibly
// Pixels of one call to begin with. A CPU is no faster for several crops at once, unless they are small.
constexpr int64_t cpu_pixels = 512 * 512, gpu_pixels = 32 * cpu_pixels;

template <class T>
void lower(std::atomic<T>& bound, T value) {
  for (T now = bound; value < now && !bound.compare_exchange_weak(now, value);) {
  }
}

cv::Mat as_16_bit(const Image& picture) {
  cv::Mat colors = picture.pixels();
  if (picture.has_alpha()) cv::cvtColor(picture.pixels(), colors, cv::COLOR_RGBA2RGB);
  cv::Mat wide;
  colors.convertTo(wide, CV_16U, picture.is_16_bit() ? 1 : 257);
  return wide;
}

}  // namespace

// One picture being filled.
class NetInpainter::Work {
 public:
  /// `tiles`: long thin holes may be filled in tiles.
  Work(const NetInpainter& owner, const FillRequest& request, bool tiles = true)
      : owner_(owner), net_(*owner.net_), request_(request), tiles_(tiles), holes_(find_holes(request.hole)) {}

  FillResult run() {
    if (holes_.parts.empty()) return {request_.image, {}};
    pixels_ = request_.image.pixels().clone();
    reasons_.resize(holes_.parts.size());
    if (const auto size = whole_size()) {
      fill_whole(*size);
    } else {
      std::vector<Region> regions = plan_regions(holes_, pixels_.size(), rules());
      const auto small = std::partition(regions.begin(), regions.end(), [](const Region& r) { return r.large; });
      fill_in_batches({small, regions.end()}, [this](const Region& r, const cv::Mat& fill) { paste_fill(fill, r); });
      fill_large({regions.begin(), small});
    }
    return {request_.image.with_pixels(pixels_), told()};
  }

 private:
  // A multiple of the modulus that is no larger, but for the modulus itself.
  int snapped(int side) const {
    const int modulus = net_.card().input.modulus;
    return std::max(1, side / modulus) * modulus;
  }
  // Longest side that the network is to be given, as asked for and as far as there is memory.
  int longest_side() const { return snapped(std::min(owner_.options_.limit, owner_.longest_side_.load())); }
  cv::Size most() const { return net_.fixed().value_or(cv::Size(longest_side(), longest_side())); }
  bool too_much(cv::Size size) const { return std::max(size.width, size.height) > owner_.longest_side_; }
  ViewRules rules() const { return {net_.fixed(), longest_side(), net_.card().input.modulus, owner_.options_.margin}; }

  // The size at which the whole picture is given to the network; nothing if crops are.
  std::optional<cv::Size> whole_size() const {
    const LargeOptions& options = owner_.options_;
    const cv::Size picture = pixels_.size();
    const auto fits = [&](cv::Size most) { return picture.width <= most.width && picture.height <= most.height; };
    if (options.strategy == "crop") {
      if (fits(most()) && std::max(picture.width, picture.height) <= options.trigger) return picture;
      return std::nullopt;
    }
    if (options.strategy == "original" && !net_.fixed()) return picture;
    const cv::Size asked = net_.fixed().value_or(cv::Size(snapped(options.limit), snapped(options.limit)));
    if (fits(asked)) return picture;
    const double scale = std::min(1.0 * asked.width / picture.width, 1.0 * asked.height / picture.height);
    return cv::Size(std::max(1, static_cast<int>(picture.width * scale)),
                    std::max(1, static_cast<int>(picture.height * scale)));
  }

  void fill_whole(cv::Size size) {
    Region region{{0, 0, pixels_.cols, pixels_.rows}, std::vector<int>(holes_.parts.size())};
    std::iota(region.parts.begin(), region.parts.end(), 0);
    Crop crop{request_.image, request_.hole};
    if (size != pixels_.size()) {
      crop = {Image(resized(request_.image.pixels(), size)), Mask(touched(request_.hole.values(), size))};
    }
    paste_fill(resized(at_once(crop, region), pixels_.size(), cv::INTER_CUBIC), region);
  }

  // In one call if there is memory for that, else in views.
  cv::Mat at_once(const Crop& crop, const Region& region) {
    const cv::Size size = crop.picture.pixels().size();
    if (!net_.fixed() && too_much(size)) return in_views(crop, region, longest_side(), true);
    try {
      return net_.fill({crop}).front();
    } catch (const std::bad_alloc&) {
      return in_views(crop, region, smaller(size), true);
    }
  }

  using Take = std::function<void(const Region& region, const cv::Mat& fill)>;

  // Regions that a network can look at; `take` is told each one's fill.
  void fill_in_batches(std::vector<Region> regions, const Take& take) {
    const auto order = [](const Region& region) { return std::pair(region.box.height(), region.box.width()); };
    std::stable_sort(regions.begin(), regions.end(),
                     [&](const Region& a, const Region& b) { return order(a) < order(b); });
    for (size_t at = 0; at < regions.size();) {
      size_t alike = 1;
      while (at + alike < regions.size() && order(regions[at + alike]) == order(regions[at])) ++alike;
      at += fill_batch(regions.data() + at, alike, take);
    }
  }

  // Long thin parts in tiles, the rest from coarse to fine.
  void fill_large(const std::vector<Region>& large) {
    if (large.empty()) return;
    cv::Mat rest = pixels_of(large);
    const TilePlan plan = tiles_ ? plan_tiles(rest, request_.hole.values(), rules()) : TilePlan();
    if (plan.tiles.empty()) {
      for (const Region& region : large)
        paste_fill(in_views(crop_of(region), region, longest_side(), short_of_memory()), region);
      return;
    }
    fill_tiles(plan, large);
    rest.setTo(0, plan.thin);
    if (cv::countNonZero(rest) > 0) fill_rest(rest, large);
  }

  bool short_of_memory() const { return !net_.fixed() && longest_side() < snapped(owner_.options_.limit); }

  // 255 where a part of these regions is.
  cv::Mat pixels_of(const std::vector<Region>& regions) const {
    std::vector<uint8_t> wanted(holes_.parts.size() + 1, 0);
    for (const Region& region : regions) wanted[static_cast<size_t>(region.parts.front()) + 1] = 255;
    cv::Mat pixels(pixels_.size(), CV_8U, cv::Scalar(0));
    for (int y = 0; y < holes_.labels.rows; ++y) {
      const auto* label = holes_.labels.ptr<int>(y);
      auto* to = pixels.ptr<uint8_t>(holes_.box.y0 + y) + holes_.box.x0;
      for (int x = 0; x < holes_.labels.cols; ++x) to[x] = wanted[static_cast<size_t>(label[x])];
    }
    return pixels;
  }

  void fill_tiles(const TilePlan& plan, const std::vector<Region>& large) {
    TiledFill filled(plan);
    std::vector<Region> tiles = plan.tiles;
    for (Region& tile : tiles) tile.parts = large.front().parts;
    fill_in_batches(tiles, [&](const Region& tile, const cv::Mat& fill) { filled.add(tile, fill); });
    filled.paste(request_.hole, request_.image.grey(), pixels_);
    for (const Region& region : large) {
      if (short_of_memory()) tell_views(region, region.box.rect().size(), longest_side());
    }
  }

  // What tiles cannot fill, once they have filled the rest.
  void fill_rest(const cv::Mat& rest, const std::vector<Region>& large) {
    cv::Mat hole(rest.size(), CV_8U, cv::Scalar(0));
    request_.hole.values().copyTo(hole, rest);
    const FillRequest request{request_.image.with_pixels(pixels_), Mask(hole), {}, request_.seed, {}};
    Work work(owner_, request, false);
    const FillResult result = work.run();
    pixels_ = work.pixels_;
    for (const FilledHole& part : result.holes) {
      for (const Region& region : large) {
        const auto index = static_cast<size_t>(region.parts.front());
        if (!part.reason.empty() && part.box.united(holes_.parts[index].box) == holes_.parts[index].box)
          reasons_[index] = part.reason;
      }
    }
  }

  // Fills the first of these regions, all of one size: as many as there is memory for. Returns how many.
  size_t fill_batch(const Region* regions, size_t alike, const Take& take) {
    const cv::Size size = regions[0].box.rect().size();
    if (!net_.fixed() && too_much(size)) {  // found out since the regions were planned
      take(regions[0], in_views(crop_of(regions[0]), regions[0], longest_side(), true));
      return 1;
    }
    const int64_t fed = net_.fed_pixels(net_.fixed().value_or(size));
    const size_t count = std::clamp<size_t>(static_cast<size_t>(owner_.pixels_per_call_ / fed), 1, alike);
    std::vector<Crop> crops;
    for (size_t i = 0; i < count; ++i) crops.push_back(crop_of(regions[i]));
    std::vector<cv::Mat> fills;
    try {
      fills = net_.fill(crops);
    } catch (const std::bad_alloc&) {
      if (count > 1) {
        lower(owner_.pixels_per_call_, fed * static_cast<int64_t>(count / 2));
        log(LogLevel::warning,
            fmt::format("model {}: not enough memory for {} crops of {}x{} pixels at once; trying {}", net_.card().name,
                        count, size.width, size.height, count / 2));
        return 0;
      }
      fills = {in_views(crops[0], regions[0], smaller(size), true)};
    }
    for (size_t i = 0; i < count; ++i) take(regions[i], fills[i]);
    return count;
  }

  Crop crop_of(const Region& region) const {
    return {Image(request_.image.pixels()(region.box.rect())), Mask(request_.hole.values()(region.box.rect()))};
  }

  // Half the longer side of what was too large. Throws ItemError if that is too small.
  int smaller(cv::Size failed) const {
    const cv::Size tried = net_.fixed().value_or(failed);
    const int side = std::max(tried.width, tried.height) / 2;
    if (net_.fixed() || side < smallest_side) {
      throw ItemError(
          fmt::format("model {}: not enough memory for {}x{} pixels, {}; use --device cpu, fewer --jobs, or "
                      "a smaller model",
                      net_.card().name, tried.width, tried.height,
                      net_.fixed() ? "the size it was made for" : "and smaller crops are of no use"));
    }
    lower(owner_.longest_side_, side);
    log(LogLevel::warning, fmt::format("model {}: not enough memory for {}x{} pixels at once; trying {}",
                                       net_.card().name, failed.width, failed.height, longest_side()));
    return longest_side();
  }

  // Fills a crop of any size in views of up to `side`, or less if that is too much for the memory.
  cv::Mat in_views(const Crop& crop, const Region& region, int side, bool short_of_memory) {
    const cv::Size whole = crop.picture.pixels().size();
    for (;;) {
      try {
        const cv::Size view = net_.fixed().value_or(cv::Size(side, side));
        const cv::Mat filled = fill_coarse_to_fine(net_, as_16_bit(crop.picture), crop.hole.values(), view,
                                                   std::max(1, owner_.options_.margin));
        if (short_of_memory) tell_views(region, whole, side);
        cv::Mat fill;
        filled.convertTo(fill, CV_32F, 1.0 / 65535);
        return fill;
      } catch (const std::bad_alloc&) {
        side = smaller({side, side});
        short_of_memory = true;
      }
    }
  }

  // Why these holes were not filled as the options ask; told of the largest, there can be thousands.
  void tell_views(const Region& region, cv::Size whole, int side) {
    const int largest = *std::max_element(region.parts.begin(), region.parts.end(), [&](int a, int b) {
      return holes_.parts[static_cast<size_t>(a)].pixels < holes_.parts[static_cast<size_t>(b)].pixels;
    });
    reasons_[static_cast<size_t>(largest)] = fmt::format(
        "not enough memory for {}x{} pixels at once, filled in views of up to {}", whole.width, whole.height, side);
  }

  void paste_fill(const cv::Mat& fill, const Region& region) {
    paste(fill, region, holes_, request_.hole, request_.image.grey(), pixels_);
  }

  std::vector<FilledHole> told() const {
    std::vector<FilledHole> holes;
    for (size_t i = 0; i < holes_.parts.size(); ++i) {
      holes.push_back({holes_.parts[i].box, holes_.parts[i].pixels, net_.card().name, reasons_[i]});
    }
    return holes;
  }

  const NetInpainter& owner_;
  const CropNet& net_;
  const FillRequest& request_;
  const bool tiles_;
  const Holes holes_;
  cv::Mat pixels_;
  std::vector<std::string> reasons_;  // by part
};

void LargeOptions::describe(Fields& fields) {
  fields
      .add("hd-strategy", strategy,
           "How a network is given large pictures: whole, whole but shrunk, or in crops around the holes")
      .one_of({"original", "resize", "crop"})
      .value("NAME");
  fields.add("hd-trigger", trigger, "crop: pictures with no side longer than N pixels are given whole").range(1, 1e6);
  fields.add("hd-margin", margin, "crop: known pixels around each hole, at least; large holes get more").range(0, 4096);
  fields
      .add(
          "hd-limit", limit,
          "resize, crop: longest side that is given to a network at once; of larger holes long thin ones are filled in "
          "overlapping tiles, others from coarse to fine")
      .range(smallest_side, 65536);
}

NetInpainter::NetInpainter(Card card, std::shared_ptr<const Net> net, LargeOptions options, Proposal propose)
    : net_(std::make_unique<const CropNet>(std::move(card), std::move(net), std::move(propose))),
      options_(std::move(options)),
      pixels_per_call_(net_->on_gpu() ? gpu_pixels : cpu_pixels),
      longest_side_(std::numeric_limits<int>::max()) {}

NetInpainter::~NetInpainter() = default;

FillResult NetInpainter::fill(const FillRequest& request) const {
  if (!request.search_area.empty()) throw std::invalid_argument("a network takes no search area");
  if (request.hole.values().size() != request.image.pixels().size()) {
    throw std::invalid_argument("the hole is not of the picture's size");
  }
  return Work(*this, request).run();
}

}  // namespace inpaint
