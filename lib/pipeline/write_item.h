#pragma once
#include "pipeline/plan.h"

namespace inpaint {

/// Encodes what the stages made of a picture and hands it to the sink, what is written beside it first: an output that
/// is there is whole. facts["extras"] tells the suffixes of what was written; numbered extras of an earlier run that
/// are no more are taken away. Throws ItemError.
void write_item(const Pipeline& pipeline, const PlannedItem& planned, Item& item, Sink& sink);

}  // namespace inpaint
