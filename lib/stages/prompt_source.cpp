#include "stages/prompt_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "core/error.h"
#include "core/hash.h"
#include "core/names.h"

namespace inpaint {
namespace {

constexpr size_t longest_name = 60;

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw SpecError(fmt::format("'{}': cannot be read; expected a text file with one prompt a line", file));
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(in, line)) {
    const std::string prompt(trim(line));
    if (prompt.find('\0') != std::string::npos)
      throw SpecError(fmt::format("'{}': is no text; expected one prompt a line", file));
    if (!prompt.empty() && !prompt.starts_with('#')) lines.push_back(prompt);
  }
  return lines;
}

}  // namespace

std::string name_of_prompt(const std::string& prompt) {
  std::string name;
  bool lossy = false;
  for (const unsigned char c : prompt) {
    lossy = lossy || c >= 0x80;
    if (c < 0x80 && std::isalnum(c) != 0) {
      name += static_cast<char>(std::tolower(c));
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  if (name.size() > longest_name) {
    const size_t word = name.rfind('-', longest_name);
    name.resize(word == std::string::npos ? longest_name : word);
    lossy = true;
  }
  while (name.ends_with('-')) name.pop_back();
  if (!lossy && !name.empty()) return name;
  return (name.empty() ? "" : name + "-") + content_hash(prompt).substr(0, 8);
}

PromptSource::PromptSource(const std::string& prompt, const std::vector<std::string>& files, int count) {
  if (!prompt.empty()) add(prompt, count);
  for (const std::string& file : files) {
    for (const std::string& line : lines_of(file)) add(line, count);
  }
  if (items_.empty()) throw SpecError("no prompt given: --prompt TEXT, or a text file with one a line as INPUT");
}

void PromptSource::add(const std::string& prompt, int count) {
  if (std::find(prompts_.begin(), prompts_.end(), prompt) != prompts_.end())
    throw SpecError(fmt::format("the prompt '{}' is given twice; --count makes several pictures of it", prompt));
  prompts_.push_back(prompt);
  for (int i = 1; i <= count; ++i) {
    SourceItem item;
    item.location = count == 1 ? prompt : fmt::format("{} ({})", prompt, i);
    item.rel = fmt::format("{}-{}.png", name_of_prompt(prompt), i);
    item.part = prompts_.size() - 1;
    items_.push_back(std::move(item));
  }
}

const std::string& PromptSource::prompt_of(const SourceItem& item) const { return prompts_.at(item.part); }

Bytes PromptSource::read(const SourceItem& item) const {
  const std::string& prompt = prompt_of(item);
  return {prompt.begin(), prompt.end()};
}

std::string PromptSource::identity(const SourceItem& item) const { return content_hash(prompt_of(item)); }

}  // namespace inpaint
