# Sourced by tests/run.sh and examples/quickstart.sh: installs the Debian 12 packages that the build needs.
build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libvips-dev libopencv-core-dev libopencv-imgproc-dev libopencv-photo-dev libopencv-dnn-dev
  libcli11-dev libyaml-cpp-dev nlohmann-json3-dev libfmt-dev libsqlitecpp-dev libsqlite3-dev libxxhash-dev
  libcurl4-openssl-dev libssl-dev libzip-dev libpugixml-dev
  libtorch-dev libopenblas0-pthread
)
test_packages=(doctest-dev)
# Other packages of Node.js than Debian's bring npm along, and do not go together with Debian's.
command -v npm >/dev/null || test_packages+=(nodejs npm)

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  echo "Installing with apt: ${missing[*]}"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
