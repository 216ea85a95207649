#pragma once
#include <array>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace inpaint {

/// How close the pictures of a run came to their originals: means by the share of the picture that was hole.
/// A row for each share ((.01-.1], (.1-.2], ... (.5-.6] as in the literature, and what lies outside), and one for all.
class TruthTable {
 public:
  /// A picture's facts; one without "truth" is not counted. That holds "hole_ratio" in [0,1] and the figures of
  /// to_json(Comparison); a PSNR that is null (no difference) and hole figures that are missing do not take part in
  /// their means.
  void add(const nlohmann::json& facts);

  /// No picture had figures.
  bool empty() const { return rows_.back().pictures == 0; }
  /// For people: a line of titles, a line for each row that has pictures, and what was left out; lines end with '\n'.
  std::string text() const;
  /// An array of rows that have pictures: "hole", "pictures" and the means, null where there is none.
  nlohmann::json to_json() const;

 private:
  struct Mean {
    double sum = 0;
    size_t count = 0;
    void add(const nlohmann::json& facts, const char* key);
    std::optional<double> value() const;
  };
  static constexpr size_t figures = 6;
  struct Row {
    size_t pictures = 0;
    std::array<Mean, figures> means;
  };
  static constexpr size_t bins = 8;
  std::array<Row, bins + 1> rows_;  // the last: all
  size_t not_counted_ = 0;
};

}  // namespace inpaint
