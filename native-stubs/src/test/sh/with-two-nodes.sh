#!/usr/bin/env bash
# Runs a command on two nodes at once that are made here of namespaces, and removed again whatever happens:
#   with-two-nodes.sh [OPTION...] COMMAND...
# A node has a network, processes, System V memory and a host name of its own, as a container has. Between the nodes
# there is one link: eth0 of each, 10.77.0.1 and 10.77.0.2. The command finds
#   NODE             0 or 1; the second one's standard output goes to standard error
#   NODE_HOSTS       the addresses of both, as moelink launch --hosts takes them
#   MOELINK_SECRET   the same one in both, unless it is set
# Options:
#   --mtu N          of the link (default: 9000)
#   --plain          nodes have a network of their own and nothing else; MOELINK_NODE tells them apart
#   --delay MS       of every frame
#   --loss PERCENT   of all frames
#   --down MS        so long after the command has made the file $NODE_FILES/ready, or at once with --down now, the link
#                    is taken down and stays down
#   --counters FILE  gets the bytes that the kernel counted on the link, "sent-by-0 N" and "sent-by-1 N", and
#                    inside the nodes, "inside-0 N" and "inside-1 N"
# Needs root and ip of iproute2; --delay and --loss also tc, and where the kernel has no netem, link_relay (src/test/c).
set -euo pipefail

mtu=9000 plain= delay_ms= loss_percent= down_ms= counters=
while [ $# -gt 0 ]; do
  case $1 in
    --mtu) mtu=$2 && shift 2 ;;
    --plain) plain=yes && shift ;;
    --delay) delay_ms=$2 && shift 2 ;;
    --loss) loss_percent=$2 && shift 2 ;;
    --down) down_ms=$2 && shift 2 ;;
    --counters) counters=$2 && shift 2 ;;
    *) break ;;
  esac
done

die() {
  echo "with-two-nodes: $1" >&2
  exit 1
}

[ $# -gt 0 ] || die "found no command, expected one to run on both nodes"
[ "$(id -u)" = 0 ] || die "found user $(id -un), expected root, who can make namespaces"
command -v ip >/dev/null || die "ip is missing: apt-get install -y iproute2"

root=$(cd "$(dirname "$0")/../../../.." && pwd)
dir=$(mktemp -d /tmp/moelink-nodes.XXXXXX)
spaces=("moelink-$$-0" "moelink-$$-1")
address=(10.77.0.1 10.77.0.2)
pids=()
helpers=()

# Everything of a node dies with the first process of its pid namespace.
remove_all() {
  local pid space
  for pid in "${pids[@]}" "${helpers[@]}"; do
    kill -9 "$pid" 2>/dev/null || true
  done
  for space in "${spaces[@]}"; do
    for pid in $(ip netns pids "$space" 2>/dev/null); do
      kill -9 "$pid" 2>/dev/null || true
    done
    ip netns del "$space" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap remove_all EXIT
trap 'exit 143' TERM INT

# Both ends in a relay of ours, which holds frames back and drops some.
relay_link() {
  local relay=$root/native-stubs/target/native/tests/link_relay tries
  [ -x "$relay" ] || die "found no $relay, expected it to be built: ./moelink test builds it"
  "$relay" "${spaces[0]}" "${spaces[1]}" "$mtu" "${delay_ms:-0}" "${loss_percent:-0}" 7 >"$dir/relay" &
  helpers+=($!)
  for ((tries = 0; tries < 100; tries++)); do
    ! grep -q ready "$dir/relay" || return 0
    sleep 0.05
  done
  die "the relay of frames did not start within 5 s"
}

for space in "${spaces[@]}"; do
  ip netns add "$space"
  ip -n "$space" link set lo up
done
shape=
[ -z "$delay_ms" ] || shape="delay ${delay_ms}ms"
[ -z "$loss_percent" ] || shape="$shape loss ${loss_percent}%"
ip -n "${spaces[0]}" link add eth0 mtu "$mtu" type veth peer name eth0 mtu "$mtu" netns "${spaces[1]}"
if [ -n "$shape" ]; then
  # shellcheck disable=SC2086 # several words
  if tc -n "${spaces[0]}" qdisc add dev eth0 root netem limit 10000 $shape 2>/dev/null; then
    # shellcheck disable=SC2086
    tc -n "${spaces[1]}" qdisc add dev eth0 root netem limit 10000 $shape
    echo "with-two-nodes: $shape by netem" >&2
  else
    ip -n "${spaces[0]}" link del eth0
    relay_link
    echo "with-two-nodes: $shape by link_relay, since this kernel has no netem" >&2
  fi
fi
for node in 0 1; do
  ip -n "${spaces[node]}" address add "${address[node]}/24" dev eth0
  ip -n "${spaces[node]}" link set eth0 mtu "$mtu" up
done

# Bytes that a device of a node has sent.
sent() {
  ip netns exec "${spaces[$1]}" cat "/sys/class/net/$2/statistics/tx_bytes"
}

export NODE_HOSTS=${address[0]},${address[1]} NODE_FILES=$dir
export MOELINK_SECRET=${MOELINK_SECRET:-$(head -c 24 /dev/urandom | base64)}
before=("$(sent 0 eth0)" "$(sent 1 eth0)")
for node in 0 1; do
  inside=(unshare --ipc --uts --pid --fork --mount-proc --kill-child
    sh -c "hostname moelink-node$node; exec \"\$@\"" sh)
  variables=("NODE=$node")
  if [ -n "$plain" ]; then
    inside=()
    variables+=("MOELINK_NODE=${MOELINK_NODE:-node}$node")
  fi
  # not /dev/stdout, which would start a file anew
  if [ "$node" = 0 ]; then exec 3>&1; else exec 3>&2; fi
  # without --kill-child of a node that is plain, remove_all finds them by their network
  ip netns exec "${spaces[node]}" "${inside[@]}" env "${variables[@]}" "$@" >&3 &
  pids+=($!)
done

if [ -n "$down_ms" ]; then
  (
    if [ "$down_ms" != now ]; then
      until [ -e "$dir/ready" ]; do sleep 0.01; done
      sleep "$(printf '%d.%03d' $((down_ms / 1000)) $((down_ms % 1000)))"
    fi
    ip -n "${spaces[0]}" link set eth0 down
    date +%s%3N >"$dir/down"
    echo "with-two-nodes: link down at $(cat "$dir/down") ms" >&2
  ) &
  helpers+=($!)
fi

code=0
for pid in "${pids[@]}"; do
  wait "$pid" || code=$?
done
if [ -n "$counters" ]; then
  printf 'sent-by-%d %d\n' 0 $(($(sent 0 eth0) - before[0])) 1 $(($(sent 1 eth0) - before[1])) >"$counters"
  printf 'inside-%d %d\n' 0 "$(sent 0 lo)" 1 "$(sent 1 lo)" >>"$counters"
fi
exit "$code"
