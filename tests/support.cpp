#include "support.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <opencv2/core.hpp>
#include <sstream>

#include "pipeline/companion.h"

namespace inpaint::test {
namespace fs = std::filesystem;

ScratchFolder::ScratchFolder() {
  std::string pattern = (fs::temp_directory_path() / "inpaint-test-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Image painted_picture(int width, int height, int seed) {
  cv::Mat rgb(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = (x + 13 * seed) / 19.0, v = (y + 7 * seed) / 23.0;
      rgb.at<cv::Vec3b>(y, x) = {static_cast<uint8_t>(127 + 90 * std::sin(u)),
                                 static_cast<uint8_t>(127 + 90 * std::cos(v)),
                                 static_cast<uint8_t>((x * 2 + y + 31 * seed) % 256)};
    }
  }
  return Image(rgb);
}

void write_file(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

void write_picture(const std::string& path, const Image& image, Format format) {
  Notes notes;
  EncodeOptions options;
  options.format = format;
  const Bytes bytes = encode_image(image, options, notes);
  write_file(path, std::string(bytes.begin(), bytes.end()));
}

void write_mask(const std::string& path, const Mask& mask) {
  const Bytes bytes = encode_mask(mask, {});
  write_file(path, std::string(bytes.begin(), bytes.end()));
}

std::string file_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Image load_picture(const std::string& path) {
  Notes notes;
  return decode_image(read_file(path), {}, notes);
}

Mask load_mask(const std::string& path) {
  Notes notes;
  return decode_mask(read_file(path), {}, notes);
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder).generic_string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

RunResult run_shell(const std::string& command) {
  const ScratchFolder scratch;
  const std::string out = scratch / "out", err = scratch / "err";
  const std::string line = fmt::format("( {} ) >'{}' 2>'{}'", command, out, err);
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  rusage usage = {};
  REQUIRE(wait4(child, &status, 0, &usage) == child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), file_text(out), file_text(err),
          static_cast<double>(usage.ru_maxrss) / 1024};
}

RunResult run_inpaint(const std::vector<std::string>& arguments, const std::string& setup,
                      const std::string& redirect) {
  std::string command = setup + " '" INPAINT_PROGRAM "'";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  return run_shell(command + " " + redirect);
}

void check_failed(const RunResult& result, int exit_code, const std::vector<std::string>& words) {
  CAPTURE(result.err);
  CHECK(result.exit_code == exit_code);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(result.err.find(word) != std::string::npos);
  }
}

}  // namespace inpaint::test
