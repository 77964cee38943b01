#!/usr/bin/env bash
# Runs a command beside a Slurm of one node, all of it started here and ended here:
#   with-slurm.sh TASKS COMMAND...
# Munge, the controller and the node's daemon are this script's children, with keys, state and logs
# in a temporary folder, and they listen on the loopback interface alone. Needs root.
set -euo pipefail

tasks=$1
shift
deadline_s=15
dir=$(mktemp -d /tmp/moelink-slurm.XXXXXX)
pids=()
up=

die() {
  echo "with-slurm: $1" >&2
  tail -n 5 "$dir"/*.log >&2 || true
  exit 1
}

# Last started, first ended: the node's daemon says goodbye to the controller, and both need munge.
end_all() {
  local i pid
  if [ -n "$up" ]; then
    scancel --quiet --user="$(id -un)" 2>/dev/null || true
    for ((i = 0; i < 50; i++)); do
      [ -n "$(squeue -h 2>/dev/null)" ] || break
      sleep 0.1
    done
  fi
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    pid=${pids[i]}
    kill "$pid" 2>/dev/null || true
    timeout 10 tail --pid="$pid" -f /dev/null || kill -9 "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap end_all EXIT

for tool in munged slurmctld slurmd srun; do
  command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin:/usr/local/sbin
  command -v "$tool" >/dev/null || die "$tool is missing: apt-get install -y slurmctld slurmd slurm-client munge"
done

# A port of the loopback interface that nobody listens on now.
free_port() {
  local port
  for port in $(shuf -i 20000-32000 -n 50); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  die "no free port"
}

node=$(hostname -s)
mkdir "$dir/state" "$dir/spool" "$dir/tmp" "$dir/munge"
chmod 700 "$dir" "$dir/munge"
head -c 1024 /dev/urandom >"$dir/munge/key"
chmod 400 "$dir/munge/key"

cat >"$dir/slurm.conf" <<CONF
ClusterName=moelink
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
TmpFS=$dir/tmp
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MpiDefault=pmix
ReturnToService=2
KillWait=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$tasks State=UNKNOWN
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
echo "CgroupPlugin=cgroup/v1" >"$dir/cgroup.conf"
export SLURM_CONF=$dir/slurm.conf

munged --foreground --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" \
  --pid-file="$dir/munge/pid" --log-file="$dir/munge/log" --seed-file="$dir/munge/seed" \
  >"$dir/munged.log" 2>&1 &
pids+=($!)
for ((i = 0; i < 10 * deadline_s; i++)); do
  [ ! -S "$dir/munge/socket" ] || break
  sleep 0.1
done
[ -S "$dir/munge/socket" ] || die "munged did not come up within $deadline_s s"

slurmctld -D -c -f "$SLURM_CONF" >/dev/null 2>&1 &
pids+=($!)
slurmd -D -c -f "$SLURM_CONF" >/dev/null 2>&1 &
pids+=($!)
state=unknown
for ((i = 0; i < 5 * deadline_s; i++)); do
  state=$(sinfo -h -o %T 2>/dev/null || true)
  [ "$state" != idle ] || break
  sleep 0.2
done
up=yes
[ "$state" = idle ] || die "the node is $state after $deadline_s s, expected idle"

"$@"
