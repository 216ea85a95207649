#include "nn/native/program_private.h"

#include <map>
#include <set>

#include "nn/native/kernels_private.h"

namespace inpaint::native {
namespace {

// Results of up to this many channels are planar: blocks would be mostly empty.
constexpr int few_channels = 8;

// Which operations vanish into a convolution before them.
struct Chain {
  int conv = -1, residual = -1;
  Activation first = {}, last = {};
};

// What a convolution reads in place of its input: the parts of a concatenation, the first one doubled.
struct Reading {
  std::vector<int> parts;
  bool doubled = false;
};

bool doubles(const Node& node) {
  const Resize& how = node.resize;
  return node.kind == Node::Kind::resize && node.inputs.size() == 1 && how.mode == Resize::Mode::nearest &&
         how.size[0] <= 0 && how.size[1] <= 0 && how.factor[0] == 2 && how.factor[1] == 2;
}

class ProgramMaker {
 public:
  explicit ProgramMaker(const Graph& graph) : graph_(graph), users_(graph.nodes().size()) {
    for (int id = 0; id < count(); ++id) {
      // Of what a resize is like only the size is needed.
      const size_t values = node(id).kind == Node::Kind::resize ? 1 : node(id).inputs.size();
      for (size_t i = 0; i < values; ++i) users_[index(node(id).inputs[i])].push_back(id);
    }
    for (const int id : graph.outputs()) users_[index(id)].push_back(-1);
  }

  Program make() {
    fuse();
    for (const int id : graph_.inputs()) slot_of_[{id, false}] = add_slot(id, false);
    for (int id = 0; id < count(); ++id) emit(id);
    for (const int id : graph_.outputs()) emit_output(id);
    return std::move(program_);
  }

 private:
  static size_t index(int id) { return static_cast<size_t>(id); }
  int count() const { return static_cast<int>(graph_.nodes().size()); }
  const Node& node(int id) const { return graph_.nodes()[index(id)]; }
  int only_user(int id) const { return users_[index(id)].size() == 1 ? users_[index(id)][0] : -1; }
  bool conv_is_blocked(int id) const { return node(id).conv.groups == 1 && node(id).channels > few_channels; }

  void fuse() {
    for (int id = 0; id < count(); ++id) {
      if (node(id).kind != Node::Kind::conv) continue;
      Chain chain{.conv = id, .first = node(id).conv.activation};
      int last = id;
      if (chain.first.kind == Activation::Kind::none) last = take_activation(last, chain.first);
      if (conv_is_blocked(id)) {
        const int sum = only_user(last);
        if (sum >= 0 && node(sum).kind == Node::Kind::add && taken_.insert(sum).second) {
          const std::vector<int>& terms = node(sum).inputs;
          chain.residual = terms[0] == last ? terms[1] : terms[0];
          absorbed_.push_back(last);
          last = take_activation(sum, chain.last);
        }
      }
      chains_[last] = chain;
    }
    for (int id = 0; id < count(); ++id) {
      if (node(id).kind == Node::Kind::conv) fuse_reading(id);
    }
    absorbed_flags_.assign(graph_.nodes().size(), false);
    for (const int id : absorbed_) absorbed_flags_[index(id)] = true;
  }

  void fuse_reading(int conv) {
    const int in = node(conv).inputs[0];
    const bool joined = node(in).kind == Node::Kind::concat;
    std::vector<int> parts = joined ? node(in).inputs : std::vector<int>{in};
    const int first = parts[0];
    if (node(conv).conv.groups != 1 || only_user(in) != conv || !doubles(node(first))) return;
    if (joined && only_user(first) != in) return;
    for (size_t i = 0; i + 1 < parts.size() || i == 0; ++i) {
      if (node(parts[i]).channels % block != 0) return;
    }
    if (joined) absorbed_.push_back(in);
    absorbed_.push_back(first);
    parts[0] = node(first).inputs[0];
    readings_[conv] = {std::move(parts), true};
  }

  // The node after which an activation that follows, if one does, is done too.
  int take_activation(int id, Activation& activation) {
    const int user = only_user(id);
    if (user < 0 || node(user).kind != Node::Kind::activation) return id;
    activation = node(user).activation;
    absorbed_.push_back(id);
    return user;
  }

  int add_slot(int id, bool blocked) {
    program_.slots.push_back({.node = id, .blocked = blocked});
    return static_cast<int>(program_.slots.size()) - 1;
  }
  Slot& slot(int number) { return program_.slots[index(number)]; }

  bool is_blocked(int id) const { return slot_of_.contains({id, true}); }
  // The slot that holds a value in this layout; converted if need be.
  int in_layout(int id, bool blocked) {
    if (const auto found = slot_of_.find({id, blocked}); found != slot_of_.end()) return found->second;
    const int made = add_slot(id, blocked);
    program_.operations.push_back(
        {.kind = Operation::Kind::copy, .inputs = {slot_of_.at({id, !blocked})}, .output = made});
    return slot_of_[{id, blocked}] = made;
  }
  int any_layout(int id) { return in_layout(id, is_blocked(id)); }

