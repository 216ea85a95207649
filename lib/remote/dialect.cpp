#include "remote/dialect.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/names.h"

namespace inpaint {
namespace {

bool holds(const std::vector<std::string>& words, const std::string& word) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& known) {
    return known.ends_with('*') ? word.starts_with(known.substr(0, known.size() - 1)) : known == word;
  });
}

}  // namespace

Verdict Dialect::judge(const HttpAnswer& answer, size_t) const { return inpaint::judge(answer); }

std::optional<FollowUp> Dialect::follow(const HttpRequest&, const std::vector<HttpResponse>&) const {
  return std::nullopt;
}

std::map<std::string, std::string> deciding_options(const EndpointCard& card) {
  std::map<std::string, std::string> options = card.options;
  const DialectInfo& info = dialect_of(card);
  std::erase_if(options, [&](const auto& option) { return holds(info.aside, option.first); });
  return options;
}

const DialectInfo& dialect_of(const EndpointCard& card) {
  std::vector<std::string> names;
  for (const DialectInfo& info : all_dialects()) {
    names.push_back(info.name);
    if (info.name != card.dialect) continue;
    for (const std::string& task : card.tasks) {
      if (!holds(info.tasks, task))
        throw SpecError(fmt::format("endpoint {}: tasks: the dialect {} cannot {} (it can: {})", card.name, info.name,
                                    task, join(info.tasks, ", ")));
    }
    for (const auto& [name, value] : card.options) {
      if (!holds(info.options, name))
        throw SpecError(fmt::format("endpoint {}: options.{}: the dialect {} has no such option{}", card.name, name,
                                    info.name, name_hint(name, info.options)));
    }
    return info;
  }
  throw SpecError(
      fmt::format("endpoint {}: dialect: no dialect '{}'{}", card.name, card.dialect, name_hint(card.dialect, names)));
}

}  // namespace inpaint
