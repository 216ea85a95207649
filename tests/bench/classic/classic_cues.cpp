// Measures the cues of the model `classic` on pictures with known mattes, as training data for fit.py.
//
// usage: classic_cues SCENES TABLE    SCENES: lines of "NUMBER PICTURE MATTE"; "-" for MATTE: there is no subject.
// Writes TABLE.bin, float32 rows of scene number, share of the superpixel that is subject, its area, its cues; and
// TABLE.txt, the number of columns.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/segment/subject/cues_private.h"
#include "classic/segment/subject/working_size_private.h"
#include "image/codec.h"
#include "pipeline/companion.h"

using namespace inpaint;
using namespace inpaint::subject;

namespace {

cv::Mat load_subject(const std::string& file, cv::Size size) {
  if (file == "-") return cv::Mat(size, CV_8U, cv::Scalar(0));
  Notes notes;
  cv::Mat matte;
  cv::resize(decode_mask(read_file(file), {}, notes).values(), matte, size, 0, 0, cv::INTER_AREA);
  return matte > 127;
}

size_t write_rows(float scene, const RegionGraph& graph, const cv::Mat& subject, std::ofstream& out) {
  std::vector<float> inside(graph.regions.size());
  for (int y = 0; y < subject.rows; ++y) {
    for (int x = 0; x < subject.cols; ++x) {
      if (subject.at<uint8_t>(y, x) != 0) inside[static_cast<size_t>(graph.labels.at<int>(y, x))] += 1;
    }
  }
  const Cues cues = measure_cues(graph);
  for (size_t i = 0; i < inside.size(); ++i) {
    std::vector<float> row = {scene, inside[i] / graph.regions[i].area, graph.regions[i].area};
    row.insert(row.end(), cues.rows[i].begin(), cues.rows[i].end());
    out.write(reinterpret_cast<const char*>(row.data()), static_cast<std::streamsize>(row.size() * sizeof(float)));
  }
  return cues.rows[0].size() + 3;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: classic_cues SCENES TABLE\n", 2;
  std::ifstream scenes(argv[1]);
  std::ofstream out(std::string(argv[2]) + ".bin", std::ios::binary);
  size_t columns = 0;
  float number = 0;
  for (std::string picture, matte; scenes >> number >> picture >> matte;) {
    Notes notes;
    const cv::Mat rgb = at_working_size(decode_image(read_file(picture), {}, notes).rgb8());
    columns = write_rows(number, make_region_graph(rgb, superpixels_wanted), load_subject(matte, rgb.size()), out);
  }
  std::ofstream(std::string(argv[2]) + ".txt") << columns << "\n";
}