  void emit(int id) {
    if (absorbed_flags_[index(id)] || node(id).kind == Node::Kind::input) return;
    if (const auto chain = chains_.find(id); chain != chains_.end()) return emit_conv(id, chain->second);
    switch (node(id).kind) {
      case Node::Kind::concat: return emit_concat(id);
      case Node::Kind::max_pool: return emit_plain(id, Operation::Kind::pool);
      case Node::Kind::resize: return emit_plain(id, Operation::Kind::resize);
      case Node::Kind::activation: return emit_plain(id, Operation::Kind::activate);
      case Node::Kind::shuffle: return emit_shuffle(id);
      default: return emit_combination(id);
    }
  }

  void emit_to(int id, bool blocked, Operation operation) {
    operation.output = add_slot(id, blocked);
    slot_of_[{id, blocked}] = operation.output;
    program_.operations.push_back(std::move(operation));
  }

  void emit_conv(int id, const Chain& chain) {
    const Node& conv = node(chain.conv);
    const bool blocked = conv_is_blocked(chain.conv);
    Operation made{.kind = Operation::Kind::conv, .node = chain.conv, .first = chain.first, .last = chain.last};
    if (const auto reading = readings_.find(chain.conv); reading != readings_.end()) {
      for (const int part : reading->second.parts) made.inputs.push_back(in_layout(part, true));
      made.doubled = reading->second.doubled;
    } else {
      made.inputs.push_back(conv.conv.groups == 1 ? any_layout(conv.inputs[0]) : in_layout(conv.inputs[0], false));
    }
    made.parts = static_cast<int>(made.inputs.size());
    const auto also = [&](int value, bool in_blocks) {
      made.inputs.push_back(in_layout(value, in_blocks));
      return static_cast<int>(made.inputs.size()) - 1;
    };
    if (chain.residual >= 0) made.residual = also(chain.residual, true);
    if (conv.inputs.size() == 2) made.pixel_scale = also(conv.inputs[1], false);
    emit_to(id, blocked, std::move(made));
  }

  void emit_plain(int id, Operation::Kind kind) {
    const int from = any_layout(node(id).inputs[0]);
    const bool blocked = slot(from).blocked;
    emit_to(id, blocked, {.kind = kind, .node = id, .inputs = {from}, .first = node(id).activation});
  }

  // Its result is planar: what shuffles is the last convolution of few planes.
  void emit_shuffle(int id) {
    const std::vector<int>& inputs = node(id).inputs;
    Operation made{.kind = Operation::Kind::shuffle, .node = id, .inputs = {any_layout(inputs[0])}};
    for (size_t i = 1; i < inputs.size(); ++i) made.inputs.push_back(in_layout(inputs[i], false));
    emit_to(id, false, std::move(made));
  }

  void emit_combination(int id) {
    const int a = node(id).inputs[0], b = node(id).inputs[1];
    const bool blocked = is_blocked(a) || is_blocked(b);
    const int first = in_layout(a, blocked), second = in_layout(b, blocked);
    emit_to(id, blocked, {.kind = Operation::Kind::combine, .node = id, .inputs = {first, second}});
  }

  // Parts are written right into the whole where they may be; others are copied.
  void emit_concat(int id) {
    const std::vector<int>& inputs = node(id).inputs;
    bool blocked = true;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool whole = i + 1 == inputs.size() || node(inputs[i]).channels % block == 0;
      blocked = blocked && is_blocked(inputs[i]) && whole;
    }
    std::vector<int> parts;
    for (const int part : inputs) parts.push_back(in_layout(part, blocked));
    const int whole = add_slot(id, blocked);
    slot_of_[{id, blocked}] = whole;
    int first = 0;
    for (const int part : parts) {
      const bool free = slot(part).parent < 0 && node(slot(part).node).kind != Node::Kind::input;
      const int place = free ? part : add_slot(slot(part).node, blocked);
      slot(place).parent = whole;
      slot(place).first_channel = first;
      if (!free) program_.operations.push_back({.kind = Operation::Kind::copy, .inputs = {part}, .output = place});
      first += node(slot(part).node).channels;
    }
  }

  void emit_output(int id) {
    const int number = static_cast<int>(program_.outputs.size());
    int from = any_layout(id);
    const Slot& made = slot(from);
    if (made.blocked || made.parent >= 0 || made.output >= 0 || node(id).kind == Node::Kind::input) {
      const int copy = add_slot(id, false);
      program_.operations.push_back({.kind = Operation::Kind::copy, .inputs = {from}, .output = copy});
      from = copy;
    }
    slot(from).output = number;
    program_.outputs.push_back(from);
  }

  const Graph& graph_;
  std::vector<std::vector<int>> users_;  // -1: the net's caller
  std::map<int, Chain> chains_;          // by the last node of each
  std::map<int, Reading> readings_;      // by convolution
  std::set<int> taken_;                  // sums that a convolution adds to its result
  std::vector<int> absorbed_;
  std::vector<bool> absorbed_flags_;
  std::map<std::pair<int, bool>, int> slot_of_;  // by node and layout
  Program program_;
};

}  // namespace

Program make_program(const Graph& graph) { return ProgramMaker(graph).make(); }

}  // namespace inpaint::native
