#!/usr/bin/env bash
# Installs the S3-compatible server of the tests into build/s3_server. Usage: tests/s3_server/install.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
packages=(s3rver@3.7.1 aws4@1.13.2)
mkdir -p build/s3_server
cd build/s3_server
if [ "$(cat installed 2>/dev/null)" = "${packages[*]}" ]; then exit 0; fi
echo "Installing with npm: ${packages[*]}"
npm install --prefix . --no-audit --no-fund --loglevel=error "${packages[@]}"
echo "${packages[*]}" >installed
