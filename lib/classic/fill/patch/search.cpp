#include "classic/fill/patch/search_private.h"

#include <algorithm>
#include <array>
#include <bit>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>

namespace inpaint::patch {
namespace {

constexpr size_t band_count = 16;
constexpr int most_tries = 64;

// A stream of random numbers (xorshift64*), two at a time.
class Dice {
 public:
  explicit Dice(uint64_t key) : state_(mix(key) | 1) {}
  /// Both in [0, bound).
  std::pair<int, int> below(int bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    const uint64_t bits = state_ * 0x2545f4914f6cdd1du;
    return {scaled(static_cast<uint32_t>(bits >> 32), bound), scaled(static_cast<uint32_t>(bits), bound)};
  }

 private:
  static int scaled(uint32_t bits, int bound) {
    return static_cast<int>(uint64_t{bits} * static_cast<uint32_t>(bound) >> 32);
  }
  uint64_t state_;
};

class Searcher {
 public:
  Searcher(Level& level, const Pass& pass) : level_(level), pass_(pass), kernels_(kernels()) {
    for (size_t band = 0; band <= band_count; ++band) first_[band] = band_start(band);
    for (size_t band = 0; band < band_count; ++band) keep_edge(band);
    if (pass.borrowed > 0) copy_offsets();
    if (pass.offsets) {
      for (const cv::Point& p : *pass.offsets) offsets_.push_back(p.y * level.width + p.x);
    }
  }

  void run() {
    cv::parallel_for_({0, static_cast<int>(band_count)}, [this](const cv::Range& bands) {
      for (int band = bands.start; band < bands.end; ++band) run_band(static_cast<size_t>(band));
    });
  }

 private:
  // The row on the other side of a band's edge, as it is before this pass.
  struct Edge {
    int row = -1;
    std::vector<int32_t> field;
  };

  int row_of(size_t target) const { return level_.targets[target] / level_.width; }

  // Bands of about equally many targets, each of whole rows.
  size_t band_start(size_t band) const {
    const std::vector<int32_t>& targets = level_.targets;
    if (band == band_count) return targets.size();
    const int32_t row_start = targets[targets.size() * band / band_count] / level_.width * level_.width;
    return static_cast<size_t>(std::lower_bound(targets.begin(), targets.end(), row_start) - targets.begin());
  }

  void keep_edge(size_t band) {
    if (first_[band] == first_[band + 1]) return;
    const int row = pass_.backward ? row_of(first_[band + 1] - 1) + 1 : row_of(first_[band]) - 1;
    if (row < 0 || row >= level_.height) return;
    const int32_t* from = level_.field.data() + static_cast<ptrdiff_t>(row) * level_.width;
    edges_[band] = {row, std::vector<int32_t>(from, from + level_.width)};
  }

  // Other targets change during the pass, in an order that depends on the threads: hence a copy.
  void copy_offsets() {
    constexpr size_t most = 4096;
    const size_t step = std::max<size_t>(1, level_.targets.size() / most);
    for (size_t i = 0; i < level_.targets.size(); i += step) {
      borrowed_.push_back(level_.field[level_.targets[i]] - level_.targets[i]);
    }
  }

  void run_band(size_t band) {
    const size_t first = first_[band], last = first_[band + 1];
    for (size_t i = first; i < last; ++i) {
      visit(level_.targets[pass_.backward ? last - 1 - (i - first) : i], edges_[band]);
    }
  }

  bool is_target(int32_t at) const { return at >= 0 && at < level_.area() && level_.kind[at] == Kind::target; }

