#pragma once
#include <memory>
#include <string>

#include "remote/endpoint.h"

namespace inpaint {

/// Asynchronous jobs in DIR/.inpaint/jobs.sqlite. What was put is durable against a kill of the process. Safe from
/// several threads and several processes.
class SqliteJobStore : public JobStore {
 public:
  /// Throws SpecError if the file cannot be used.
  explicit SqliteJobStore(const std::string& output_directory);
  ~SqliteJobStore() override;
  nlohmann::json find(const std::string& work) override;
  void put(const std::string& work, const nlohmann::json& job) override;
  void remove(const std::string& work) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inpaint
