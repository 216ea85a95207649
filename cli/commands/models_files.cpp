// inpaint models pull, verify, remove: what changes or hashes files.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "commands/models.h"
#include "core/cancel.h"
#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "flags.h"
#include "nn/models.h"
#include "nn/verified.h"
#include "remote/download.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

constexpr int missing = 3, interrupted = 130;

bool switched_on(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' && std::string(value) != "0";
}

std::vector<Card> cards_named(const std::vector<std::string>& names) {
  std::vector<Card> cards;
  for (const std::string& name : names) cards.push_back(find_card(name));
  return cards;
}

// Files named by their path belong to someone: they are neither replaced nor removed.
std::vector<Card> cards_in_store(const std::vector<std::string>& names) {
  std::vector<Card> cards = cards_named(names);
  for (size_t i = 0; i < cards.size(); ++i) {
    if (!in_store(cards[i]))
      throw SpecError(fmt::format("'{}': expected the name of a model; files outside {} are left alone", names[i],
                                  models_folder()));
  }
  return cards;
}

// A line on the terminal that is drawn over and over.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what)
      : what_(std::move(what)), shown_(isatty(STDERR_FILENO) == 1 && log_level() >= LogLevel::info) {
    if (shown_) set_log_hooks([] { erase(); }, [] {});
  }
  ~ProgressLine() {
    if (!shown_) return;
    erase();
    set_log_hooks({}, {});
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void draw(int64_t bytes, std::optional<int64_t> of) {
    const auto now = Clock::now();
    if (!shown_ || now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    if (first_ < 0) first_ = bytes;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double rate = seconds > 0 ? static_cast<double>(bytes - first_) / seconds : 0;
    const double percent = of && *of > 0 ? 100.0 * static_cast<double>(bytes) / static_cast<double>(*of) : 0;
    const std::string whole = of ? fmt::format(" of {} ({:.0f} %)", size_text(*of), percent) : "";
    fmt::print(stderr, "\r\x1b[K{}: {}{}, {}/s", what_, size_text(bytes), whole, size_text(static_cast<int64_t>(rate)));
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static void erase() { std::fputs("\r\x1b[K", stderr); }
  std::string what_;
  bool shown_;
  int64_t first_ = -1;
  Clock::time_point start_ = Clock::now(), drawn_;
};

struct PullArguments {
  std::vector<std::string> names;
  CardFilter filter;
  bool all = false, offline = false, verbose = false;
  double timeout = 60;
};

std::vector<Card> cards_to_pull(const PullArguments& a) {
  if (a.all != a.names.empty())
    throw SpecError(a.all ? "models pull: expected names or --all, not both" : "models pull: expected names, or --all");
  if (!a.all) {
    std::vector<Card> cards = cards_in_store(a.names);
    for (const Card& card : cards) {
      if (!a.filter.takes(card))
        throw SpecError(
            fmt::format("{}: its licence ({}) is not known to allow commercial use", card.name, card.licence));
    }
    return cards;
  }
  std::vector<Card> cards;
  for (Card& card : known_cards()) {
    const bool published = std::all_of(card.files.begin(), card.files.end(),
                                       [&](const CardFile& file) { return can_be_fetched(card, file.role); });
    if (published && a.filter.takes(card)) cards.push_back(std::move(card));
  }
  return cards;
}

Downloaded fetch(const Card& card, const CardFile& file, const PullArguments& a, const Cancel& cancel) {
  ProgressLine line(file.name);
  DownloadOptions options;
  options.stall_seconds = a.timeout;
  options.cancel = &cancel;
  options.progress = [&](int64_t bytes, std::optional<int64_t> of) { line.draw(bytes, of); };
  return download({file_url(card, file.role), store_path(card, file.role), {file.md5, file.sha256}, file.size},
                  options);
}

// False if interrupted.
bool pull(const Card& card, const CardFile& file, const PullArguments& a, const Cancel& cancel) {
  const std::string path = store_path(card, file.role);
  std::string reason;
  try {
    const std::string found = verified_file(card, file.role);
    fmt::print("{}: {} {}\n", card.name, found, ships(card, file.role) ? "ships with the program" : "is there");
    return true;
  } catch (const MissingError& error) {
    reason = error.what();
  }
  const bool connects = !file_url(card, file.role).starts_with("file://");
  if (a.offline && connects) throw MissingError(reason + "; --offline or INPAINT_OFFLINE forbids it now");
  if (!can_be_fetched(card, file.role)) throw MissingError(reason);
  const Downloaded result = fetch(card, file, a, cancel);
  if (result.status == Downloaded::Status::cancelled) return false;
  remember_checksums(path, {file.md5, file.sha256});
  verified_file(card, file.role);
  const bool fetched = result.status == Downloaded::Status::fetched;
  fmt::print("{}: {} {}\n", card.name, path,
             fetched ? fmt::format("fetched ({})", size_text(result.received)) : "is there");
  std::fflush(stdout);
  return true;
}

int pull_all(const PullArguments& a) {
  static Cancel cancel;
  cancel_on_signals(cancel);
  int code = 0;
  for (const Card& card : cards_to_pull(a)) {
    for (const CardFile& file : card.files) {
      try {
        if (pull(card, file, a, cancel)) continue;
        log(LogLevel::info, "interrupted; the same command goes on from here");
        return interrupted;
      } catch (const MissingError& error) {
        log(LogLevel::error, error.what());
        code = missing;
      }
    }
  }
  return code;
}

// True if it is as the card says. Files that are not there count only if they were asked for.
bool verify(const Card& card, const CardFile& file, bool asked_for) {
  const std::string path = file_path(card, file.role);
  if (file_state(card, file.role) == FileState::absent && !asked_for) return true;
  try {
    const bool hashes = file_state(card, file.role) != FileState::absent && !(file.md5.empty() && file.sha256.empty());
    if (hashes) fresh_checksums(path, !file.md5.empty(), !file.sha256.empty());
    verified_file(card, file.role);
    fmt::print("{}: {} {}\n", card.name, path,
               ships(card, file.role) ? "ships with the program, and is right"
               : hashes               ? "is right"
                                      : "is there; its card names no checksum");
    return true;
  } catch (const MissingError& error) {
    log(LogLevel::error, error.what());
    return false;
  }
}

int verify_all(const std::vector<std::string>& names) {
  bool right = true;
  for (const Card& card : names.empty() ? known_cards() : cards_named(names)) {
    for (const CardFile& file : card.files) right &= verify(card, file, !names.empty());
  }
  return right ? 0 : missing;
}

int64_t remove_files(const Card& card) {
  const fs::path folder = fs::path(store_path(card, card.files.front().role)).parent_path();
  std::error_code error;
  int64_t freed = 0;
  for (const CardFile& file : card.files) {
    for (const char* ending : {"", ".part", ".part.json"}) {
      const fs::path path = folder / (file.name + ending);
      const auto size = fs::file_size(path, error);
      if (error) continue;
      if (!fs::remove(path, error))
        throw MissingError(fmt::format("{}: cannot be removed: {}", path.string(), error.message()));
      freed += static_cast<int64_t>(size);
    }
  }
  fs::remove(folder, error);  // only if nothing else is in it, such as a card
  return freed;
}

void remove_all(const std::vector<std::string>& names) {
  for (const Card& card : cards_in_store(names)) {
    const int64_t freed = remove_files(card);
    fmt::print("{}: {}\n", card.name, freed > 0 ? size_text(freed) + " freed" : "nothing of it was in the store");
  }
}

}  // namespace

void add_models_pull_command(CLI::App& models, int& exit_code) {
  CLI::App* command =
      models.add_subcommand("pull", "Fetch the files of models; what is there and right stays")->group("Commands");
  command->allow_extras();
  auto a = std::make_shared<PullArguments>();
  command->add_option("NAME", a->names, "Models")->type_name("");
  command->add_flag("--all", a->all, "Every model that is published");
  a->filter.describe_licence(*command);
  command->add_flag("--offline", a->offline, "Open no connection (also: INPAINT_OFFLINE=1)");
  command
      ->add_option("--timeout", a->timeout, "Try again when nothing came for so many seconds (1 to 3600; default: 60)")
      ->check([](const std::string& text) {
        double value = 0;
        const bool right = CLI::detail::lexical_cast(text, value) && value >= 1 && value <= 3600;
        return right ? std::string() : fmt::format("expected 1 to 3600 seconds, not '{}'", text);
      })
      ->type_name("S");
  command->add_flag("-v,--verbose", a->verbose, "Tell which files are hashed");
  command->callback([command, a, &exit_code] {
    reject_unknown_flags(*command);
    if (a->verbose) set_log_level(LogLevel::detail);
    a->offline |= switched_on("INPAINT_OFFLINE");
    exit_code = pull_all(*a);
  });
}

void add_models_verify_command(CLI::App& models, int& exit_code) {
  CLI::App* command =
      models.add_subcommand("verify", "Hash model files anew (without names: all that are there)")->group("Commands");
  command->allow_extras();
  auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("NAME", *names, "Models")->type_name("");
  command->callback([command, names, &exit_code] {
    reject_unknown_flags(*command);
    exit_code = verify_all(*names);
  });
}

void add_models_remove_command(CLI::App& models, int& exit_code) {
  CLI::App* command = models.add_subcommand("remove", "Remove the files of models from the store")->group("Commands");
  command->allow_extras();
  auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("NAME", *names, "Models")->type_name("")->required();
  command->callback([command, names, &exit_code] {
    reject_unknown_flags(*command);
    remove_all(*names);
    exit_code = 0;
  });
}

}  // namespace inpaint
