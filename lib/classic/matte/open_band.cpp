#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/matte/local_colors_private.h"
#include "classic/matte/open_band_private.h"

namespace inpaint::matte {
namespace {

constexpr float sharp_reach = 2.2f;    // pixels each side of the mask's edge that are always open
constexpr float hair_density = 0.06f;  // share of pixels around that are a hair beside a gap
constexpr int thin_length = 6;         // pixels; shorter thin parts are frayed edge

// Colours are learnt away from the edge, as far as there is something there.
LocalColors colors_away_from_edge(const cv::Mat& rgb, const cv::Mat& distance, float reach) {
  cv::Mat weight(distance.size(), CV_32F, cv::Scalar(0));
  for (int y = 0; y < distance.rows; ++y) {
    for (int x = 0; x < distance.cols; ++x) {
      const float d = distance.at<float>(y, x), deep = std::abs(d);
      if (deep < 1.5f || deep > 3 * reach) continue;
      const float share = std::min(1.0f, deep / reach);
      weight.at<float>(y, x) = std::copysign(0.01f + share * share, d);
    }
  }
  return LocalColors(rgb, weight);
}

/// What colours say of the pixels within reach of the edge; elsewhere 0.
struct Opinions {
  cv::Mat alpha;       // CV_32F
  cv::Mat background;  // CV_32F, alpha below which a colour may well be background
  cv::Mat subject;     // CV_32F, alpha above which it may well be subject
};

Opinions ask_all(const cv::Mat& rgb, const cv::Mat& distance, float reach) {
  const LocalColors colors = colors_away_from_edge(rgb, distance, reach);
  Opinions out{cv::Mat::zeros(rgb.size(), CV_32F), cv::Mat::zeros(rgb.size(), CV_32F),
               cv::Mat::zeros(rgb.size(), CV_32F)};
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      if (std::abs(distance.at<float>(y, x)) > reach + 2) continue;
      const ColorOpinion opinion = colors.ask(x, y, rgb.at<cv::Vec3b>(y, x));
      out.alpha.at<float>(y, x) = opinion.alpha;
      out.background.at<float>(y, x) = 0.1f + 2 * opinion.background_noise;
      out.subject.at<float>(y, x) = 0.9f - 2 * opinion.subject_noise;
    }
  }
  return out;
}

// Pixels where, along the edge, a hair stands beside a gap. Shadows, and edges that the mask misses, are smooth in that
// direction.
cv::Mat hairs_beside_gaps(const Opinions& opinions, const cv::Mat& distance, float reach) {
  cv::Mat smooth, out = cv::Mat::zeros(distance.size(), CV_32F);
  cv::GaussianBlur(distance, smooth, {0, 0}, 2);
  for (int y = 2; y + 2 < distance.rows; ++y) {
    for (int x = 2; x + 2 < distance.cols; ++x) {
      if (std::abs(distance.at<float>(y, x)) > reach) continue;
      const cv::Vec2f slope(smooth.at<float>(y, x + 1) - smooth.at<float>(y, x - 1),
                            smooth.at<float>(y + 1, x) - smooth.at<float>(y - 1, x));
      const float length = std::max(1e-3f, static_cast<float>(cv::norm(slope)));
      const int dx = cvRound(-slope[1] / length * 2), dy = cvRound(slope[0] / length * 2);
      const cv::Point here(x, y), aside(dx, dy);
      const float gap = opinions.background.at<float>(here);
      for (const cv::Point& other : {here - aside, here + aside}) {
        const bool up = opinions.alpha.at<float>(other) > opinions.alpha.at<float>(here);
        const cv::Point hair = up ? other : here, hole = up ? here : other;
        const float high = opinions.alpha.at<float>(hair), low = opinions.alpha.at<float>(hole);
        const bool known = distance.at<float>(hair) > 0 && distance.at<float>(hole) < 0;  // by the mask
        if (low < gap && high > gap + 0.15f && high > low + 0.25f && !known) out.at<float>(here) = 1;
      }
    }
  }
  return out;
}

cv::Mat find_hairy(const Opinions& opinions, const cv::Mat& distance, float reach) {
  const cv::Mat near = cv::abs(distance) <= reach;
  const int pool = 2 * cvRound(1.2f * reach) + 1;
  cv::Mat hairs, band;
  cv::boxFilter(hairs_beside_gaps(opinions, distance, reach), hairs, CV_32F, {pool, pool});
  near.convertTo(band, CV_32F, 1 / 255.0);
  cv::boxFilter(band, band, CV_32F, {pool, pool});
  return (hairs > hair_density * cv::max(band, 0.13f)) & near;
}

// Within hairy parts: what nothing within two pixels casts doubt on.
cv::Mat beyond_doubt(const Opinions& opinions, const cv::Mat& distance) {
  const cv::Mat inside = distance > 0;
  cv::Mat doubt = ((opinions.alpha > opinions.background) & ~inside) | ((opinions.alpha < opinions.subject) & inside);
  cv::dilate(doubt, doubt, cv::Mat::ones(5, 5, CV_8U));
  return ~doubt;
}

// Pixels in the middle of parts of either side that lie wholly within the band that is always open: no neighbour along
// some axis is deeper, and nothing known of that side is near.
cv::Mat thin_middles(const cv::Mat& distance) {
  cv::Mat out = cv::Mat::zeros(distance.size(), CV_8U);
  for (int y = 1; y + 1 < distance.rows; ++y) {
    for (int x = 1; x + 1 < distance.cols; ++x) {
      const float d = distance.at<float>(y, x);
      if (std::abs(d) > sharp_reach) continue;
      const auto deepest = [&](int dx, int dy) {
        const float a = distance.at<float>(y + dy, x + dx), b = distance.at<float>(y - dy, x - dx);
        return d > 0 ? d >= a && d >= b && (d > a || d > b) : d <= a && d <= b && (d < a || d < b);
      };
      if (deepest(1, 0) || deepest(0, 1)) out.at<uint8_t>(y, x) = 255;
    }
  }
  for (const bool inside : {true, false}) {
    const cv::Mat side = inside ? distance > 0 : distance < 0;
    cv::Mat deep = inside ? distance > sharp_reach : distance < -sharp_reach;
    cv::dilate(deep, deep, cv::getStructuringElement(cv::MORPH_ELLIPSE, {9, 9}));
    out.setTo(0, side & deep);
  }
  cv::Mat labels, stats, centroids;
  cv::connectedComponentsWithStats(out, labels, stats, centroids, 8, CV_32S);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      if (stats.at<int>(labels.at<int>(y, x), cv::CC_STAT_AREA) < thin_length) out.at<uint8_t>(y, x) = 0;
    }
  }
  return out;
}

}  // namespace

float hair_reach(cv::Size size) {
  return std::max(sharp_reach, 0.03f * static_cast<float>(std::max(size.width, size.height)));
}

OpenBand find_open_band(const cv::Mat& rgb, const cv::Mat& hard, const cv::Mat& distance) {
  const float reach = hair_reach(hard.size());
  const Opinions opinions = ask_all(rgb, distance, reach);
  OpenBand band{hard.clone(), find_hairy(opinions, distance, reach)};
  const cv::Mat wide = band.hairy & ~beyond_doubt(opinions, distance);
  band.trimap.setTo(open, wide | (cv::abs(distance) <= sharp_reach));
  hard.copyTo(band.trimap, thin_middles(distance) & ~band.hairy);
  return band;
}

}  // namespace inpaint::matte
