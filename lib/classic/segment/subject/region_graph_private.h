#pragma once
#include <array>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace inpaint::subject {

/// What is known of one superpixel.
struct Region {
  cv::Vec3f lab;                   ///< mean CIE Lab colour, L in [0,100]
  cv::Vec3f log_light;             ///< logarithm of the mean linear R, G, B; a shadow shifts all three alike
  std::array<float, 8> texture{};  ///< logarithms of mean gradients (4 directions, all), fine and middle detail
  float chroma_spread = 0;         ///< standard deviations of a and b inside, added
  std::array<float, 3> barrier{};  ///< minimum barrier distance to the picture's border in L, a, b
  float area = 0, x = 0, y = 0;    ///< pixels; centre
  float frame = 0;                 ///< pixels within two of the picture's border
  unsigned sides = 0;              ///< which borders it touches: 1 left, 2 right, 4 top, 8 bottom
};

/// Two neighbouring regions.
struct Link {
  int a = 0, b = 0;
  float length = 0;    ///< of the shared edge, in pixels
  float gradient = 0;  ///< mean Lab gradient along it
  float color = 0;     ///< Lab distance of the means
  float chroma = 0;    ///< the same without L
  float shadow = 0;    ///< what a shadow of one over the other does not explain
  int other(int region) const { return region == a ? b : a; }
};

/// A picture as regions and their neighbourhood.
struct RegionGraph {
  cv::Mat labels;  ///< height × width int32: the region of each pixel
  std::vector<Region> regions;
  std::vector<Link> links;
  std::vector<std::vector<int>> links_of;  ///< per region, indices into `links`
  std::vector<int> frame_regions;          ///< those that touch the picture's border

  int width() const { return labels.cols; }
  int height() const { return labels.rows; }
};

constexpr int superpixels_wanted = 600;  ///< per picture, when looking for a subject

/// Splits an 8-bit RGB picture into about `wanted` superpixels and measures them.
RegionGraph make_region_graph(const cv::Mat& rgb, int wanted);

float color_distance(const Region& a, const Region& b);
float chroma_distance(const Region& a, const Region& b);
float texture_distance(const Region& a, const Region& b);
/// How far `a` is from being `b` in shade: change of hue, any brightening, and darkening beyond that of deep shade.
float shade_distance(const Region& a, const Region& b);

/// Segments from merging the most alike neighbours until `counts[k]` are left: one vector per count (falling), which
/// holds the segment of each region, numbered 0, 1, ….
std::vector<std::vector<int>> merge_regions(const RegionGraph& graph, const std::vector<int>& counts);

/// Distances over the graph from regions with a start value (1e9: none). `cost`: per link. Either the costs along the
/// way are added, or the greatest of them counts.
enum class Path { sum, bottleneck };
std::vector<float> path_distances(const RegionGraph& graph, std::vector<float> start, const std::vector<float>& cost,
                                  Path path);

}  // namespace inpaint::subject
