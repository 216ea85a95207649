#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "classic/mask/damage/candidate_private.h"
#include "classic/mask/damage/cues_private.h"
#include "classic/mask/damage/letters_private.h"

namespace inpaint::damage {
namespace {

constexpr int sizes = 4;            // each level finds strokes twice as wide as the one before
constexpr int smallest_level = 32;  // pixels of its shorter side
constexpr size_t fewest_letters = 3;
constexpr float least_probability = 0.03f;                    // of a letter
constexpr int slants[] = {0, 90, 15, -15, 30, -30, 45, -45};  // degrees in which lines of text are looked for

// A letter's extent in the coordinates of a line: u along it, v across it.
struct Extent {
  float u0, u1, v0, v1;
  size_t letter;
  float height() const { return v1 - v0; }
};

Extent extent_of(const Letter& letter, size_t index, double slant) {
  const cv::Point2f along(static_cast<float>(std::cos(slant)), static_cast<float>(std::sin(slant)));
  Extent out{1e9f, -1e9f, 1e9f, -1e9f, index};
  for (int y = 0; y < letter.shape.rows; ++y) {
    const uint8_t* row = letter.shape.ptr<uint8_t>(y);
    const uint8_t* const end = row + letter.shape.cols;
    const uint8_t* const first = std::find(row, end, 255);
    if (first == end) continue;
    const uint8_t* last = end - 1;
    while (*last == 0) --last;
    for (const uint8_t* x : {first, last}) {
      const cv::Point2f p(static_cast<float>(letter.box.x + (x - row)), static_cast<float>(letter.box.y + y));
      const float u = p.dot(along), v = along.x * p.y - along.y * p.x;
      out = {std::min(out.u0, u), std::max(out.u1, u + 1), std::min(out.v0, v), std::max(out.v1, v + 1), index};
    }
  }
  return out;
}

float ratio(float a, float b) { return std::min(a, b) / std::max(1e-6f, std::max(a, b)); }

using Row = std::vector<Extent>;

struct Line {
  Row letters;
  float beside = 0, much_beside = 0;  // how many letters of its kind stand near it but not in it, per letter of its own
};

bool alike(const Extent& seed, const Extent& other, const std::vector<Letter>& letters) {
  const float a = seed.height(), b = other.height();
  if (b < 0.4f * a || b > 1.6f * a) return false;
  if (std::min(seed.v1, other.v1) - std::max(seed.v0, other.v0) < 0.6f * std::min(a, b)) return false;
  const Letter &p = letters[seed.letter], &q = letters[other.letter];
  if (ratio(p.stroke, q.stroke) < 0.5f || ratio(p.contrast, q.contrast) < 0.5f) return false;
  return cv::norm(p.color - q.color) < 40 + 0.5 * std::max(p.contrast, q.contrast);
}

// The letters that stand in a line with `extents[seed]`, to one side of it. `extents` by their u0.
void follow(const std::vector<Extent>& extents, const std::vector<bool>& taken, size_t seed, int step, float widest,
            const std::vector<Letter>& letters, Row& row) {
  const Extent& from = extents[seed];
  float reached = step > 0 ? from.u1 : from.u0;
  for (size_t i = seed + static_cast<size_t>(step); i < extents.size(); i += static_cast<size_t>(step)) {
    const Extent& e = extents[i];
    const float gap = step > 0 ? e.u0 - reached : reached - e.u1;
    if (step > 0 ? gap > 1.2f * from.height() : reached - e.u0 > 1.2f * from.height() + widest) break;
    if (taken[i] || gap > 1.2f * from.height() || gap < -0.5f * from.height() || !alike(from, e, letters)) continue;
    row.push_back(e);
    reached = step > 0 ? std::max(reached, e.u1) : std::min(reached, e.u0);
  }
}

Line count_beside(Row row, const Extent& seed, const std::vector<Extent>& extents, float widest,
                  const std::vector<Letter>& letters) {
  float u0 = row.front().u0, u1 = row.back().u1;
  const float height = seed.height(), middle = (seed.v0 + seed.v1) / 2;
  const auto first = std::lower_bound(extents.begin(), extents.end(), u0 - 2 * height - widest,
                                      [](const Extent& e, float u) { return e.u0 < u; });
  float beside = 0, much = 0;
  for (auto e = first; e != extents.end() && e->u0 < u1 + 2 * height; ++e) {
    const float away = std::abs((e->v0 + e->v1) / 2 - middle);
    const bool in_line = away < 0.8f * height && e->u0 < u1 && e->u1 > u0;
    if (in_line || e->u1 < u0 - 2 * height || away > 3 * height ||
        letters[e->letter].contrast < 0.5f * letters[seed.letter].contrast)
      continue;
    if (e->height() > 0.4f * height && e->height() < 1.6f * height) ++beside;
    much += letters[e->letter].probability * std::min(4.0f, e->height() / height);
  }
  const float own = static_cast<float>(row.size());
  return {std::move(row), beside / own, much / own};
}

// Lines of at least `fewest_letters`, the letters that look most like letters first; no letter is in two of them.
std::vector<Line> lines_of(const std::vector<Letter>& letters, double slant) {
  std::vector<Extent> extents;
  for (size_t i = 0; i < letters.size(); ++i) extents.push_back(extent_of(letters[i], i, slant));
  std::stable_sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) { return a.u0 < b.u0; });
  float widest = 0;
  for (const Extent& e : extents) widest = std::max(widest, e.u1 - e.u0);
  std::vector<size_t> seeds(extents.size());
  std::iota(seeds.begin(), seeds.end(), size_t{0});
  std::stable_sort(seeds.begin(), seeds.end(), [&](size_t a, size_t b) {
    return letters[extents[a].letter].probability > letters[extents[b].letter].probability;
  });
  std::vector<size_t> place(letters.size());
  for (size_t i = 0; i < extents.size(); ++i) place[extents[i].letter] = i;
  std::vector<bool> taken(extents.size(), false);
  std::vector<Line> out;
  for (const size_t seed : seeds) {
    if (taken[seed]) continue;
    Row row{extents[seed]};
    follow(extents, taken, seed, -1, widest, letters, row);
    std::reverse(row.begin(), row.end());
    follow(extents, taken, seed, 1, widest, letters, row);
    if (row.size() < fewest_letters) continue;
    for (const Extent& e : row) taken[place[e.letter]] = true;
    out.push_back(count_beside(std::move(row), extents[seed], extents, widest, letters));
  }
  return out;
}

