#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace inpaint {

/// What is known of one output. `status` is "done", "failed" or "blocked".
struct LedgerRecord {
  std::string output;  ///< path below the output directory; unique
  std::string input;   ///< as listed
  std::string status;
  std::string reason;           ///< of a failure
  bool input_at_fault = false;  ///< the same input bytes would fail again
  std::string recipe;           ///< Pipeline::recipe_hash
  std::string inputs;           ///< identities of the input and of all companion files
  std::string input_hash;       ///< content_hash of the input's bytes, "" if they were not read
  double seconds = 0;
  std::string finished_at;  ///< UTC, ISO 8601
  std::string facts;        ///< JSON
  std::string options;      ///< the recipe as JSON; told by query only
};

struct LedgerQuery {
  std::optional<std::string> status;
  std::optional<std::string> input_contains;
  std::optional<uint64_t> limit;  ///< newest first
};

/// SQLite in OUT/.inpaint/ledger.sqlite. Every record is durable against a kill of the process as soon as put returns.
/// Safe from several threads and several processes. Throws SpecError if the file cannot
/// be used or is no ledger.
class Ledger {
 public:
  enum class Mode { read, write };
  Ledger(const std::string& output_directory, Mode mode);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  static std::string path_in(const std::string& output_directory);
  static bool exists_in(const std::string& output_directory);

  std::optional<LedgerRecord> find(const std::string& output);
  /// Adds the record or replaces the one of that output.
  void put(const LedgerRecord& record);
  /// Calls `visit` for each record that fits, in order of output, or newest first if limited. `visit` must not call
  /// this ledger.
  void query(const LedgerQuery& query, const std::function<void(const LedgerRecord&)>& visit);
  /// Keeps the recipe as JSON under its hash, so that records can be explained.
  void put_recipe(const std::string& hash, const std::string& json);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The time now in UTC, ISO 8601 with milliseconds.
std::string utc_now();

}  // namespace inpaint
