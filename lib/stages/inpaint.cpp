#include <filesystem>

#include "classic/mask/combine.h"
#include "pipeline/area.h"
#include "pipeline/atomic_file.h"
#include "pipeline/stage.h"
#include "stages/fill_task.h"
#include "stages/mask_facts.h"
#include "stages/remote_edit.h"
#include "stages/remote_task.h"
#include "stages/target_finder.h"

namespace inpaint {
namespace {

class InpaintStage : public Stage {
 public:
  void describe(Fields& fields) override {
    fill_.describe(fields);
    only_here_ = fields.names();
    only_here_.insert(only_here_.end(), {"search-area", "avoid-area", "debug"});
    target_.describe(fields);
    fields.add("search-area", search_, "Take pixels only from here: a box, a mask (white), or a directory of masks");
    fields.add("avoid-area", avoid_, "Take no pixels from here: a box, a mask (white), or a directory of masks");
    fields
        .add("feather", feather_,
             "Blend the fill into its surroundings over N pixels outside the mask; 0 keeps every known pixel")
        .range(0, 1000);
    fields.add("debug", debug_, "Also write what each scale begins and ends with into DIR, as pictures")
        .value("DIR")
        .not_in_recipe();
    remote_.describe(fields);
  }

  void prepare(const Fields& given) override {
    target_.prepare(given);
    if (remote_.given() && target_.given())  // the network that finds it runs here
      std::erase_if(only_here_, [](const std::string& name) { return name == "device" || name == "precision"; });
    remote_.prepare(given, only_here_);
    if (!remote_.given()) fill_.prepare(given);
    search_.prepare("--search-area");
    avoid_.prepare("--avoid-area");
  }

  std::vector<Port> needs() const override { return target_.given() ? std::vector<Port>{} : std::vector{Port::mask}; }
  std::vector<Port> gives() const override { return target_.given() ? std::vector{Port::mask} : std::vector<Port>{}; }
  Port result() const override { return Port::image; }
  std::vector<const Companion*> companions() const override { return {&search_.mask(), &avoid_.mask()}; }
  std::optional<RemoteUse> remote_use() const override { return remote_.use(); }
  std::string recipe_for(const std::string& rel) const override { return remote_.recipe_for(rel); }
  void keep_in(const std::string& directory) override { remote_.keep_in(directory); }
  void abort() const override { remote_.abort(); }

  nlohmann::json recipe() const override {
    nlohmann::json filler = remote_.given() ? remote_.recipe() : fill_.model().recipe(), finder = target_.recipe();
    if (filler.is_null() && finder.is_null()) return nullptr;
    return {{"filler", std::move(filler)}, {"finder", std::move(finder)}};
  }
  bool opens_network() const override {
    return (!remote_.given() && fill_.model().opens_network()) || target_.opens_network(fill_.model());
  }
  void open() override {
    remote_.given() ? remote_.open() : fill_.open();
    target_.open(fill_.model());
  }

  void run(Item& item) const override { run_and_wait(*this, item); }

  std::unique_ptr<Waiting> start(Item& item) const override {
    if (target_.given()) item.mask = target_.find(item);
    item.mask = feather_outwards(item.mask, feather_);
    if (remote_.given()) return ask(item);
    fill_.run(item, donors(item), watcher(item));
    return nullptr;
  }

 private:
  std::unique_ptr<Waiting> ask(Item& item) const {
    tell_mask(item);
    if (item.facts["box"].is_null()) {
      item.notes.push_back("the mask is empty: nothing was filled");
      return nullptr;
    }
    RemoteCrop crop = crop_for_service(item.image, item.mask, remote_.card());
    RemoteRequest request{.image = crop.image, .mask = crop.mask};
    return remote_.ask(std::move(request), item, [crop = std::move(crop)](const RemoteAnswer& answer, Item& asked) {
      asked.image = paste_answer(asked.image, asked.mask, crop, answer.images.front());
    });
  }

  // Where pixels may be taken from; empty if everywhere.
  Mask donors(Item& item) const {
    if (!search_.given() && !avoid_.given()) return {};
    Mask area = search_.given() ? search_.in(item.rel, item.image, item.notes)
                                : invert(Mask(item.image.width(), item.image.height()));
    return avoid_.given() ? subtract(area, avoid_.in(item.rel, item.image, item.notes)) : area;
  }

  std::function<void(const std::string&, const Image&)> watcher(const Item& item) const {
    if (debug_.empty()) return {};
    const std::filesystem::path folder = std::filesystem::path(debug_) / item.rel;
    return [folder](const std::string& name, const Image& picture) {
      Notes ignored;
      write_atomically((folder / (name + ".png")).string(), encode_image(picture, {Format::png}, ignored));
    };
  }

  FillTask fill_{"inpaint"};
  RemoteTask remote_{"inpaint"};
  std::vector<std::string> only_here_;
  TargetFinder target_;
  Area search_, avoid_;
  double feather_ = 0;
  std::string debug_;
};

}  // namespace

StageInfo inpaint_stage() {
  return {"inpaint", "Fill what a mask selects", [] { return std::unique_ptr<Stage>(new InpaintStage); }};
}

}  // namespace inpaint