std::vector<float> cues_of(const Line& line, const std::vector<Letter>& letters, const TextLevel& level, bool dark,
                           int slant, double all_likely) {
  Running height, bottom, top, gap, stroke, contrast, red, green, blue, width, likely, fill;
  float reached = line.letters.front().u0;
  std::vector<float> sure;
  for (const Extent& e : line.letters) {
    const Letter& l = letters[e.letter];
    height.add(e.height());
    top.add(e.v0);
    bottom.add(e.v1);
    gap.add(e.u0 - reached);
    reached = std::max(reached, e.u1);
    width.add(e.u1 - e.u0);
    stroke.add(l.stroke);
    contrast.add(l.contrast);
    red.add(l.color[0]);
    green.add(l.color[1]);
    blue.add(l.color[2]);
    likely.add(l.probability);
    fill.add(l.cues[2]);
    sure.push_back(l.probability);
  }
  std::sort(sure.begin(), sure.end(), std::greater<>());
  const double h = height.mean();
  return {log2_of(static_cast<double>(line.letters.size())) - 2,
          static_cast<float>(height.spread() / h),
          static_cast<float>(std::min(bottom.spread(), top.spread()) / h),
          static_cast<float>(gap.mean() / h),
          static_cast<float>(gap.spread() / h),
          static_cast<float>(width.mean() / h),
          static_cast<float>(width.spread() / h),
          static_cast<float>(stroke.spread() / stroke.mean()),
          log2_of(stroke.mean() / h) + 3,
          log2_of(contrast.mean()) - 5,
          static_cast<float>(contrast.spread() / contrast.mean()),
          static_cast<float>((red.spread() + green.spread() + blue.spread()) / contrast.mean()),
          static_cast<float>(fill.mean()),
          static_cast<float>(likely.mean()),
          sure[sure.size() / 2],
          sure[2],
          sure.back(),
          static_cast<float>(likely.sum),
          log2_of(h) - 3,
          log2_of(level.scale),
          dark ? 1.0f : 0.0f,
          slant == 0 ? 1.0f : 0.0f,
          line.beside,
          line.much_beside,
          log2_of(all_likely),
          static_cast<float>(likely.sum / all_likely)};
}

