#!/usr/bin/env bash
# Runs a verified exchange of 4 ranks under every launcher that moelink knows:
#   launchers.sh            those that are installed here
#   launchers.sh --all      fails when one is not
# Each starts processes of this host alone, and what it needs beside them is started and ended here.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../../.." && pwd)
all=${1:-}
ranks=4
limit_s=120
exchange=("$root/moelink" exchange --topology "flat-$ranks" --transport shm --experts 8
  --tokens-per-rank 64 --hidden 256 --iterations 2 --verify --json)
export MOELINK_JAVA_OPTS=${MOELINK_JAVA_OPTS:--XX:+UseSerialGC -Xmx256m}
out=$(mktemp -d /tmp/moelink-launchers.XXXXXX)
trap 'rm -rf "$out"' EXIT

# Runs a job; its one line of output must say that all ranks were verified.
verified() {
  local name=$1
  shift
  if ! timeout "$limit_s" "$@" >"$out/out" 2>"$out/err"; then
    echo "launchers: $name failed:" >&2
    tail -n 20 "$out/out" "$out/err" >&2
    exit 1
  fi
  if [ "$(grep -c "\"ranks\":$ranks,.*\"verified\":true" "$out/out")" != 1 ]; then
    echo "launchers: $name: found $(wc -l <"$out/out") lines, expected one with verified:true" >&2
    cat "$out/out" >&2
    exit 1
  fi
  echo "launchers: $name: $ranks ranks, verified"
}

# Whether a launcher is here; with --all it has to be.
has() {
  local tool
  for tool in "$@"; do
    if ! command -v "$tool" >/dev/null && ! [ -x "/usr/sbin/$tool" ]; then
      echo "launchers: $tool is not here, so its job is left out" >&2
      [ "$all" != --all ] || exit 1
      return 1
    fi
  done
}

# a build of its own time, not of the first job
"$root/moelink" topology >/dev/null

verified launch "$root/moelink" launch -n "$ranks" -- "${exchange[@]}"

# shellcheck disable=SC2016 # the inner shell expands them
verified "variables by hand" bash -c '
  ranks=$1
  shift
  export WORLD_SIZE=$ranks MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + RANDOM % 10000))
  export MOELINK_SECRET=$(head -c 24 /dev/urandom | base64)
  pids=()
  for ((rank = 1; rank < ranks; rank++)); do
    RANK=$rank "$@" >/dev/null &
    pids+=($!)
  done
  RANK=0 "$@"
  for pid in "${pids[@]}"; do
    wait "$pid"
  done' by-hand "$ranks" "${exchange[@]}"

if has mpirun; then
  verified mpirun mpirun --allow-run-as-root --oversubscribe --mca oob_tcp_if_include lo -n "$ranks" \
    "${exchange[@]}" --bootstrap pmix
fi

if has munged slurmctld slurmd srun; then
  verified "srun --mpi=pmix" "$root/native-stubs/src/test/sh/with-slurm.sh" "$ranks" \
    srun --mpi=pmix -n "$ranks" "${exchange[@]}" --bootstrap pmix
fi