  void visit(int32_t at, const Edge& edge) {
    const int width = level_.width, y = at / width, x = at - y * width;
    const ptrdiff_t corner = static_cast<ptrdiff_t>(level_.radius()) * (width + 1);
    const Comparison comparison{level_.bytes() + 4 * (at - corner),
                                level_.trust.data() + at - corner,
                                level_.bytes() - 4 * corner,
                                width,
                                level_.size,
                                pass_.distrust};
    int32_t best = level_.field[at], distance = level_.distance[at];
    if (pass_.refresh) {
      distance = no_target - 1;
      kernels_.best_of(comparison, &best, 1, best, distance);
    }
    std::array<int32_t, most_tries> tries;
    int count = 0;
    // Which sources may be taken is close to random: without branches.
    const auto propose_if = [&](bool inside, int32_t source) {
      tries[static_cast<size_t>(count)] = source;
      const int32_t looked_at = inside ? source : 0;
      count += static_cast<int>(inside) & static_cast<int>(source != best) &
               static_cast<int>(level_.kind[looked_at] == Kind::source) & static_cast<int>(count < most_tries - 1);
    };
    const auto propose = [&](int32_t source) {
      propose_if(static_cast<uint32_t>(source) < static_cast<uint32_t>(level_.area()), source);
    };
    const int step = pass_.backward ? 1 : -1;
    if (is_target(at + step)) propose(level_.field[at + step] - step);
    if (is_target(at + step * width)) {
      const int32_t from = y + step == edge.row ? edge.field[static_cast<size_t>(x)] : level_.field[at + step * width];
      propose(from - step * width);
    }
    Dice dice(pass_.seed ^ static_cast<uint64_t>(at) << 20);
    for (int i = 0; i < pass_.borrowed; ++i) propose(at + drawn_from(borrowed_, dice));
    if (!offsets_.empty()) {
      for (int i = 0; i < pass_.drawn; ++i) propose(at + drawn_from(offsets_, dice));
    }
    const int best_y = best / width, best_x = best - best_y * width;
    for (int radius = pass_.radius; radius >= 1; radius /= 2) {
      const auto [dx, dy] = dice.below(2 * radius + 1);
      const int sx = best_x + dx - radius, sy = best_y + dy - radius;
      propose_if(level_.contains(sx, sy), sy * width + sx);
    }
    kernels_.best_of(comparison, tries.data(), count, best, distance);
    level_.field[at] = best;
    level_.distance[at] = distance;
  }

  static int32_t drawn_from(const std::vector<int32_t>& values, Dice& dice) {
    return values[static_cast<size_t>(dice.below(static_cast<int>(values.size())).first)];
  }

  Level& level_;
  const Pass& pass_;
  const Kernels& kernels_;
  std::array<size_t, band_count + 1> first_{};
  std::array<Edge, band_count> edges_;
  std::vector<int32_t> borrowed_, offsets_;  // as index differences
};

int32_t random_source(const Level& level, uint64_t key) {
  Dice dice(key);
  int32_t at = 0;
  for (int i = 0; i < 1000; ++i) {
    at = dice.below(level.area()).first;
    if (level.kind[at] == Kind::source) return at;
  }
  while (level.kind[at] != Kind::source) at = at + 1 == level.area() ? 0 : at + 1;
  return at;
}

// What target (x, y) takes over from the coarse pixel (cx, cy), which is `factor` times as large: its source, or -1.
int32_t taken_over(const Level& level, const Level& coarse, int factor, int x, int y, int cx, int cy) {
  if (!coarse.contains(cx, cy)) return -1;
  const int32_t from = cy * coarse.width + cx;
  if (coarse.kind[from] != Kind::target) return -1;
  const int32_t source = coarse.field[from];
  const int sx = x + factor * (source % coarse.width - cx), sy = y + factor * (source / coarse.width - cy);
  if (!level.contains(sx, sy) || level.kind[sy * level.width + sx] != Kind::source) return -1;
  return sy * level.width + sx;
}

}  // namespace

void search(Level& level, const Pass& pass) {
  if (!level.targets.empty()) Searcher(level, pass).run();
}

void start_random(Level& level, uint64_t seed) {
  for (const int32_t at : level.targets) {
    level.field[at] = random_source(level, seed ^ static_cast<uint64_t>(at) << 20);
    level.distance[at] = no_target - 1;
  }
}

void inherit(Level& level, const Level& coarse, uint64_t seed) {
  constexpr std::array<std::array<int, 2>, 9> around{
      {{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, -1}, {-1, 1}, {1, 1}}};
  // 2, or more where scales between have been left out.
  const auto factor = static_cast<int>(std::bit_ceil(static_cast<unsigned>((level.width - 1) / coarse.width + 1)));
  const int32_t worst = 4 * 255 * 255 * level.size * level.size;
  const int r = coarse.radius();
  cv::parallel_for_({0, static_cast<int>(level.targets.size())}, [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; ++i) {
      const int32_t at = level.targets[static_cast<size_t>(i)];
      const int y = at / level.width, x = at - y * level.width;
      int32_t source = -1, distance = worst;
      for (const auto& [dx, dy] : around) {
        // Along the picture's border the coarse scale has no patches: the nearest that it has.
        const int cx = std::clamp(x / factor + dx, r, coarse.width - 1 - r);
        const int cy = std::clamp(y / factor + dy, r, coarse.height - 1 - r);
        source = taken_over(level, coarse, factor, x, y, cx, cy);
        if (source < 0) continue;
        distance = std::max(1024, coarse.distance[cy * coarse.width + cx]);
        break;
      }
      level.field[at] = source >= 0 ? source : random_source(level, seed ^ static_cast<uint64_t>(at) << 20);
      level.distance[at] = distance;
    }
  });
}

}  // namespace inpaint::patch
