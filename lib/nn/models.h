#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/card.h"
#include "nn/net.h"

namespace inpaint {

/// Where the files of named models lie, a folder per model: $INPAINT_MODELS, else $XDG_DATA_HOME/inpaint/models, else
/// ~/.local/share/inpaint/models.
std::string models_folder();

/// Every model known by name: the cards that ship, and those in models_folder()/NAME/card.yaml (which win). A broken
/// card in that folder is told as a warning and left out.
std::vector<Card> known_cards();

/// The card of a model given by name, by a folder that holds card.yaml, or by a file; what holds a '/' is never a name.
/// A file's card is FILE.yaml beside it, else card.yaml in its folder, else the shipped card that names a file so.
/// Throws SpecError for an unknown name (with the nearest known one), a file without a card (saying how to draft one),
/// a broken card.
Card find_card(const std::string& name_or_path);

/// Whether a card's files belong to the store, and not to a folder or file that someone named by its path.
bool in_store(const Card& card);

/// Where a card's file belongs if it is given or fetched: in the card's folder if it came from disk, else in the store.
std::string store_path(const Card& card, const std::string& role = "net");

/// Where the program finds weights that ship with it: $INPAINT_DATA/models, share/inpaint/models beside its folder, and
/// for a program that was not installed shipped_models in its folder.
std::vector<std::string> shipped_folders();

/// Whether a file ships with the program, and is not replaced by one in the store: its card ships, tells its SHA-256
/// and no address.
bool ships(const Card& card, const std::string& role = "net");

/// Where a card's file is, or is expected: store_path, or of one that ships the first of shipped_folders that has it.
std::string file_path(const Card& card, const std::string& role = "net");

/// Where a card's file is fetched from: $INPAINT_MODELS_MIRROR/NAME/FILE, else the card's url; empty if there is none.
/// A mirror is an address or a folder.
std::string file_url(const Card& card, const std::string& role = "net");

/// Whether a file has an address and a checksum: nothing is fetched without one.
bool can_be_fetched(const Card& card, const std::string& role = "net");

/// The same as file_path, made sure that the file is there, whole, of the right checksum (hashed once, remembered until
/// path, size, mtime or inode change) and no pickle. Throws MissingError with the cure.
std::string verified_file(const Card& card, const std::string& role = "net");

/// What decides about a model's results, for the recipe: the checksum of each of its files (throws as verified_file).
std::string model_checksum(const Card& card);

/// How a file stands, as far as can be told without hashing it.
enum class FileState {
  shipped,     ///< came with the program, of the right size, and not found wrong
  present,     ///< there; its checksum was found right, or the card names none
  unverified,  ///< there, not hashed yet
  damaged,     ///< wrong size or checksum, or a pickle
  absent,
};
FileState file_state(const Card& card, const std::string& role = "net");

/// The worst of its files.
FileState card_state(const Card& card);
const char* file_state_name(FileState state);

/// Of all files; nothing if a card does not tell one.
std::optional<int64_t> card_size(const Card& card);

/// Opens a card's network. The same file on the same device is opened once and shared. Tells what it runs on (-v).
/// `sample_shapes`: of a usual call's inputs, for measuring; empty: not known. Throws MissingError.
std::shared_ptr<const Net> open_net(const Card& card, const std::string& role, const Device& device,
                                    Precision precision, const std::vector<std::vector<int64_t>>& sample_shapes = {});

/// Whether open_net would load libtorch, which computes with OpenMP.
bool runs_on_torch(const Card& card, const Device& device, Precision precision);

}  // namespace inpaint
