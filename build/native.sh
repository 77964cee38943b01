#!/usr/bin/env bash
# The C side of native-stubs, for Maven: native.sh build|test|sanitize MODULE_FOLDER
set -euo pipefail

what=$1
module=$2
source=$module/src/main/c
jobs=$(getconf _NPROCESSORS_ONLN)

if ! command -v cmake >/dev/null || ! command -v cc >/dev/null; then
  if [ "$what" = build ]; then
    echo "native-stubs: no cmake or no C compiler, so no native library: apt-get install -y gcc cmake" >&2
    exit 0
  fi
  echo "native-stubs: the tests in C need gcc and cmake: apt-get install -y gcc cmake" >&2
  exit 1
fi

configure_and_build() {
  cmake -S "$source" -B "$1" -DCMAKE_BUILD_TYPE=RelWithDebInfo "${@:2}" >"$1.log" 2>&1 &&
    cmake --build "$1" -j "$jobs" >>"$1.log" 2>&1 || {
    tail -n 40 "$1.log" >&2
    exit 1
  }
}

mkdir -p "$module/target"
case "$what" in
  build)
    configure_and_build "$module/target/native" -DMOELINK_BENCH=OFF
    platform=$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
    resources=$module/target/classes/io/moelink/nativestubs/$platform
    mkdir -p "$resources"
    cp "$module"/target/native/libmoelink_*.so "$resources/"
    ;;
  test)
    ctest --test-dir "$module/target/native" --output-on-failure
    ;;
  sanitize)
    configure_and_build "$module/target/native-sanitize" -DMOELINK_SANITIZE=ON -DMOELINK_BENCH=OFF
    ctest --test-dir "$module/target/native-sanitize" --output-on-failure
    ;;
  *)
    echo "native.sh: found $what, expected build, test or sanitize" >&2
    exit 2
    ;;
esac
