#include "train/report.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/names.h"
#include "train/plot.h"

namespace inpaint {
namespace {

constexpr const char* style = R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2127; --faint: #6b7280; --rule: #e3e6ea;
  --c0: #2563c9; --c1: #d9480f; --c2: #2b8a3e; --c3: #9c36b5; --c4: #0b7285; --c5: #a67c00; --c6: #c2255c; --c7: #495057; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #e6e8eb; --faint: #9aa3ad; --rule: #2d333a;
    --c0: #74a7ff; --c1: #ff9a66; --c2: #69db7c; --c3: #da9cf0; --c4: #5fd0e0; --c5: #e8c35a; --c6: #ff8fb4; --c7: #adb5bd; } }
body { margin: 0 auto; max-width: 1240px; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.faint, figcaption, th, .legend { color: var(--faint); } .faint { margin: .2rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: normal; text-align: left; } td, th { padding: .15rem .9rem .15rem 0; vertical-align: top; }
tr + tr td, tr + tr th { border-top: 1px solid var(--rule); }
td.n { text-align: right; } td { overflow-wrap: anywhere; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); gap: 1rem 2rem; }
figure { margin: 0; } svg.plot { width: 100%; height: auto; display: block; }
.legend { margin: 0; font-size: .85rem; } .legend span { margin-right: .8em; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .3em; }
.plot path { fill: none; } .grid { stroke: var(--rule); } .marked { stroke: var(--faint); stroke-dasharray: 3 3; }
.plot path[class^=line] { stroke-width: 1.6; stroke-linejoin: round; }
.axis { fill: var(--faint); font-size: 11px; }
.album { overflow-x: auto; } .album th, .album td { border: 0; padding: 0 .4rem .4rem 0; font-size: .8rem; }
.album img { display: block; border-radius: 3px; } .album td.faint { padding-top: .5rem; }
.settings { column-width: 22rem; }
details { margin-top: .5rem; } summary { cursor: pointer; }
)css";

std::string color_rules() {
  std::string css;
  for (int i = 0; i < 8; ++i)
    css += fmt::format(
        ".line-{0} {{ stroke: var(--c{0}) }} .dot-{0} {{ fill: var(--c{0}) }} .key-{0} {{ background: "
        "var(--c{0}) }}\n",
        i);
  return css;
}

std::string base64(const std::string& bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : digits[bits >> (18 - 6 * k) & 63];
  }
  return out;
}

std::string image_of(const std::string& path, const std::string& words) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return "";
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return fmt::format("<img alt=\"{}\" src=\"data:image/jpeg;base64,{}\">", html_escaped(words), base64(bytes));
}

