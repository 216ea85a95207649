#include "pipeline/truth_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/names.h"

namespace inpaint {
namespace {

constexpr std::array<double, 7> upper_ends = {0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6};  // each belongs to its row
constexpr std::array<const char*, 9> row_names = {"to 0.01", "0.01-0.1", "0.1-0.2",   "0.2-0.3", "0.3-0.4",
                                                  "0.4-0.5", "0.5-0.6",  "above 0.6", "all"};

struct Figure {
  const char *key, *title;
  int digits;
};
constexpr std::array<Figure, 6> shown = {{{"psnr", "PSNR dB", 2},
                                          {"ssim", "SSIM", 4},
                                          {"l1", "L1", 3},
                                          {"l1_percent", "L1 %", 3},
                                          {"psnr_hole", "hole PSNR dB", 2},
                                          {"l1_hole", "hole L1", 3}}};

}  // namespace

std::optional<double> TruthTable::Mean::value() const {
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

void TruthTable::Mean::add(const nlohmann::json& facts, const char* key) {
  const auto found = facts.find(key);
  if (found == facts.end() || !found->is_number()) return;
  sum += found->get<double>();
  ++count;
}

void TruthTable::add(const nlohmann::json& facts) {
  static_assert(shown.size() == figures && row_names.size() == bins + 1 && upper_ends.size() + 1 == bins);
  const auto truth = facts.find("truth");
  if (truth == facts.end() || !truth->is_object()) {
    ++not_counted_;
    return;
  }
  const double ratio = truth->at("hole_ratio").get<double>();
  const auto bin = std::lower_bound(upper_ends.begin(), upper_ends.end(), ratio) - upper_ends.begin();
  for (Row* row : {&rows_[static_cast<size_t>(bin)], &rows_.back()}) {
    ++row->pictures;
    for (size_t i = 0; i < figures; ++i) row->means[i].add(*truth, shown[i].key);
  }
}

std::string TruthTable::text() const {
  std::string out = fmt::format("{:10} {:>8}", "hole ratio", "pictures");
  for (const Figure& figure : shown) out += fmt::format("  {:>8}", figure.title);
  out += "\n";
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (row.pictures == 0) continue;
    out += fmt::format("{:10} {:8}", row_names[i], row.pictures);
    for (size_t k = 0; k < figures; ++k) {
      const std::optional<double> mean = row.means[k].value();
      const std::string value = mean ? fmt::format("{:.{}f}", *mean, shown[k].digits) : "-";
      out += fmt::format("  {:>{}}", value, std::max<size_t>(8, std::string_view(shown[k].title).size()));
    }
    out += "\n";
  }
  const size_t equal = rows_.back().pictures - rows_.back().means[0].count;
  if (equal > 0) out += fmt::format("without a PSNR, since equal to the truth: {}\n", count_of(equal, "picture"));
  if (not_counted_ > 0)
    out += fmt::format("not counted, since done before without figures: {} (--redo measures them)\n",
                       count_of(not_counted_, "picture"));
  return out;
}

nlohmann::json TruthTable::to_json() const {
  nlohmann::json out = nlohmann::json::array();
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].pictures == 0) continue;
    nlohmann::json row = {{"hole", row_names[i]}, {"pictures", rows_[i].pictures}};
    for (size_t k = 0; k < figures; ++k) {
      const std::optional<double> mean = rows_[i].means[k].value();
      row[shown[k].key] = mean ? nlohmann::json(*mean) : nlohmann::json();
    }
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace inpaint
