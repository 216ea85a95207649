#include "stages/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"
#include "core/names.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

std::string text_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw SpecError(fmt::format("--table {}: cannot be read", path));
  std::string all = text.str();
  return all.starts_with("\xef\xbb\xbf") ? all.substr(3) : all;
}

// The text with every {name} replaced by what `value` gives.
std::string filled(const std::string& text, const std::function<std::string(const std::string&)>& value) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] == '{' || text[i] == '}') && i + 1 < text.size() && text[i + 1] == text[i]) {
      out += text[i++];
    } else if (text[i] == '{') {
      const size_t end = text.find('}', i);
      if (end == std::string::npos) throw SpecError("--prompt: '{' without '}'; a brace itself is written '{{'");
      out += value(text.substr(i + 1, end - i - 1));
      i = end;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string text_of(const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::vector<std::map<std::string, std::string>> json_rows(const std::string& text, const std::string& where) {
  std::vector<std::map<std::string, std::string>> rows;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (trim(line).empty()) continue;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) throw SpecError(fmt::format("{}:{}: expected a JSON object", where, number));
    auto& row = rows.emplace_back();
    for (const auto& [name, value] : json.items()) row[name] = text_of(value);
  }
  return rows;
}

std::vector<std::map<std::string, std::string>> csv_rows(const std::string& text, const std::string& where) {
  const auto lines = parse_csv(text, where);
  std::vector<std::map<std::string, std::string>> rows;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].size() != lines[0].size())
      throw SpecError(fmt::format("{}: row {} has {}, expected {} as in the first", where, i + 1,
                                  count_of(lines[i].size(), "value"), lines[0].size()));
    auto& row = rows.emplace_back();
    for (size_t k = 0; k < lines[0].size(); ++k) row[std::string(trim(lines[0][k]))] = lines[i][k];
  }
  return rows;
}

}  // namespace

std::vector<std::vector<std::string>> parse_csv(const std::string& text, const std::string& where) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string value;
  bool quoted = false, any = false;
  int line = 1;
  const auto end_row = [&] {
    if (any || !row.empty() || !value.empty()) {
      row.push_back(std::move(value));
      rows.push_back(std::move(row));
    }
    row.clear();
    value.clear();
    any = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    line += c == '\n';
    if (quoted) {
      if (c != '"') {
        value += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        value += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && value.empty()) {
      quoted = any = true;
    } else if (c == ',') {
      row.push_back(std::move(value));
      value.clear();
      any = true;
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') {
      value += c;
    }
  }
  if (quoted) throw SpecError(fmt::format("{}:{}: a quote is not closed", where, line));
  end_row();
  return rows;
}

void Prompt::prepare(const std::string& text, const std::string& table) {
  text_ = text;
  table_ = table;
  rows_.clear();
  columns_.clear();
  if (!table.empty()) read_table(table);
  check_names();
}

void Prompt::read_table(const std::string& file) {
  const std::string text = text_of_file(file);
  const auto rows = file.ends_with(".jsonl") ? json_rows(text, file) : csv_rows(text, file);
  for (const Row& row : rows) {
    const auto key = row.find("file");
    if (key == row.end())
      throw SpecError(fmt::format("--table {}: expected a column 'file' with the pictures' paths", file));
    if (!rows_.emplace(key->second, row).second)
      throw SpecError(fmt::format("--table {}: '{}' stands there twice", file, key->second));
    for (const auto& [name, value] : row) {
      if (std::find(columns_.begin(), columns_.end(), name) == columns_.end()) columns_.push_back(name);
    }
  }
  if (rows_.empty()) throw SpecError(fmt::format("--table {}: has no rows", file));
}

void Prompt::check_names() const {
  std::vector<std::string> known{"stem", "dir"};
  known.insert(known.end(), columns_.begin(), columns_.end());
  filled(text_, [&](const std::string& name) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw SpecError(fmt::format("--prompt: '{{{}}}' is no column of {}{}", name,
                                  table_.empty() ? "a table (--table gives none)" : "--table " + table_,
                                  name_hint(name, known)));
    return std::string();
  });
}

const Prompt::Row& Prompt::row_of(const std::string& rel) const {
  const fs::path path(rel);
  for (const std::string& key :
       {rel, fs::path(path).replace_extension().generic_string(), path.filename().string(), path.stem().string()}) {
    if (const auto row = rows_.find(key); row != rows_.end()) return row->second;
  }
  throw ItemError(fmt::format("--table {}: no row for '{}'", table_, rel));
}

std::string Prompt::for_picture(const std::string& rel) const {
  const Row none;
  const Row& row = table_.empty() ? none : row_of(rel);
  const fs::path path(rel);
  return filled(text_, [&](const std::string& name) -> std::string {
    if (const auto value = row.find(name); value != row.end()) return value->second;
    if (name == "stem") return path.stem().string();
    if (name == "dir") return path.parent_path().generic_string();
    throw ItemError(fmt::format("--table {}: the row for '{}' has no '{}'", table_, rel, name));
  });
}

}  // namespace inpaint
