#pragma once
#include <string>

#include "nn/driver.h"

namespace inpaint {

/// The driver in the shared module libinpaint_NAME.so ("torch", "onnx"), opened on first use and kept. Looked for at
/// $INPAINT_NAME_MODULE (upper case; the file itself), then beside the program, then in ../lib/inpaint from there.
/// Throws MissingError that says where it was looked for and how to get it.
Driver& module_driver(const std::string& name);

/// Another function that the module exports under C linkage. Throws MissingError likewise, and if it has none of that
/// name.
void* module_function(const std::string& name, const std::string& function);

/// What functions of modules are given.
const DriverHost& module_host();

/// Whether module_driver would find a file; loads nothing.
bool has_module(const std::string& name);

}  // namespace inpaint
