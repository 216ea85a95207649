#pragma once
#include <span>
#include <string>

#include "image/codec.h"

namespace inpaint {

/// Takes finished outputs for good. `name` is the path below the output root.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual bool exists(const std::string& name) const = 0;
  /// All of it or nothing. Throws ItemError. Called from several threads.
  virtual void put(const std::string& name, std::span<const uint8_t> bytes) = 0;
  /// Takes back what an earlier run put there, if it still is. Called from several threads.
  virtual void remove(const std::string& name) = 0;
  /// How people are told of it, e.g. "out/a/b.png".
  virtual std::string shown(const std::string& name) const = 0;
  /// Where the public finds it; "" if that is not known.
  virtual std::string url(const std::string&) const { return ""; }
  /// Putting waits for a network, so that several writers for each core are worth their while.
  virtual bool is_remote() const { return false; }
};

/// Files below a directory.
class DirectorySink : public Sink {
 public:
  explicit DirectorySink(std::string root) : root_(std::move(root)) {}
  bool exists(const std::string& name) const override;
  void put(const std::string& name, std::span<const uint8_t> bytes) override;
  void remove(const std::string& name) override;
  std::string shown(const std::string& name) const override;

 private:
  std::string root_;
};

/// The one picture of standard output.
class StdoutSink : public Sink {
 public:
  bool exists(const std::string&) const override { return false; }
  void put(const std::string& name, std::span<const uint8_t> bytes) override;
  void remove(const std::string&) override {}
  std::string shown(const std::string&) const override { return "-"; }
};

}  // namespace inpaint
