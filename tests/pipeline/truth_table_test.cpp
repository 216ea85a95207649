#include "pipeline/truth_table.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace inpaint::test {
namespace {

using nlohmann::json;

json facts(double ratio, const json& psnr = 20, double l1 = 5) {
  return {{"truth",
           {{"hole_ratio", ratio},
            {"psnr", psnr},
            {"ssim", 0.9},
            {"l1", l1},
            {"l1_percent", l1 / 2.55},
            {"psnr_hole", 12},
            {"l1_hole", 2 * l1}}}};
}

std::string row_of(double ratio) {
  TruthTable table;
  table.add(facts(ratio));
  return table.to_json().at(0).at("hole");
}

}  // namespace

TEST_CASE("a picture counts in the row of its hole ratio, the upper end included") {
  CHECK(row_of(0) == "to 0.01");
  CHECK(row_of(0.01) == "to 0.01");
  CHECK(row_of(0.0101) == "0.01-0.1");
  CHECK(row_of(0.1) == "0.01-0.1");
  CHECK(row_of(0.15) == "0.1-0.2");
  CHECK(row_of(0.3) == "0.2-0.3");
  CHECK(row_of(0.35) == "0.3-0.4");
  CHECK(row_of(0.5) == "0.4-0.5");
  CHECK(row_of(0.6) == "0.5-0.6");
  CHECK(row_of(0.601) == "above 0.6");
  CHECK(row_of(1) == "above 0.6");
}

TEST_CASE("rows are means; the last is that of all") {
  TruthTable table;
  CHECK(table.empty());
  table.add(facts(0.15, 20, 4));
  table.add(facts(0.12, 30, 8));
  table.add(facts(0.45, 10, 9));
  CHECK_FALSE(table.empty());
  const json rows = table.to_json();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["hole"] == "0.1-0.2");
  CHECK(rows[0]["pictures"] == 2);
  CHECK(rows[0]["psnr"] == 25);
  CHECK(rows[0]["l1"] == 6);
  CHECK(rows[0]["l1_hole"] == 12);
  CHECK(rows[1]["hole"] == "0.4-0.5");
  CHECK(rows[2]["hole"] == "all");
  CHECK(rows[2]["pictures"] == 3);
  CHECK(rows[2]["psnr"] == 20);
  CHECK(rows[2]["l1"] == 7);
  CHECK(table.text() ==
        "hole ratio pictures   PSNR dB      SSIM        L1      L1 %  hole PSNR dB   hole L1\n"
        "0.1-0.2           2     25.00    0.9000     6.000     2.353         12.00    12.000\n"
        "0.4-0.5           1     10.00    0.9000     9.000     3.529         12.00    18.000\n"
        "all               3     20.00    0.9000     7.000     2.745         12.00    14.000\n");
}

TEST_CASE("what has no figure takes no part in its mean, and what is not counted is told") {
  TruthTable table;
  table.add(facts(0.15, nullptr));
  table.add(facts(0.15, 30));
  table.add(json::object());
  table.add({{"truth", nullptr}});
  const json rows = table.to_json();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["pictures"] == 2);
  CHECK(rows[0]["psnr"] == 30);
  CHECK(table.text().find("without a PSNR, since equal to the truth: 1 picture\n") != std::string::npos);
  CHECK(table.text().find("not counted, since done before without figures: 2 pictures") != std::string::npos);

  TruthTable whole;
  json empty_hole = facts(0, nullptr);
  empty_hole["truth"].erase("psnr_hole");
  empty_hole["truth"].erase("l1_hole");
  whole.add(empty_hole);
  CHECK(whole.to_json()[0]["psnr"].is_null());
  CHECK(whole.to_json()[0]["l1_hole"].is_null());
}

}  // namespace inpaint::test
