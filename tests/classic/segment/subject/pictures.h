// Pictures, masks and graphs that tests of the subject finder share.
#pragma once
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "classic/segment/subject/region_graph_private.h"

namespace inpaint::test {

using namespace subject;

struct NamedPicture {
  std::string name;
  cv::Mat rgb;
};

inline cv::Mat noise(cv::Size size, int seed) {
  cv::Mat rgb(size, CV_8UC3);
  cv::RNG(static_cast<uint64_t>(seed)).fill(rgb, cv::RNG::UNIFORM, 0, 256);
  return rgb;
}

inline cv::Mat checkerboard(cv::Size size, int cell) {
  cv::Mat rgb(size, CV_8UC3);
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      const int v = (x / cell + y / cell) % 2 == 0 ? 255 : 0;
      rgb.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<uint8_t>(v));
    }
  }
  return rgb;
}

/// Pictures with too little, too much or too regular to see; width × height in the name.
inline std::vector<NamedPicture> odd_pictures() {
  const auto flat = [](int width, int height, int value) {
    return cv::Mat(height, width, CV_8UC3, cv::Scalar::all(value));
  };
  return {{"1x1", flat(1, 1, 90)},
          {"2x1", noise({2, 1}, 9)},
          {"1x40", noise({1, 40}, 1)},
          {"40x1", noise({40, 1}, 2)},
          {"2x2", noise({2, 2}, 3)},
          {"3x3", noise({3, 3}, 4)},
          {"black", flat(60, 50, 0)},
          {"grey", flat(60, 50, 128)},
          {"white", flat(60, 50, 255)},
          {"noise", noise({90, 70}, 5)},
          {"fine checkerboard", checkerboard({64, 64}, 1)},
          {"checkerboard", checkerboard({96, 80}, 8)},
          {"4000x2", noise({4000, 2}, 6)},
          {"2x4000", noise({2, 4000}, 7)}};
}

/// A disc in the middle of a ground; `inside`: 255 on the disc.
struct DiscPicture {
  cv::Mat rgb, inside;
};

inline DiscPicture disc_on_ground(cv::Size size, int radius, const cv::Scalar& disc, const cv::Scalar& ground) {
  DiscPicture out{cv::Mat(size, CV_8UC3, ground), cv::Mat(size, CV_8U, cv::Scalar(0))};
  const cv::Point middle(size.width / 2, size.height / 2);
  cv::circle(out.rgb, middle, radius, disc, cv::FILLED);
  cv::circle(out.inside, middle, radius, cv::Scalar(255), cv::FILLED);
  return out;
}

/// Regions without pixels, linked as told (a, b); gives each link length 1.
inline RegionGraph graph_of(size_t regions, const std::vector<std::pair<int, int>>& links) {
  RegionGraph graph;
  graph.regions.resize(regions);
  graph.links_of.resize(regions);
  for (const auto& [a, b] : links) {
    for (const int end : {a, b}) {
      graph.links_of[static_cast<size_t>(end)].push_back(static_cast<int>(graph.links.size()));
    }
    graph.links.push_back({a, b, 1});
  }
  for (Region& region : graph.regions) region.area = 1;
  return graph;
}

}  // namespace inpaint::test
