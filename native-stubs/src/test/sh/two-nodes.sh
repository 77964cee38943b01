#!/usr/bin/env bash
# Two nodes of 8 ranks on the fabric ubbv2-2node, over UCX, with recorded routing:
#   two-nodes.sh [OPTION OF with-two-nodes.sh...]
# Checks that every bit is right and the same as on loopback; that what the kernel counted on the link between the nodes
# is the plan's figure for it within 5 %; and that rows inside a node do not go through its network.
# TOKENS, tokens of a rank (default: 512), and TRACES, the folder of recorded routing, can be set.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../../.." && pwd)
nodes=$root/native-stubs/src/test/sh/with-two-nodes.sh
tokens=${TOKENS:-512}
traces=${TRACES:-$root/../shared/traces}
limit_s=${LIMIT_S:-300}
rounds_few=1 rounds_many=5
export MOELINK_JAVA_OPTS=${MOELINK_JAVA_OPTS:--XX:+UseSerialGC -Xmx256m}

out=$(mktemp -d /tmp/moelink-two-nodes.XXXXXX)
trap 'rm -rf "$out"' EXIT

die() {
  echo "two-nodes: $1" >&2
  exit 1
}

if [ -f "$traces/gptoss20b_topk_ids.npy" ]; then
  routing=(--ids "$traces/gptoss20b_topk_ids.npy" --weights "$traces/gptoss20b_topk_weights.npy" --layer 12)
  echo "two-nodes: routing recorded in $traces"
else
  routing=(--routing zipf:1.1 --top-k 4)
  echo "two-nodes: no $traces/gptoss20b_topk_ids.npy, so routing is generated: zipf:1.1"
fi
exchange=("$root/moelink" exchange --topology ubbv2-2node --experts 32 --hidden 2880
  --tokens-per-rank "$tokens" --dtype bf16 --algorithm hierarchical "${routing[@]}" --verify --json)

# A field of the JSON of a run; 0 where it is not there.
field() {
  sed -n "s/.*\"$1\":\([a-z0-9.]*\).*/\1/p" "$2"
}

# rdma of bytes_by_link, all that the plan of a round has between nodes
planned() {
  sed -n 's/.*"bytes_by_link":{[^}]*"rdma":\([0-9]*\)[^}]*},"dispatch_bytes.*/\1/p' "$1"
}

counted() {
  awk -v name="$1" 'index($1, name) == 1 { n += $2 } END { printf "%d", n }' "$2"
}

run() {
  local name=$1 rounds=$2
  shift 2
  if ! timeout "$limit_s" "$nodes" "${options[@]}" --counters "$out/$name.bytes" \
    "$root/moelink" launch --hosts 10.77.0.1,10.77.0.2 -n 8 -- \
    "${exchange[@]}" --transport ucx --iterations "$rounds" "$@" >"$out/$name" 2>"$out/$name.err"; then
    tail -n 20 "$out/$name.err" >&2
    die "the job of 16 ranks failed"
  fi
  [ "$(field verified "$out/$name")" = true ] || die "the job's output has no verified:true: $(cat "$out/$name")"
}

options=("$@")
# a build of its own time, not of the first job
"$root/moelink" topology >/dev/null

run few "$rounds_few" --out "$out/ucx"
run many "$rounds_many"
"${exchange[@]}" --transport loopback --iterations 1 --out "$out/loopback" >/dev/null
diff -r "$out/ucx" "$out/loopback" >/dev/null || die "ucx and loopback differ: $(diff -rq "$out/ucx" "$out/loopback")"
echo "two-nodes: 16 ranks verified, $(find "$out/ucx" -type f | wc -l) files the same as on loopback"

plan=$(planned "$out/many")
few=$(counted sent-by "$out/few.bytes") many=$(counted sent-by "$out/many.bytes")
round=$(((many - few) / (rounds_many - rounds_few)))
off=$(awk -v a="$round" -v b="$plan" 'BEGIN { printf "%.2f", 100 * (a - b) / b }')
echo "two-nodes: link between the nodes: $round bytes of a round counted by the kernel, $plan planned: $off %"
echo "two-nodes: (runs of $rounds_few and $rounds_many rounds with set-up: $few and $many bytes)"
awk -v off="$off" 'BEGIN { exit !(off > -5 && off < 5) }' || die "expected at most 5 % more or less than planned"

inside=$((($(counted inside "$out/many.bytes") - $(counted inside "$out/few.bytes")) / (rounds_many - rounds_few)))
rows=$(sed -n 's/.*"bytes_by_link":{[^}]*"p2p":\([0-9]*\).*},"dispatch_bytes.*/\1/p' "$out/many")
echo "two-nodes: network inside the nodes: $inside bytes of a round, of $rows that go between ranks of a VNode"
[ "$inside" -lt $((rows / 20)) ] || die "expected at most a twentieth: rows inside a node go by shared memory"
