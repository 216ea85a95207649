#pragma once
#include <string>
#include <vector>

namespace inpaint {

/// Keeps the program's arguments for restart_with_passive_openmp; call first in main.
void remember_arguments(char** arguments);
/// Those, without the program's name.
std::vector<std::string> remembered_arguments();

/// GNU OpenMP's threads spin while they wait, which on a machine with other work makes two threads slower than one. It
/// reads OMP_WAIT_POLICY only when it is loaded, and libvips loads it at the start of this program. So unless the
/// variable is set already, the program replaces itself by itself with OMP_WAIT_POLICY=passive. For commands that are
/// about to open a network that computes with OpenMP; nothing may have been read from standard input yet.
void restart_with_passive_openmp();

}  // namespace inpaint
