#pragma once
#include <map>
#include <string>
#include <vector>

namespace inpaint {

/// A prompt that may differ from picture to picture: "{stem}" and "{dir}" stand for parts of its path, other names in
/// braces for columns of a table. "{{" and "}}" are braces.
class Prompt {
 public:
  /// `table`: a CSV file with a header line, or JSON lines (.jsonl); its column "file" holds relative paths, file names
  /// or stems; empty: none. Throws SpecError for a file that cannot be read or
  /// parsed, a row that comes twice, and names that nothing gives.
  void prepare(const std::string& text, const std::string& table);
  bool empty() const { return text_.empty(); }
  /// For the picture `rel`. Throws ItemError if the table has no row for it.
  std::string for_picture(const std::string& rel) const;

 private:
  using Row = std::map<std::string, std::string>;
  void read_table(const std::string& file);
  const Row& row_of(const std::string& rel) const;
  void check_names() const;

  std::string text_, table_;
  std::vector<std::string> columns_;
  std::map<std::string, Row> rows_;  // by file
};

/// Comma-separated values as RFC 4180 tells: quoted fields may hold commas, line breaks and doubled quotes. Throws
/// SpecError headed by `where` and the line.
std::vector<std::vector<std::string>> parse_csv(const std::string& text, const std::string& where);

}  // namespace inpaint
