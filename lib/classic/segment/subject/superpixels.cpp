#include "classic/segment/subject/superpixels_private.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/core/hal/intrin.hpp>
#include <vector>

namespace inpaint::subject {
namespace {

constexpr int rounds = 5;

using Planes = std::array<cv::Mat, 3>;  // L, a, b

struct Centre {
  float l = 0, a = 0, b = 0, x = 0, y = 0;
};

std::vector<Centre> grid(const cv::Mat& lab, int columns, int rows) {
  std::vector<Centre> centres;
  for (int j = 0; j < rows; ++j) {
    for (int i = 0; i < columns; ++i) {
      const int x = (2 * i + 1) * lab.cols / (2 * columns), y = (2 * j + 1) * lab.rows / (2 * rows);
      const cv::Vec3f& color = lab.at<cv::Vec3f>(y, x);
      centres.push_back({color[0], color[1], color[2], static_cast<float>(x), static_cast<float>(y)});
    }
  }
  return centres;
}

// The columns x of pixels with x * cells / size == cell.
cv::Range pixels_of(int cell, int cells, int size) {
  return {(cell * size + cells - 1) / cells, ((cell + 1) * size + cells - 1) / cells};
}

// The least distance so far along a stretch of one row, and whose it is.
struct Stretch {
  const float *l, *a, *b;
  float* least;
  int* label;
  int first, count;
};

void compare(const Centre& c, int id, float spatial, float y, const Stretch& s) {
  using Four = cv::v_float32x4;
  const float dy = y - c.y, height = dy * dy;
  const Four l = cv::v_setall_f32(c.l), a = cv::v_setall_f32(c.a), b = cv::v_setall_f32(c.b), x = cv::v_setall_f32(c.x),
             heights = cv::v_setall_f32(height), spatials = cv::v_setall_f32(spatial);
  const cv::v_int32x4 ids = cv::v_setall_s32(id), along(0, 1, 2, 3);
  const auto four = [&](int k) {
    const Four dl = cv::v_load(s.l + k) - l, da = cv::v_load(s.a + k) - a, db = cv::v_load(s.b + k) - b;
    const Four dx = cv::v_cvt_f32(cv::v_setall_s32(s.first + k) + along) - x;
    const Four d = dl * dl + da * da + db * db + spatials * (dx * dx + heights), least = cv::v_load(s.least + k);
    const Four nearer = d < least;
    cv::v_store(s.least + k, cv::v_select(nearer, d, least));
    cv::v_store(s.label + k, cv::v_select(cv::v_reinterpret_as_s32(nearer), ids, cv::v_load(s.label + k)));
  };
  for (int k = 0; k + 4 <= s.count; k += 4) four(k);
  if (s.count >= 4) return four(s.count - 4);  // the rest; meeting a pixel twice changes nothing
  for (int k = 0; k < s.count; ++k) {
    const float dl = s.l[k] - c.l, da = s.a[k] - c.a, db = s.b[k] - c.b, dx = static_cast<float>(s.first + k) - c.x;
    const float d = dl * dl + da * da + db * db + spatial * (dx * dx + height);
    if (d < s.least[k]) s.least[k] = d, s.label[k] = id;
  }
}

// Gives each pixel the nearest of the 3 × 3 centres whose grid cells surround it.
void assign(const Planes& lab, const std::vector<Centre>& centres, int columns, int rows, float spatial,
            cv::Mat& labels) {
  std::vector<float> least(static_cast<size_t>(labels.cols));
  for (int y = 0; y < labels.rows; ++y) {
    const int j = y * rows / labels.rows;
    std::fill(least.begin(), least.end(), 1e30f);
    for (int i = 0; i < columns; ++i) {
      const cv::Range x = pixels_of(i, columns, labels.cols);
      const Stretch stretch{lab[0].ptr<float>(y) + x.start,
                            lab[1].ptr<float>(y) + x.start,
                            lab[2].ptr<float>(y) + x.start,
                            least.data() + x.start,
                            labels.ptr<int>(y) + x.start,
                            x.start,
                            x.size()};
      for (int v = std::max(0, j - 1); v <= std::min(rows - 1, j + 1); ++v) {
        for (int u = std::max(0, i - 1); u <= std::min(columns - 1, i + 1); ++u) {
          const int k = v * columns + u;
          compare(centres[static_cast<size_t>(k)], k, spatial, static_cast<float>(y), stretch);
        }
      }
    }
  }
}

void move_centres(const Planes& lab, const cv::Mat& labels, std::vector<Centre>& centres) {
  std::vector<Centre> sums(centres.size());
  std::vector<float> counts(centres.size());
  for (int y = 0; y < labels.rows; ++y) {
    const float *l = lab[0].ptr<float>(y), *a = lab[1].ptr<float>(y), *b = lab[2].ptr<float>(y);
    const int* label = labels.ptr<int>(y);
    for (int x = 0; x < labels.cols; ++x) {
      Centre& s = sums[static_cast<size_t>(label[x])];
      s.l += l[x], s.a += a[x], s.b += b[x];
      s.x += static_cast<float>(x), s.y += static_cast<float>(y);
      counts[static_cast<size_t>(label[x])] += 1;
    }
  }
  for (size_t k = 0; k < centres.size(); ++k) {
    if (counts[k] == 0) continue;
    const float n = counts[k];
    centres[k] = {sums[k].l / n, sums[k].a / n, sums[k].b / n, sums[k].x / n, sums[k].y / n};
  }
}

// Numbers the connected parts of `labels` anew; parts under a quarter of the usual size join the part before them.
Superpixels connect(const cv::Mat& labels, int smallest) {
  Superpixels out{cv::Mat(labels.size(), CV_32S, cv::Scalar(-1)), 0};
  std::vector<cv::Point> part;
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x) {
      if (out.labels.at<int>(y, x) >= 0) continue;
      const int before = x > 0 ? out.labels.at<int>(y, x - 1) : y > 0 ? out.labels.at<int>(y - 1, x) : -1;
      const int label = labels.at<int>(y, x);
      part.assign(1, {x, y});
      out.labels.at<int>(y, x) = out.count;
      for (size_t k = 0; k < part.size(); ++k) {
        for (const cv::Point step : {cv::Point(1, 0), cv::Point(-1, 0), cv::Point(0, 1), cv::Point(0, -1)}) {
          const cv::Point q = part[k] + step;
          if (q.x < 0 || q.y < 0 || q.x >= labels.cols || q.y >= labels.rows) continue;
          if (out.labels.at<int>(q) >= 0 || labels.at<int>(q) != label) continue;
          out.labels.at<int>(q) = out.count;
          part.push_back(q);
        }
      }
      if (static_cast<int>(part.size()) < smallest && before >= 0) {
        for (const cv::Point& p : part) out.labels.at<int>(p) = before;
      } else {
        ++out.count;
      }
    }
  }
  return out;
}

}  // namespace

Superpixels slic(const cv::Mat& lab, int wanted, float compactness) {
  const double step = std::max(1.0, std::sqrt(static_cast<double>(lab.total()) / wanted));
  const int columns = std::max(1, cvRound(lab.cols / step)), rows = std::max(1, cvRound(lab.rows / step));
  const auto spatial = static_cast<float>(compactness * compactness / (step * step));
  std::vector<Centre> centres = grid(lab, columns, rows);
  Planes planes;
  cv::split(lab, planes.data());
  cv::Mat labels(lab.size(), CV_32S);
  for (int round = 0; round < rounds; ++round) {
    assign(planes, centres, columns, rows, spatial, labels);
    if (round + 1 < rounds) move_centres(planes, labels, centres);
  }
  return connect(labels, static_cast<int>(step * step / 4));
}

}  // namespace inpaint::subject
