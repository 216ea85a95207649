#include "nn/native/plan_private.h"

#include <algorithm>
#include <climits>
#include <numeric>

#include "nn/native/conv_private.h"

namespace inpaint::native {
namespace {

// Floats between maps: a page's worth of lines would make them compete for the same part of a cache.
constexpr int64_t alignment = 16;

class PlanMaker {
 public:
  PlanMaker(Prepared& prepared, int batch, const std::vector<Size>& inputs, int threads)
      : prepared_(prepared),
        program_(prepared.program),
        batch_(batch),
        threads_(threads),
        sizes_(infer_sizes(prepared.graph, inputs)) {}

  Plan make() {
    for (const Slot& slot : program_.slots) maps_.push_back(own_map(slot));
    place();
    resolve_parts();
    for (const Operation& operation : program_.operations) {
      for (StepPtr& step : steps(operation)) {
        plan_.scratch_floats = std::max(plan_.scratch_floats, step->scratch_floats());
        plan_.work_floats = std::max(plan_.work_floats, step->work_floats());
        plan_.steps.push_back(std::move(step));
      }
    }
    for (const int slot : program_.outputs) plan_.outputs.push_back(maps_[index(slot)]);
    return std::move(plan_);
  }

 private:
  static size_t index(int number) { return static_cast<size_t>(number); }
  const Node& node(int id) const { return prepared_.graph.nodes()[index(id)]; }
  const Map& map(const Operation& operation, size_t input) const { return maps_[index(operation.inputs[input])]; }

  Map own_map(const Slot& slot) const {
    const Size size = sizes_[index(slot.node)];
    Map map{.batch = batch_,
            .channels = node(slot.node).channels,
            .height = size.height,
            .width = size.width,
            .blocked = slot.blocked};
    map.batch_stride = map.size();
    return map;
  }

  int root(int slot) const {
    while (program_.slots[index(slot)].parent >= 0) slot = program_.slots[index(slot)].parent;
    return slot;
  }

  // When a root is first written and last read, by the number of the operation.
  struct Life {
    int first = INT_MAX, last = -1;
    bool meets(const Life& other) const { return first <= other.last && other.first <= last; }
  };

  std::vector<Life> lives() const {
    std::vector<Life> lives(maps_.size());
    for (int i = 0; i < static_cast<int>(program_.operations.size()); ++i) {
      const Operation& operation = program_.operations[index(i)];
      const auto touch = [&](int slot) {
        Life& life = lives[index(root(slot))];
        life.first = std::min(life.first, i);
        life.last = i;
      };
      touch(operation.output);
      for (const int slot : operation.inputs) touch(slot);
    }
    return lives;
  }

  // Inputs and outputs have memory of their own. The others, largest first, each go to the lowest place that is free as
  // long as they live.
  void place() {
    const int inputs = static_cast<int>(prepared_.graph.inputs().size());
    const std::vector<Life> life = lives();
    std::vector<int> order;
    for (int i = 0; i < static_cast<int>(maps_.size()); ++i) {
      const Slot& slot = program_.slots[index(i)];
      if (i < inputs) {
        maps_[index(i)].memory = 1 + i;
      } else if (slot.output >= 0) {
        maps_[index(i)].memory = 1 + inputs + slot.output;
      } else if (slot.parent < 0) {
        order.push_back(i);
      }
    }
    const auto floats = [&](int i) { return maps_[index(i)].batch_stride * batch_; };
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return floats(a) > floats(b); });
    std::vector<int> placed;  // by offset
    for (const int i : order) {
      int64_t at = 0;
      for (const int other : placed) {
        if (!life[index(i)].meets(life[index(other)])) continue;
        const int64_t offset = maps_[index(other)].offset;
        if (at + floats(i) <= offset) break;
        at = std::max(at, (offset + floats(other) + alignment - 1) / alignment * alignment);
      }
      maps_[index(i)].offset = at;
      plan_.memory_floats = std::max(plan_.memory_floats, at + floats(i));
      const auto behind =
          std::find_if(placed.begin(), placed.end(), [&](int other) { return maps_[index(other)].offset > at; });
      placed.insert(behind, i);
    }
  }

  void resolve_parts() {
    for (size_t i = 0; i < maps_.size(); ++i) {
      Map& map = maps_[i];
      for (int slot = static_cast<int>(i); program_.slots[index(slot)].parent >= 0;) {
        map.offset += program_.slots[index(slot)].first_channel / map.pixel() * map.block_stride();
        slot = program_.slots[index(slot)].parent;
        if (program_.slots[index(slot)].parent >= 0) continue;
        map.offset += maps_[index(slot)].offset;
        map.batch_stride = maps_[index(slot)].batch_stride;
        map.memory = maps_[index(slot)].memory;
      }
    }
  }

  Steps steps(const Operation& operation) {
    if (operation.kind == Operation::Kind::conv) return conv(operation);
    Steps steps;
    steps.push_back(other(operation));
    return steps;
  }

  StepPtr other(const Operation& operation) const {
    const Kernels& kernels = prepared_.kernels;
    const Map& in = map(operation, 0);
    const Map& out = maps_[index(operation.output)];
    switch (operation.kind) {
      case Operation::Kind::pool: return pool_step(kernels, node(operation.node).pool, in, out);
      case Operation::Kind::resize: return resize_step(kernels, node(operation.node).resize, in, out);
      case Operation::Kind::combine: return combine_step(kernels, node(operation.node), in, map(operation, 1), out);
      case Operation::Kind::shuffle: return shuffle_step(in, shuffle_terms(operation), out);
      case Operation::Kind::activate: return activate_step(kernels, pointwise(operation.first), in, out);
      default: return copy_step(in, out);
    }
  }

  ShuffleTerms shuffle_terms(const Operation& operation) const {
    ShuffleTerms terms;
    const size_t added = node(operation.node).scaled ? 2 : 1;
    if (added == 2) terms.scale = map(operation, 1);
    if (operation.inputs.size() > added) terms.added = map(operation, added);
    return terms;
  }

  Steps conv(const Operation& operation) {
    const Map& in = map(operation, 0);
    const Map& out = maps_[index(operation.output)];
    std::unique_ptr<Weights>& weights = prepared_.weights[operation.node];
    if (!weights) {
      weights = std::make_unique<Weights>(node(operation.node), prepared_.kernels, in.blocked, out.blocked);
    }
    ConvWork work{.how = node(operation.node).conv,
                  .doubled = operation.doubled,
                  .out = out,
                  .first = operation.first,
                  .last = operation.last,
                  .threads = threads_};
    for (int i = 0; i < operation.parts; ++i) work.in.push_back(map(operation, index(i)));
    if (operation.residual >= 0) work.residual = map(operation, index(operation.residual));
    if (operation.pixel_scale >= 0) work.pixel_scale = map(operation, index(operation.pixel_scale));
    return conv_steps(prepared_.kernels, *weights, work, prepared_.algorithm);
  }

  Prepared& prepared_;
  const Program& program_;
  int batch_, threads_;
  std::vector<Size> sizes_;
  std::vector<Map> maps_;  // per slot
  Plan plan_;
};

}  // namespace

Plan make_plan(Prepared& prepared, int batch, const std::vector<Size>& inputs, int threads) {
  return PlanMaker(prepared, batch, inputs, threads).make();
}

}  // namespace inpaint::native
