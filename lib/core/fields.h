#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/codec.h"

namespace inpaint {

/// One option, told once: its YAML key, its flag (--NAME), its help, its default and its rule.
struct Field {
  std::string name;          ///< kebab-case
  std::string help;          ///< one sentence, no full stop
  std::string value_name;    ///< "N", "FILE", ...; empty for a switch
  std::string group = {};    ///< of flags in help; empty: with the others
  std::string default_text;  ///< as printed in help; empty if there is none
  bool repeats = false;      ///< may be given several times; a list in YAML
  bool ordered = false;      ///< an operation: the order among all ordered fields counts
  bool in_recipe = true;     ///< a change of value makes finished items due again
  std::vector<std::string> choices;
  std::optional<std::pair<double, double>> limits;
  /// Not empty: an option "FAMILY.KEY" with the value V is this field (which repeats) with the value "KEY=V". Layers
  /// add to one another.
  std::string family;
  int times_given = 0;

  Field& range(double low, double high) { return limits = {low, high}, *this; }
  Field& one_of(std::vector<std::string> names) { return choices = std::move(names), *this; }
  Field& value(std::string shown) { return value_name = std::move(shown), *this; }
  Field& family_of(std::string head) { return family = std::move(head), *this; }
  Field& in_group(std::string heading) { return group = std::move(heading), *this; }
  Field& not_in_recipe() { return in_recipe = false, *this; }
  bool is_switch() const { return value_name.empty(); }
  bool given() const { return times_given > 0; }
  /// The rule in words, e.g. "0 to 255" or "telea, navier-stokes"; empty if anything goes.
  std::string rule() const;

  std::function<void(const std::string&)> store;      ///< parses and keeps; throws BadValue
  std::function<void()> clear;                        ///< forgets what was stored (repeating and ordered fields)
  std::function<std::vector<std::string>()> current;  ///< the value(s) now, as text
};

/// A value that was given: field name, text, in the order of giving.
using GivenValue = std::pair<std::string, std::string>;

/// The options of one owner (a stage, the runner, ...), bound to its members. The owner must not move afterwards.
class Fields {
 public:
  /// A single value; the member's present value is the default.
  template <class T>
  Field& add(const std::string& name, T& member, const std::string& help) {
    Field field = blank(name, help, Codec<T>::value_name);
    field.default_text = std::is_same_v<T, bool> ? "" : Codec<T>::print(member);
    field.store = [&member](const std::string& text) { member = Codec<T>::parse(text); };
    field.current = [&member] { return std::vector{Codec<T>::print(member)}; };
    return push(std::move(field));
  }

  /// A value that may be given several times, in order.
  template <class T>
  Field& add(const std::string& name, std::vector<T>& member, const std::string& help) {
    Field field = blank(name, help, Codec<T>::value_name);
    field.repeats = true;
    field.store = [&member](const std::string& text) { member.push_back(Codec<T>::parse(text)); };
    field.clear = [&member] { member.clear(); };
    field.current = [&member] {
      std::vector<std::string> out;
      for (const T& value : member) out.push_back(Codec<T>::print(value));
      return out;
    };
    return push(std::move(field));
  }

  /// An operation: each time the flag is given, `append(text)` is called; `forget()` empties the list of operations.
  /// Operations keep the order in which they were given, also among different names.
  Field& add_operation(const std::string& name, const std::string& value_name, const std::string& help,
                       std::function<void(const std::string&)> append, std::function<void()> forget);

  /// Starts a layer of higher precedence (spec file, then flags): a repeating field given again starts anew, and an
  /// operation given again replaces the earlier one of that name.
  void begin_layer() { ++layer_; }

  /// Sets one value. `where` heads the error message: "spec.yaml:7: mask.grow" or "--grow".
  /// Throws SpecError for an unknown name, a wrong value, or one outside the rule.
  void set(const std::string& name, const std::string& text, const std::string& where);

  bool knows(const std::string& name) const;
  bool given(const std::string& name) const;
  std::vector<std::string> names() const;
  const std::vector<Field>& all() const { return fields_; }
  const std::vector<GivenValue>& given_values() const { return given_; }

  /// Every value now (defaults too) that belongs to the recipe, for hashing and for records.
  nlohmann::json resolved() const;

 private:
  static Field blank(const std::string& name, const std::string& help, const char* value_name);
  Field& push(Field field);
  Field* find(const std::string& name);
  void check(const Field& field, const std::string& text, const std::string& where) const;
  void replay_operations();
  void note_given(Field& field, const std::string& text, const std::string& where);

  std::vector<Field> fields_;
  std::vector<GivenValue> given_;
  std::vector<int> layers_;  // parallel to given_
  int layer_ = 0;
};

}  // namespace inpaint