// A JSON value as people read it.
std::string text_of(const nlohmann::json& value) {
  if (value.is_number_float()) return fmt::format("{:.5g}", value.get<double>());
  if (value.is_string()) return html_escaped(value.get<std::string>());
  if (value.is_null()) return "–";
  return html_escaped(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Plot::Line line_of(const History& history, const std::string& key, const std::string& name) {
  const auto curve = history.curves.find(key);
  return {name, curve == history.curves.end() ? std::vector<Curve::Point>() : curve->second.points()};
}

// One plot per figure that evaluations tell, the one that ranks them first.
std::string evaluation_plots(const History& history, const RankingFigure& ranking, std::optional<int64_t> best) {
  if (history.evaluations.empty()) return "";
  std::vector<std::string> keys{ranking.key};
  for (const auto& [key, value] : history.evaluations.front().items()) {
    if (history.curves.contains(key) && key != ranking.key && value.is_number()) keys.push_back(key);
  }
  std::string html;
  for (const std::string& key : keys) {
    const std::string unit = key.ends_with("psnr") ? "dB" : "";
    html += svg_of({.title = key + ", on the pictures held out",
                    .unit = unit,
                    .lines = {line_of(history, key, key)},
                    .dots = history.evaluations.size() <= 60,
                    .marked_step = best,
                    .last_step = history.last_step});
  }
  return html;
}

std::string plots_of(const History& history, const std::string& task) {
  const nlohmann::json best = best_evaluation(history, task);
  const std::optional<int64_t> best_step = best.is_null() ? std::nullopt : std::optional<int64_t>(best["step"]);
  Plot terms{.title = "terms of the loss, before their weights",
             .unit = "",
             .lines = {},
             .logarithmic = true,
             .last_step = history.last_step};
  for (const auto& [key, curve] : history.curves) {
    if (key.starts_with("terms/")) terms.lines.push_back(line_of(history, key, key.substr(6)));
  }
  const auto plain = [&](const std::string& key, const std::string& title, const std::string& unit, bool logarithmic) {
    return svg_of({.title = title,
                   .unit = unit,
                   .lines = {line_of(history, key, key)},
                   .logarithmic = logarithmic,
                   .last_step = history.last_step});
  };
  return "<div class=\"plots\">\n" + evaluation_plots(history, ranking_figure(task), best_step) +
         plain("loss", "loss", "", true) + svg_of(terms) + plain("learning-rate", "learning rate", "", false) +
         plain("pictures-per-second", "pictures per second", "", false) +
         plain("gradient-norm", "norm of the gradient, before clipping", "", true) + "</div>\n";
}

std::string figures_table(const nlohmann::json& figures) {
  if (!figures.is_object()) return "";
  std::string head = "<tr><th></th><th>step</th>", body;
  std::vector<std::string> keys;
  for (const auto& [key, value] : figures["first"].items()) {
    if (key == "step" || key == "seconds" || !value.is_number()) continue;
    keys.push_back(key);
    head += fmt::format("<th>{}</th>", html_escaped(key));
  }
  for (const char* when : {"first", "best", "last"}) {
    body += fmt::format("<tr><th>{}</th><td class=\"n\">{}</td>", when, text_of(figures[when]["step"]));
    for (const std::string& key : keys)
      body += fmt::format("<td class=\"n\">{}</td>", text_of(figures[when].value(key, nlohmann::json())));
    body += "</tr>\n";
  }
  return "<table>" + head + "</tr>\n" + body + "</table>\n";
}

// The latest first: what lies beyond the window's edge is the oldest.
std::string album_table(const Album& album, const std::string& task, const nlohmann::json& best) {
  if (album.steps().empty()) return "";
  const bool cuts_out = task == "remove-bg";
  const size_t columns = album.steps().size();
  std::string html = fmt::format("<div class=\"album\"><table><tr><th>{}</th><th>{}</th>",
                                 cuts_out ? "picture" : "before", cuts_out ? "truth" : "masked");
  for (size_t i = columns; i-- > 0;) {
    const int64_t step = album.steps()[i];
    const bool is_best = !best.is_null() && best["step"] == step;
    html += fmt::format("<th>{}step {}{}</th>", i + 1 == columns ? "now, " : "", step, is_best ? ", best" : "");
  }
  html += "</tr>\n";
  for (const Album::Row& row : album.rows()) {
    html += fmt::format("<tr><td class=\"faint\" colspan=\"{}\">{}</td></tr><tr>", columns + 2, html_escaped(row.name));
    const auto cell = [&](const std::string& file, const std::string& words) {
      html += fmt::format("<td>{}</td>", image_of(file, row.name + ", " + words));
    };
    cell(cuts_out ? row.given : row.truth, cuts_out ? "picture" : "before");
    cell(cuts_out ? row.truth : row.given, cuts_out ? "truth" : "masked");
    for (size_t i = columns; i-- > 0;) cell(row.made[i], fmt::format("step {}", album.steps()[i]));
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string pairs_table(const nlohmann::json& object) {
  std::string html = "<table>";
  for (const auto& [key, value] : object.items()) {
    if (value == "" || (value.is_array() && value.empty())) continue;
    html += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", html_escaped(key), text_of(value));
  }
  return html + "</table>\n";
}

std::string skipped_list(const nlohmann::json& record) {
  const auto skipped = record.find("skipped");
  if (skipped == record.end() || skipped->empty()) return "";
  std::string rows;
  for (const auto& picture : *skipped)
    rows += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", text_of(picture["path"]), text_of(picture["reason"]));
  return fmt::format("<details><summary>{} skipped</summary><table>{}</table></details>\n",
                     count_of(skipped->size(), "picture"), rows);
}

std::string sittings_table(const nlohmann::json& record) {
  std::string html;
  for (const auto& sitting : record["sittings"]) html += pairs_table(sitting);
  return html;
}

}  // namespace

std::string training_report(const std::string& title, const nlohmann::json& record, const History& history,
                            const Album& album) {
  const std::string task = record["config"].value("task", "reconstruct");
  const std::string figures = figures_table(record.value("figures", nlohmann::json()));
  const std::string pictures = album_table(album, task, best_evaluation(history, task));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\">\n<title>{0}</title>\n<style>{1}{2}</style></head>\n<body>\n<h1>{0}</h1>\n"
      "<p class=\"faint\">task {3}, {4} steps, {5}</p>\n{6}{7}<h2>Curves</h2>\n{8}<h2>Settings</h2>\n"
      "<div class=\"settings\">{9}</div>\n"
      "<h2>Pictures</h2>\n{10}{11}<h2>Sittings</h2>\n{12}</body></html>\n",
      html_escaped(title), style, color_rules(), html_escaped(task), history.last_step,
      text_of(record.value("ended", nlohmann::json())), figures.empty() ? "" : "<h2>Figures</h2>\n" + figures,
      pictures.empty() ? "" : "<h2>Pictures held out</h2>\n" + pictures, plots_of(history, task),
      pairs_table(record["config"]), pairs_table(record.value("pictures", nlohmann::json::object())),
      skipped_list(record), sittings_table(record));
}

}  // namespace inpaint
