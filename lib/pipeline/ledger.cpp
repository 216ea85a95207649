#include "pipeline/ledger.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "core/error.h"

namespace inpaint {
namespace fs = std::filesystem;
namespace {

constexpr int schema_version = 1;
constexpr int busy_milliseconds = 30'000;

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS items(
  output TEXT PRIMARY KEY, input TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, input_at_fault INTEGER NOT NULL,
  recipe TEXT NOT NULL, inputs TEXT NOT NULL, input_hash TEXT NOT NULL, seconds REAL NOT NULL, finished_at TEXT NOT NULL,
  facts TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recipes(hash TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
)";

constexpr const char* columns =
    "output, input, status, reason, input_at_fault, recipe, inputs, input_hash, seconds, finished_at, facts";

LedgerRecord record_of(SQLite::Statement& row) {
  LedgerRecord r;
  r.output = row.getColumn(0).getString();
  r.input = row.getColumn(1).getString();
  r.status = row.getColumn(2).getString();
  r.reason = row.getColumn(3).getString();
  r.input_at_fault = row.getColumn(4).getInt() != 0;
  r.recipe = row.getColumn(5).getString();
  r.inputs = row.getColumn(6).getString();
  r.input_hash = row.getColumn(7).getString();
  r.seconds = row.getColumn(8).getDouble();
  r.finished_at = row.getColumn(9).getString();
  r.facts = row.getColumn(10).getString();
  return r;
}

// A commit then costs one write and survives a kill; only a power cut may lose the last ones, which are then done
// again.
void use_write_ahead_log(SQLite::Database& database) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::milliseconds(busy_milliseconds);
  // SQLite itself does not wait here when several processes make the ledger at once.
  while (database.tryExec("PRAGMA journal_mode=WAL") == SQLITE_BUSY && Clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
}

SpecError unusable(const std::string& path, const SQLite::Exception& error) {
  const bool damaged = error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB;
  return SpecError(fmt::format("the ledger '{}' cannot be used: {}{}", path, error.what(),
                               damaged ? "; delete it to do everything again" : ""));
}

// A database in write-ahead mode can be read where nothing can be written only by promising that it stands still.
std::string read_address(const std::string& path) {
  const bool writable = ::access(fs::path(path).parent_path().c_str(), W_OK) == 0;
  std::string escaped;
  for (const char c : path) escaped += c == '?' ? "%3f" : c == '#' ? "%23" : c == '%' ? "%25" : std::string(1, c);
  return "file:" + escaped + (writable ? "" : "?immutable=1");
}

}  // namespace

struct Ledger::Impl {
  Impl(std::string file, const std::string& address, int flags)
      : path(std::move(file)), database(address, flags, busy_milliseconds) {}

  // Calls `work` alone; SQLite's errors come out as ours.
  template <class Work>
  auto alone(const Work& work) {
    std::lock_guard lock(mutex);
    try {
      return work();
    } catch (const SQLite::Exception& error) {
      throw unusable(path, error);
    }
  }

  const std::string path;
  std::mutex mutex;
  SQLite::Database database;
  std::optional<SQLite::Statement> find, put;
};

Ledger::Ledger(const std::string& output_directory, Mode mode) {
  const std::string path = path_in(output_directory);
  const bool writes = mode == Mode::write;
  try {
    impl_ = writes ? std::make_unique<Impl>(path, path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
                   : std::make_unique<Impl>(path, read_address(path), SQLite::OPEN_READONLY | SQLite::OPEN_URI);
    const int version = impl_->database.execAndGet("PRAGMA user_version").getInt();
    if (version > schema_version) {
      throw SpecError(fmt::format(
          "the ledger '{}' was written by a newer version of inpaint; update, or choose another output directory",
          path));
    }
    if (!writes && version == 0) {  // another process is just making it: nothing is in it yet
      impl_ = std::make_unique<Impl>(path, ":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      impl_->database.exec(schema);
    }
    if (writes) {
      use_write_ahead_log(impl_->database);
      impl_->database.exec(fmt::format("BEGIN IMMEDIATE; {} PRAGMA user_version={}; COMMIT", schema, schema_version));
      impl_->put.emplace(impl_->database,
                         fmt::format("INSERT OR REPLACE INTO items({}) VALUES(?,?,?,?,?,?,?,?,?,?,?)", columns));
    }
    impl_->find.emplace(impl_->database, fmt::format("SELECT {} FROM items WHERE output=?", columns));
  } catch (const SQLite::Exception& error) {
    throw unusable(path, error);
  }
}

Ledger::~Ledger() = default;

std::string Ledger::path_in(const std::string& output_directory) {
  return (fs::path(output_directory) / ".inpaint" / "ledger.sqlite").string();
}
bool Ledger::exists_in(const std::string& output_directory) { return fs::exists(path_in(output_directory)); }

std::optional<LedgerRecord> Ledger::find(const std::string& output) {
  return impl_->alone([&] {
    SQLite::Statement& find = *impl_->find;
    find.reset();
    find.bind(1, output);
    std::optional<LedgerRecord> record;
    if (find.executeStep()) record = record_of(find);
    find.reset();
    return record;
  });
}

void Ledger::put(const LedgerRecord& r) {
  impl_->alone([&] {
    SQLite::Statement& put = *impl_->put;
    put.reset();
    int i = 0;
    for (const std::string* text : {&r.output, &r.input, &r.status, &r.reason}) put.bind(++i, *text);
    put.bind(++i, r.input_at_fault ? 1 : 0);
    for (const std::string* text : {&r.recipe, &r.inputs, &r.input_hash}) put.bind(++i, *text);
    put.bind(++i, r.seconds);
    put.bind(++i, r.finished_at);
    put.bind(++i, r.facts);
    put.exec();
  });
}

void Ledger::query(const LedgerQuery& query, const std::function<void(const LedgerRecord&)>& visit) {
  std::string sql = fmt::format("SELECT {}, json FROM items LEFT JOIN recipes ON hash=recipe WHERE 1", columns);
  if (query.status) sql += " AND status=:status";
  if (query.input_contains) sql += " AND instr(input, :input)>0";
  sql += query.limit ? fmt::format(" ORDER BY finished_at DESC LIMIT {}", *query.limit) : " ORDER BY output";
  impl_->alone([&] {
    SQLite::Statement rows(impl_->database, sql);
    if (query.status) rows.bind(":status", *query.status);
    if (query.input_contains) rows.bind(":input", *query.input_contains);
    while (rows.executeStep()) {
      LedgerRecord record = record_of(rows);
      record.options = rows.getColumn(11).getString();
      visit(record);
    }
  });
}

void Ledger::put_recipe(const std::string& hash, const std::string& json) {
  impl_->alone([&] {
    SQLite::Statement put(impl_->database, "INSERT OR IGNORE INTO recipes(hash, json) VALUES(?,?)");
    put.bind(1, hash);
    put.bind(2, json);
    put.exec();
  });
}

std::string utc_now() {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto milliseconds = now.time_since_epoch().count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     milliseconds);
}

}  // namespace inpaint
