#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "pipeline/companion.h"
#include "pipeline/item.h"
#include "pipeline/source.h"

namespace inpaint {

/// What travels between stages.
enum class Port { image, mask, matte, original };
std::string port_name(Port port);

/// Work on one picture that waits for an answer from elsewhere, on no thread.
class Waiting {
 public:
  virtual ~Waiting() = default;
  /// `ready` is called once, from any thread, maybe before this returns: then finish() does not wait.
  virtual void when_ready(std::function<void()> ready) = 0;
  /// Throws ItemError.
  virtual void finish(Item& item) = 0;
};

/// What a stage asks of a service.
struct RemoteUse {
  std::string endpoint;
  double price = 0;  ///< of one picture; 0: not known
  std::string currency;
  int at_once = 1;  ///< requests on their way
};

/// Turns an item into the same item with something added or replaced. Life: describe, then options are set, then
/// prepare, then open, then run from many threads; const and thread-safe from then on.
class Stage {
 public:
  virtual ~Stage() = default;

  /// Tells the options, bound to members; the members' present values are the defaults.
  virtual void describe(Fields& fields) = 0;
  /// Checks options against each other and gets ready. `given` knows which options were given.
  /// Throws SpecError or MissingError. Reads no picture.
  virtual void prepare(const Fields& given) = 0;

  /// It begins with texts and makes pictures of them: only as the first stage.
  virtual bool makes_pictures() const { return false; }
  /// Of such a stage: what it begins with. Throws SpecError.
  virtual std::unique_ptr<Source> source(const std::vector<std::string>& /*inputs*/) const { return nullptr; }

  /// What must be there before this stage, besides the image. Valid after prepare, like all below.
  virtual std::vector<Port> needs() const { return {}; }
  /// What it makes use of if it is there; all that it needs, and maybe more.
  virtual std::vector<Port> uses() const { return needs(); }
  /// What is there after it, besides the image.
  virtual std::vector<Port> gives() const { return {}; }
  /// What is written if this stage is the last.
  virtual Port result() const = 0;
  /// The image has alpha afterwards, whatever it had before.
  virtual bool makes_alpha() const { return false; }
  /// The image has no alpha afterwards, whatever it had before.
  virtual bool makes_opaque() const { return false; }
  /// Further input files, which count for resume.
  virtual std::vector<const Companion*> companions() const { return {}; }
  /// Suffixes of the extras it writes for each picture. One with a '#' stands for any number of files, none too, with
  /// 1, 2, ... in its place; an option that asks for such belongs to the recipe.
  virtual std::vector<std::string> extras() const { return {}; }

  /// What decides about its results besides its options: the checksums of its model's files. Null: nothing.
  virtual nlohmann::json recipe() const { return nullptr; }
  /// The same for the picture `rel` alone: its row of a table.
  virtual std::string recipe_for(const std::string& /*rel*/) const { return ""; }
  /// Nothing if all is done here.
  virtual std::optional<RemoteUse> remote_use() const { return std::nullopt; }
  /// Where it may keep what a later run goes on with; called before open, if there is such a place.
  virtual void keep_in(const std::string& /*directory*/) {}
  /// Its open() loads a runtime that computes with OpenMP.
  virtual bool opens_network() const { return false; }
  /// Opens what is costly and only run needs: networks. Called once, after prepare, if there is a picture to work on.
  /// Throws MissingError.
  virtual void open() {}

  /// Throws ItemError if this one picture cannot be done.
  virtual void run(Item& item) const = 0;
  /// As run, or its first part: then finish() of what it returns is the second.
  virtual std::unique_ptr<Waiting> start(Item& item) const {
    run(item);
    return nullptr;
  }
  /// What waits is called off: finish() throws ItemError (interrupted). From any thread.
  virtual void abort() const {}
};

/// A stage as listed; every stage is also a command.
struct StageInfo {
  std::string name;     ///< the YAML key and the command
  std::string summary;  ///< one sentence, no full stop
  std::unique_ptr<Stage> (*make)();
};

/// All stages, in the order of lib/CMakeLists.txt (the table is generated from that list).
const std::vector<StageInfo>& all_stages();

/// The stage called `name`; throws SpecError headed by `where`, with the nearest known name.
const StageInfo& stage_called(const std::string& name, const std::string& where);

}  // namespace inpaint
