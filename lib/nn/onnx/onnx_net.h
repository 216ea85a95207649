#pragma once
#include <memory>
#include <string>

#include "nn/driver.h"

namespace inpaint {

/// Opens an ONNX file. On the CPU it runs on the engine of our own if that knows every operator in it, else on OpenCV
/// (module `onnx`); NetFacts.driver tells which, and -v why. Inputs are checked against the shapes that the file
/// declares; the batch is always free (a file made for one picture is run picture by picture).
/// Throws MissingError as Driver::open does, and if the module is needed and absent.
std::unique_ptr<Net> open_onnx(const OpenRequest& request);

/// What the file says about itself, and what would run it. Throws MissingError as Driver::inspect does.
FileFacts inspect_onnx(const std::string& file);

}  // namespace inpaint
