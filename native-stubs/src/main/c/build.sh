#!/bin/sh
# Called by Maven: builds the backend libraries, and puts them where the jar takes its resources from.
#   build.sh BUILD_DIR CLASSES_DIR        the libraries, their tests and abi_table
#   build.sh --sanitize BUILD_DIR         the same with sanitizers, for tests only
# Without a compiler or CMake it says what to install, and that is no failure: loopback needs neither.
set -eu

sanitize=OFF
if [ "$1" = --sanitize ]; then
  sanitize=ON
  shift
fi
build=$1
classes=${2:-}
source=$(cd "$(dirname "$0")" && pwd)

missing=
command -v cmake >/dev/null 2>&1 || missing="cmake"
command -v "${CC:-cc}" >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || missing="${missing:+$missing and }gcc"
if [ -n "$missing" ]; then
  echo "native: no $missing here, so moelink is built without its native library; to have it: apt-get install -y gcc cmake libucx-dev"
  exit 0
fi

mkdir -p "$build"
log=$build/build.log
if ! { cmake -S "$source" -B "$build" -DMOELINK_SANITIZE=$sanitize &&
  cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)"; } >"$log" 2>&1; then
  grep -E -A3 'error|Error' "$log" | head -40 >&2
  echo "native: the C build failed; all of its output is in $log" >&2
  exit 1
fi

# what CMake left out
sed -n 's/^-- MOELINK: /native: /p' "$log"

if [ "$sanitize" = ON ]; then
  # for LD_PRELOAD: a JVM that loads a sanitized library must have the sanitizer first
  ln -sf "$("${CC:-cc}" -print-file-name=libasan.so)" "$build/libasan.so"
fi

if [ -n "$classes" ]; then
  # as Java calls it: NativeLibraries.platform()
  os=$(uname -s | tr '[:upper:]' '[:lower:]' | sed 's/darwin/macos/')
  arch=$(uname -m | sed 's/arm64/aarch64/')
  target=$classes/io/moelink/nativestubs/$os-$arch
  mkdir -p "$target"
  cp "$build"/libmoelink_*.so "$target/"
fi
