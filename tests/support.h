// What many tests need: a scratch folder, painted pictures, files, and running the real program.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "image/codec.h"

namespace inpaint::test {

/// A fresh folder that is removed at the end of the test.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// 8-bit RGB with smooth colour and some structure; differs with `seed`.
Image painted_picture(int width, int height, int seed = 0);

void write_file(const std::string& path, const std::string& text);
void write_picture(const std::string& path, const Image& image, Format format);
void write_mask(const std::string& path, const Mask& mask);
std::string file_text(const std::string& path);
Image load_picture(const std::string& path);
Mask load_mask(const std::string& path);
/// Relative paths of all files below a folder, hidden ones included, sorted.
std::vector<std::string> files_below(const std::string& folder);

struct RunResult {
  int exit_code = -1;  ///< 128 + signal if killed by one
  std::string out, err;
  double peak_megabytes = 0;  ///< resident memory
};
/// Runs the program with these arguments (each quoted for the shell); `setup` is shell text put before it, such as
/// "cd DIR &&", `redirect` is put after it.
RunResult run_inpaint(const std::vector<std::string>& arguments, const std::string& setup = "",
                      const std::string& redirect = "");
RunResult run_shell(const std::string& command);
/// Checks that the program ended with this code and that its standard error holds each of these texts.
void check_failed(const RunResult& result, int exit_code, const std::vector<std::string>& words);

}  // namespace inpaint::test