// The line's rectangle with a margin, where strokes that are too small or too joined for a letter may be.
cv::Mat surroundings(const Line& line, double slant, cv::Size size, cv::Rect& box) {
  float u0 = 1e9f, u1 = -1e9f, v0 = 1e9f, v1 = -1e9f;
  for (const Extent& e : line.letters) {
    u0 = std::min(u0, e.u0);
    u1 = std::max(u1, e.u1);
    v0 = std::min(v0, e.v0);
    v1 = std::max(v1, e.v1);
  }
  const float margin = 0.35f * (v1 - v0);
  const cv::Point2f along(static_cast<float>(std::cos(slant)), static_cast<float>(std::sin(slant)));
  const auto corner = [&](float u, float v) {
    return cv::Point(cvRound(u * along.x - v * along.y), cvRound(u * along.y + v * along.x));
  };
  std::vector<cv::Point> corners = {corner(u0 - 2 * margin, v0 - margin), corner(u1 + 2 * margin, v0 - margin),
                                    corner(u1 + 2 * margin, v1 + margin), corner(u0 - 2 * margin, v1 + margin)};
  box = cv::boundingRect(corners) & cv::Rect({}, size);
  for (cv::Point& c : corners) c -= box.tl();
  cv::Mat out = cv::Mat::zeros(box.size(), CV_8U);
  cv::fillConvexPoly(out, corners, cv::Scalar(255));
  return out;
}

// Where the colour is that of the line's letters, as far as they agree.
cv::Mat of_their_color(const Line& line, const std::vector<Letter>& letters, const cv::Mat& rgb, double contrast) {
  Running channels[3];
  for (const Extent& e : line.letters) {
    for (int c = 0; c < 3; ++c) channels[c].add(letters[e.letter].color[c]);
  }
  cv::Scalar low, high;
  for (int c = 0; c < 3; ++c) {
    const double reach = 15 + 0.4 * contrast + 2 * channels[c].spread();
    low[c] = channels[c].mean() - reach;
    high[c] = channels[c].mean() + reach;
  }
  cv::Mat out;
  cv::inRange(rgb, low, high, out);
  return out;
}

// The strokes of the line, with what is too small or too joined for a letter, their outline and their shadow.
std::vector<cv::Point> pixels_of(const Line& line, const std::vector<Letter>& letters, const TextLevel& level,
                                 bool dark, double slant) {
  cv::Rect box;
  const cv::Mat inside = surroundings(line, slant, level.grey.size(), box);
  Running contrast, stroke;
  for (const Extent& e : line.letters) {
    contrast.add(letters[e.letter].contrast);
    stroke.add(letters[e.letter].stroke);
  }
  cv::Mat strokes = ((dark ? level.dark : level.light)(box) > 0.4 * contrast.mean()) & inside;
  strokes &= of_their_color(line, letters, level.rgb(box), contrast.mean());
  for (const Extent& e : line.letters) {
    const Letter& letter = letters[e.letter];
    const cv::Rect common = letter.box & box;
    strokes(common - box.tl()) |= letter.shape(common - letter.box.tl());
  }
  cv::Mat near;
  const int reach = 2 * std::max(1, cvRound(0.6 * stroke.mean())) + 1;
  cv::dilate(strokes, near, cv::getStructuringElement(cv::MORPH_ELLIPSE, {reach, reach}));
  strokes |= near & ((dark ? level.light : level.dark)(box) > 0.5 * contrast.mean());
  return working_pixels(strokes, box.tl(), level.scale);
}

template <class Visit>
void visit_levels(const cv::Mat& rgb, Visit visit) {
  cv::Mat smaller = rgb;
  for (int i = 0, scale = 1; i < sizes; ++i, scale *= 2) {
    if (i > 0) {
      if (std::min(smaller.cols, smaller.rows) < 2 * smallest_level) break;
      cv::Mat half;
      cv::resize(smaller, half, {smaller.cols / 2, smaller.rows / 2}, 0, 0, cv::INTER_AREA);
      smaller = half;
    }
    const TextLevel level = make_text_level(smaller, scale);
    for (const bool dark : {false, true}) visit(level, dark);
  }
}

}  // namespace

std::vector<Candidate> find_text(const cv::Mat& rgb) {
  std::vector<Candidate> out;
  visit_levels(rgb, [&](const TextLevel& level, bool dark) {
    const std::vector<Letter> letters = find_letters(level, dark, least_probability);
    double all_likely = 0;
    for (const Letter& letter : letters) all_likely += letter.probability;
    for (const int degrees : slants) {
      const double slant = degrees * std::numbers::pi / 180;
      for (const Line& line : lines_of(letters, slant)) {
        out.push_back(
            {pixels_of(line, letters, level, dark, slant), cues_of(line, letters, level, dark, degrees, all_likely)});
      }
    }
  });
  return out;
}

std::vector<Candidate> find_pieces_of_text(const cv::Mat& rgb) {
  std::vector<Candidate> out;
  visit_levels(rgb, [&](const TextLevel& level, bool dark) {
    for (const Letter& letter : find_letters(level, dark, 0)) {
      out.push_back({working_pixels(letter.shape, letter.box.tl(), level.scale), letter.cues});
    }
  });
  return out;
}

}  // namespace inpaint::damage
