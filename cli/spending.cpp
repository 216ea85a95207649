#include "spending.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"

namespace inpaint {
namespace {

std::string estimate(const std::vector<RemoteUse>& uses, size_t pictures) {
  std::vector<std::string> parts;
  for (const RemoteUse& use : uses) {
    const std::string price = use.price > 0
                                  ? fmt::format("{:.2f} {}", use.price * static_cast<double>(pictures), use.currency)
                                  : "price unknown: --set endpoint.price=N tells it";
    parts.push_back(fmt::format("{} to {} ({})", count_of(pictures, "request"), use.endpoint, price));
  }
  return join(parts, ", ");
}

bool answered_yes(const std::string& question) {
  fmt::print(stderr, "{} Go on? [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

void settle_spending(const Pipeline& pipeline, const Plan& plan) {
  const std::vector<RemoteUse> uses = pipeline.remote_uses();
  const size_t pictures = plan.count(PlannedItem::Decision::work);
  if (uses.empty() || pictures == 0) return;
  const RunOptions& run = pipeline.run();
  if (run.dry_run) return log(LogLevel::info, "estimate: " + estimate(uses, pictures));
  if (!run.confirm_over || pictures <= *run.confirm_over || run.yes) return;
  const std::string told =
      fmt::format("--confirm-over {}: this run makes {}.", *run.confirm_over, estimate(uses, pictures));
  if (isatty(STDIN_FILENO) != 1) throw SpecError(told + " --yes goes on, --limit N does fewer");
  if (!answered_yes(told)) throw SpecError("nothing was sent");
}

}  // namespace inpaint
