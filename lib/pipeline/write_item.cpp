#include "pipeline/write_item.h"

#include <set>

namespace inpaint {
namespace {

void put_extras(const PlannedItem& planned, EncodeOptions options, Item& item, Sink& sink) {
  std::set<std::string> gone(planned.former_extras.begin(), planned.former_extras.end());
  for (const Extra& extra : item.extras) {
    const std::string name = extra_name(planned.output, extra.suffix);
    gone.erase(name);
    if (const auto* text = std::get_if<std::string>(&extra.content)) {
      sink.put(name, Bytes(text->begin(), text->end()));
    } else {
      Notes ignored;
      options.format = format_of_name(extra.suffix).value();
      options.quality.reset();
      sink.put(name, encode_image(std::get<Image>(extra.content), options, ignored));
    }
    item.facts["extras"].push_back(extra.suffix);
  }
  for (const std::string& name : gone) sink.remove(name);
}

}  // namespace

void write_item(const Pipeline& pipeline, const PlannedItem& planned, Item& item, Sink& sink) {
  const OutputOptions& output = pipeline.output();
  const EncodeOptions options{planned.format, output.quality,
                              output.metadata == "strip" ? MetadataPolicy::strip : MetadataPolicy::keep,
                              output.background};
  const Bytes bytes =
      pipeline.result() == Port::mask ? encode_mask(item.mask, options) : encode_image(item.image, options, item.notes);
  put_extras(planned, options, item, sink);
  sink.put(planned.output, bytes);
}

}  // namespace inpaint
