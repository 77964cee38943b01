#!/usr/bin/env bash
# Both nodes of with-two-nodes.sh run it: ranks 2 * NODE and 2 * NODE + 1 of a job of four.
#   node-ranks.sh COMMAND...
# VICTIM and KILL_MS: the rank that is killed so long after all are ready. Ends when its ranks have; what they say
# is what counts.
set -euo pipefail

export WORLD_SIZE=4 MASTER_ADDR=${NODE_HOSTS%%,*} MASTER_PORT=29500 TEST_READY_FILE=$NODE_FILES/ready
pids=()
for rank in $((2 * NODE)) $((2 * NODE + 1)); do
  RANK=$rank "$@" &
  pids+=($!)
  if [ "$rank" = "${VICTIM:-}" ]; then
    (
      until [ -e "$TEST_READY_FILE" ]; do sleep 0.01; done
      sleep "$(printf '%d.%03d' $((KILL_MS / 1000)) $((KILL_MS % 1000)))"
      echo "rank $rank $(date +%s%3N) killed"
      kill -9 "$!"
    ) &
  fi
done
for pid in "${pids[@]}"; do
  wait "$pid" || true
done
