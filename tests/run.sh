#!/usr/bin/env bash
# Installs what is needed (Debian 12), builds the dev preset, and runs every test. Usage: tests/run.sh [PRESET]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
preset=${1:-dev}
install_packages "${build_packages[@]}" "${test_packages[@]}"
tests/s3_server/install.sh
cmake --preset "$preset"
cmake --build --preset "$preset"
ctest --preset "$preset"
