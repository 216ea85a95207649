#include "train/record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <thread>

#include "core/error.h"
#include "train/folder.h"

namespace inpaint {
namespace {

std::string now_text() {
  std::tm utc = {};
  const std::time_t now = std::time(nullptr);
  gmtime_r(&now, &utc);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc);
}

// No names of hosts or people: models are passed on.
nlohmann::json machine() {
  std::ifstream in("/proc/cpuinfo");
  std::string line, processor;
  while (processor.empty() && std::getline(in, line)) {
    if (line.starts_with("model name")) processor = line.substr(std::min(line.size(), line.find(':') + 2));
  }
  utsname system = {};
  uname(&system);
  return {{"processor", processor},
          {"cores", std::thread::hardware_concurrency()},
          {"system", fmt::format("{} {} {}", system.sysname, system.release, system.machine)}};
}

nlohmann::json read_record(const std::string& path) {
  std::ifstream in(path);
  nlohmann::json json = nlohmann::json::parse(in, nullptr, false);
  const bool whole = json.is_object() && json.contains("options") && json.contains("sittings") &&
                     json["sittings"].is_array() && json.contains("ended");
  if (!whole) throw SpecError(path + ": damaged; begin anew in another folder");
  return json;
}

}  // namespace

TrainingRecord::TrainingRecord(std::string path, bool go_on) : path_(std::move(path)) {
  json_ = go_on ? read_record(path_) : nlohmann::json{{"sittings", nlohmann::json::array()}};
}

void TrainingRecord::begin_sitting(const ProgramFacts& program, const std::vector<GivenValue>& given,
                                   const nlohmann::json& config) {
  json_["options"] = given;
  json_["config"] = config;
  json_["seed"] = config.value("seed", "0");
  json_["ended"] = "running";
  json_["sittings"].push_back({{"inpaint", program.version},
                               {"command", program.command},
                               {"started", now_text()},
                               {"seconds", 0},
                               {"machine", machine()}});
}

void TrainingRecord::tell_base(const BaseModel* base) {
  json_["base"] = base == nullptr ? nlohmann::json() : nlohmann::json{{"name", base->name}, {"sha256", base->sha256}};
}

void TrainingRecord::tell_data(const Dataset& dataset) {
  json_["data"] = dataset.record();
  json_["pictures"] = {{"learned-from", dataset.learned_from()},
                       {"held-out", dataset.held_out()},
                       {"skipped", dataset.skipped().size()}};
  json_["skipped"] = nlohmann::json::array();
  for (const SkippedPicture& picture : dataset.skipped())
    json_["skipped"].push_back({{"path", picture.path}, {"reason", picture.reason}});
}

void TrainingRecord::tell_learner(const std::string& facts) { json_["sittings"].back()["learner"] = facts; }

void TrainingRecord::tell_progress(const std::string& ended, const History& history, const std::string& task) {
  json_["ended"] = ended;
  json_["sittings"].back()["last-step"] = history.last_step;
  json_["steps"] = history.last_step;
  if (history.evaluations.empty()) return;
  json_["figures"] = {{"first", history.evaluations.front()},
                      {"best", best_evaluation(history, task)},
                      {"last", history.evaluations.back()}};
}

void TrainingRecord::write() {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  json_["sittings"].back()["seconds"] = std::round(seconds * 10) / 10;
  replace_text(path_, json_.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::string recorded_end(const std::string& folder) {
  const std::string path = TrainingFolder(folder).record();
  if (!std::ifstream(path)) return "";
  return read_record(path)["ended"].get<std::string>();
}

}  // namespace inpaint
