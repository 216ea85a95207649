#include "remote/endpoint_card.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/error.h"
#include "core/names.h"
#include "core/yaml_fields.h"

namespace inpaint {
namespace {

constexpr const char* option_prefix = "options.";

void read_options(const YAML::Node& node, const std::string& where, EndpointCard& card) {
  if (!node.IsMap()) throw SpecError(place_in_yaml(node, where, "options") + ": expected a mapping of names to values");
  for (const auto& entry : node) {
    const auto name = entry.first.as<std::string>();
    if (!entry.second.IsScalar())
      throw SpecError(place_in_yaml(entry.first, where, option_prefix + name) + ": expected a single value");
    card.options[name] = entry.second.Scalar();
  }
}

void check(const EndpointCard& card, const std::string& where) {
  const auto expect = [&](bool right, const std::string& key, const std::string& expected) {
    if (!right) throw SpecError(fmt::format("{}: {}: expected {}", where, key, expected));
  };
  expect(!card.name.empty(), "name", "the endpoint's name");
  expect(!card.dialect.empty(), "dialect", "the service's way of speaking");
  expect(!card.tasks.empty(), "tasks", "at least one of inpaint, remove-bg, segment, generate");
  expect(card.url.starts_with("https://") || card.url.starts_with("http://"), "url", "an http or https address");
  card.fixed_size();
  expect(card.key_variable.empty() || card.key_file.empty(), "key", "a variable or a file, not both");
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string text_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw SpecError(fmt::format("--endpoint {}: cannot be read", path));
  return text.str();
}

std::string name_of(const ShippedText& shipped) {
  const std::string file = shipped.file;
  const size_t slash = file.find_last_of('/') + 1;
  return file.substr(slash, file.find_last_of('.') - slash);
}

}  // namespace

std::optional<EndpointCard::Size> EndpointCard::fixed_size() const {
  constexpr int most = 16384;
  if (size == "free") return std::nullopt;
  const std::vector<std::string> sides = split(size, 'x');
  const auto number = [](const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
  };
  const Size found = sides.empty() ? Size{} : Size{number(sides.front()), number(sides.back())};
  if (sides.size() > 2 || found.width < 1 || found.height < 1 || found.width > most || found.height > most)
    throw SpecError(fmt::format("endpoint {}: size: expected free, N or WxH, got '{}'", name, size));
  return found;
}

void EndpointCard::describe(Fields& fields) {
  fields.add("name", name, "Name").not_in_recipe();
  fields.add("dialect", dialect, "How the service speaks");
  fields.add("tasks", tasks, "Commands that can use it")
      .one_of({"inpaint", "remove-bg", "segment", "generate"})
      .not_in_recipe();
  fields.add("summary", summary, "One sentence").not_in_recipe();
  fields.add("url", url, "Where it is; {region} and {resource} stand for these");
  fields.add("region", region, "Amazon's region");
  fields.add("resource", resource, "Its name there");
  fields.add("key.variable", key_variable, "Variable of the environment that holds the key").not_in_recipe();
  fields.add("key.file", key_file, "File that holds the key").not_in_recipe();
  fields.add("limits.concurrency", limits.concurrency, "Requests on their way at once").range(1, 1000).not_in_recipe();
  fields.add("limits.per-minute", limits.per_minute, "Requests begun within any minute; 0: any number")
      .range(0, 1e6)
      .not_in_recipe();
  fields.add("limits.pixels", most_pixels, "Of a picture that is sent; 0: any").range(0, 1e12);
  fields.add("limits.bytes", most_bytes, "Of a picture that is sent; 0: any").range(0, 1e12);
  fields.add("size", size, "What the service works at: free, N or WxH");
  fields.add("modulus", modulus, "Both sides must be multiples of it").range(1, 1024);
  fields.add("timeouts.connect", connect_seconds, "Seconds").range(0.01, 1e5).not_in_recipe();
  fields.add("timeouts.first-byte", first_byte_seconds, "Seconds until it answers").range(0.01, 1e5).not_in_recipe();
  fields.add("timeouts.total", total_seconds, "Seconds of one request").range(0.01, 1e6).not_in_recipe();
  fields.add("price", limits.price, "Of one call").range(0, 1e6).not_in_recipe();
  fields.add("currency", currency, "Of the price").not_in_recipe();
  fields.add("source", source, "Its documentation").not_in_recipe();
}

EndpointCard read_endpoint_card(const std::string& text, const std::string& where,
                                const std::vector<GivenValue>& overrides) {
  const YAML::Node root = load_mapping(text, where, "an endpoint's card: a mapping with the key 'name'");
  EndpointCard card;
  Fields fields;
  card.describe(fields);
  fields.begin_layer();
  set_from_mapping(root, where, fields, [&](const std::string& key, const YAML::Node& value) {
    if (key == "options") read_options(value, where, card);
    return key == "options";
  });
  fields.begin_layer();
  for (const auto& [key, value] : overrides) {
    if (key.starts_with(option_prefix)) {
      card.options[key.substr(std::string(option_prefix).size())] = value;
    } else {
      fields.set(key, value, "--set endpoint." + key);
    }
  }
  card.url = replaced(replaced(card.url, "{region}", card.region), "{resource}", card.resource);
  check(card, where);
  return card;
}

EndpointCard find_endpoint(const std::string& name_or_path, const std::vector<GivenValue>& overrides) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".yaml"))
    return read_endpoint_card(text_of_file(name_or_path), name_or_path, overrides);
  std::vector<std::string> names;
  for (const ShippedText& shipped : shipped_endpoints()) {
    names.push_back(name_of(shipped));
    if (names.back() == name_or_path) return read_endpoint_card(shipped.text, shipped.file, overrides);
  }
  throw SpecError(fmt::format("--endpoint: no endpoint '{}'{}", name_or_path, name_hint(name_or_path, names)));
}

std::string endpoint_key(const EndpointCard& card) {
  const auto missing = [&](const std::string& what) {
    return MissingError(fmt::format("endpoint {}: no key: {}", card.name, what));
  };
  std::string key;
  if (!card.key_file.empty()) {
    std::ifstream in(card.key_file);
    std::getline(in, key);
    if (!in && key.empty()) throw missing(card.key_file + " cannot be read, or is empty (key.file of its card)");
  } else if (!card.key_variable.empty()) {
    const char* value = std::getenv(card.key_variable.c_str());
    if (value == nullptr || *value == '\0')
      throw missing(
          fmt::format("set the variable {}, or give a file: --set endpoint.key.variable= --set "
                      "endpoint.key.file=FILE",
                      card.key_variable));
    key = value;
  }
  return std::string(trim(key));
}

}  // namespace inpaint
