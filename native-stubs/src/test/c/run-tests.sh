#!/bin/sh
# Called by Maven: the C tests of a build folder, if there is one. See build.sh for where there is none.
set -eu
if [ ! -f "$1/CTestTestfile.cmake" ]; then
  echo "native: no C build in $1, so no C tests"
  exit 0
fi
exec ctest --test-dir "$1" --output-on-failure --parallel "$(getconf _NPROCESSORS_ONLN)"
