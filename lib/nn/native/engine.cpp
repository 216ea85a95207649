#include <algorithm>
#include <list>
#include <mutex>
#include <stdexcept>

#include "core/error.h"
#include "core/threads.h"
#include "nn/native/graph.h"
#include "nn/native/parallel_private.h"
#include "nn/native/plan_private.h"

namespace inpaint::native {
namespace {

const Kernels& kernels_for(InstructionSet set) {
  switch (set) {
    case InstructionSet::automatic:
      return kernels_for(has_avx512() ? InstructionSet::avx512
                         : has_avx2() ? InstructionSet::avx2
                                      : InstructionSet::portable);
#if defined(__x86_64__)
    case InstructionSet::avx512:
      if (has_avx512()) return avx512_kernels();
      break;
    case InstructionSet::avx2:
      if (has_avx2()) return avx2_kernels();
      break;
#endif
    case InstructionSet::portable: return portable_kernels();
    default: break;
  }
  throw MissingError("this processor lacks the vector instructions asked for; use automatic");
}

// Memory of simultaneous runs: as many as ever ran at once.
class Arenas {
 public:
  struct Arena {
    Floats maps, scratch;
  };

  class Loan {
   public:
    explicit Loan(Arenas& from) : from_(from), arena_(from.take()) {}
    ~Loan() {
      const std::lock_guard lock(from_.mutex_);
      from_.free_.push_back(std::move(arena_));
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Arena* operator->() { return &arena_; }

   private:
    Arenas& from_;
    Arena arena_;
  };

 private:
  Arena take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      free_.reserve(++lent_);  // so that nothing can fail when it comes back
      return {};
    }
    Arena arena = std::move(free_.back());
    free_.pop_back();
    return arena;
  }

  std::mutex mutex_;
  std::vector<Arena> free_;
  size_t lent_ = 0;
};

void grow(Floats& floats, size_t needed) {
  if (floats.size() >= needed) return;
  floats = {};  // given back first: both at once might not fit
  floats = Floats(needed);
}

class Engine : public Net {
 public:
  Engine(Graph graph, const EngineOptions& options)
      : graph_(std::move(graph)),
        program_(make_program(graph_)),
        prepared_{graph_, program_, kernels_for(options.instructions), options.algorithm} {}

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override {
    check(inputs);
    const int threads = threads_per_worker();
    const std::shared_ptr<const Plan> plan = plan_for(inputs, threads);
    Arenas::Loan arena(arenas_);
    const size_t map_floats = (static_cast<size_t>(plan->memory_floats) + 63) / 64 * 64;
    grow(arena->maps, map_floats + plan->work_floats);
    const size_t each = (plan->scratch_floats + 63) / 64 * 64 + 64;
    grow(arena->scratch, each * static_cast<size_t>(threads));

    Memory memory{{arena->maps.data()}, arena->maps.data() + map_floats};
    for (const Tensor& input : inputs) memory.at.push_back(const_cast<float*>(input.data()));  // inputs are only read
    std::vector<Tensor> outputs;
    for (const Map& map : plan->outputs) {
      outputs.emplace_back(std::vector<int64_t>{map.batch, map.channels, map.height, map.width});
      memory.at.push_back(outputs.back().data());
    }
    run_steps(*plan, memory, arena->scratch.data(), each, threads);
    return outputs;
  }

  NetFacts facts() const override {
    return {.driver = "native",
            .device = {Device::Kind::cpu, 0},
            .precision = Precision::fp32,
            .detail = std::string(prepared_.kernels.name) + " kernels"};
  }

 private:
  static constexpr size_t plans_kept = 4;
  struct Known {
    int batch = 0, threads = 0;
    std::vector<Size> sizes;
    bool operator==(const Known&) const = default;
  };

  void check(const std::vector<Tensor>& inputs) const {
    if (inputs.size() != graph_.inputs().size()) {
      throw ItemError("the network takes " + std::to_string(graph_.inputs().size()) + " tensors, got " +
                      std::to_string(inputs.size()));
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& input = inputs[i];
      const int channels = graph_.nodes()[static_cast<size_t>(graph_.inputs()[i])].channels;
      constexpr int64_t most = 1 << 20, most_pixels = 1 << 30;
      const bool fits = input.rank() == 4 && input.extent(0) == inputs[0].extent(0) && input.extent(1) == channels &&
                        std::all_of(input.shape().begin(), input.shape().end(),
                                    [](int64_t extent) { return extent > 0 && extent <= most; });
      if (fits && input.size() / channels > most_pixels) {
        throw ItemError("input " + std::to_string(i) + " of the network is too large: " + shape_text(input.shape()));
      }
      if (fits) continue;
      throw ItemError("input " + std::to_string(i) + " of the network: expected batch x " + std::to_string(channels) +
                      " x height x width, got " + shape_text(input.shape()));
    }
  }

  std::shared_ptr<const Plan> plan_for(const std::vector<Tensor>& inputs, int threads) const {
    Known known{static_cast<int>(inputs[0].extent(0)), threads, {}};
    for (const Tensor& input : inputs) {
      known.sizes.push_back({static_cast<int>(input.extent(2)), static_cast<int>(input.extent(3))});
    }
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(plans_.begin(), plans_.end(), [&](const auto& entry) { return entry.first == known; });
    if (found != plans_.end()) {
      plans_.splice(plans_.begin(), plans_, found);
      return found->second;
    }
    try {
      plans_.emplace_front(known,
                           std::make_shared<const Plan>(make_plan(prepared_, known.batch, known.sizes, threads)));
    } catch (const std::invalid_argument& error) {
      throw ItemError(error.what());
    }
    if (plans_.size() > plans_kept) plans_.pop_back();
    return plans_.front().second;
  }

  static void run_steps(const Plan& plan, const Memory& memory, float* scratch, size_t each, int threads) {
    std::vector<Scratch> scratches;
    for (int i = 0; i < threads; ++i) scratches.push_back({scratch + static_cast<size_t>(i) * each});
    for (const StepPtr& step : plan.steps) {
      for (Scratch& own : scratches) own.kept = -1;
      parallel(step->tasks(), threads,
               [&](int task, int worker) { step->run(task, memory, scratches[static_cast<size_t>(worker)]); });
    }
  }

  Graph graph_;
  Program program_;
  mutable std::mutex mutex_;  // of what follows
  mutable Prepared prepared_;
  mutable std::list<std::pair<Known, std::shared_ptr<const Plan>>> plans_;  // last used first
  mutable Arenas arenas_;
};

}  // namespace

std::unique_ptr<Net> compile(Graph graph, const EngineOptions& options) {
  if (graph.inputs().empty() || graph.outputs().empty()) {
    throw std::invalid_argument("a graph needs inputs and outputs");
  }
  return std::make_unique<Engine>(std::move(graph), options);
}

}  // namespace inpaint::native
