#include "pipeline/job_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <mutex>

#include "core/error.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

constexpr int busy_milliseconds = 30'000;
constexpr int64_t longest_kept = 24 * 3600;  // seconds; services keep results no longer

int64_t seconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string path_in(const std::string& output_directory) {
  const fs::path folder = fs::path(output_directory) / ".inpaint";
  std::error_code ignored;  // the database tells
  fs::create_directories(folder, ignored);
  return (folder / "jobs.sqlite").string();
}

}  // namespace

struct SqliteJobStore::Impl {
  explicit Impl(const std::string& path)
      : database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_milliseconds) {
    // Rolled back, not written ahead: SQLite then waits for others also while the file is made.
    database.exec(
        "CREATE TABLE IF NOT EXISTS jobs(work TEXT PRIMARY KEY, job TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT "
        "ROWID;");
    SQLite::Statement old(database, "DELETE FROM jobs WHERE at < ?");
    old.bind(1, seconds_since_1970() - longest_kept);
    old.exec();
  }
  std::mutex mutex;
  SQLite::Database database;
};

SqliteJobStore::SqliteJobStore(const std::string& output_directory) {
  const std::string path = path_in(output_directory);
  try {
    impl_ = std::make_unique<Impl>(path);
  } catch (const SQLite::Exception& error) {
    throw SpecError(fmt::format("the list of jobs '{}' cannot be used: {}", path, error.what()));
  }
}

SqliteJobStore::~SqliteJobStore() = default;

nlohmann::json SqliteJobStore::find(const std::string& work) {
  std::lock_guard lock(impl_->mutex);
  SQLite::Statement query(impl_->database, "SELECT job FROM jobs WHERE work = ?");
  query.bind(1, work);
  if (!query.executeStep()) return nullptr;
  return nlohmann::json::parse(query.getColumn(0).getString(), nullptr, false);
}

void SqliteJobStore::put(const std::string& work, const nlohmann::json& job) {
  std::lock_guard lock(impl_->mutex);
  SQLite::Statement statement(impl_->database, "INSERT OR REPLACE INTO jobs VALUES(?, ?, ?)");
  statement.bind(1, work);
  statement.bind(2, job.dump());
  statement.bind(3, seconds_since_1970());
  statement.exec();
}

void SqliteJobStore::remove(const std::string& work) {
  std::lock_guard lock(impl_->mutex);
  SQLite::Statement statement(impl_->database, "DELETE FROM jobs WHERE work = ?");
  statement.bind(1, work);
  statement.exec();
}

}  // namespace inpaint
