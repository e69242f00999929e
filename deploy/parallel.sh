#!/usr/bin/env bash
# Checks all parts of a question with GNU parallel, on this machine or on others over ssh, and merges the results:
#
#   PARTS=64 HOSTS=: deploy/parallel.sh oral -n 7 -f 2
#   PARTS=64 HOSTS=4/big-one,4/big-two deploy/parallel.sh oral -n 10 -f 3 --no-strays
#
# HOSTS is a list for --sshlogin; ":" is this machine. Each machine must have the same version of `turncoat` on its
# path. The result of each part is copied to the folder PARTS_IN. If a run is interrupted, the same command checks the
# parts that are missing.
set -euo pipefail

PARTS=${PARTS:-64} HOSTS=${HOSTS:-:} PARTS_IN=${PARTS_IN:-parts}
TURNCOAT=${TURNCOAT:-turncoat}

mkdir -p "$PARTS_IN"
missing=()
for part in $(seq "$PARTS"); do
  [ -e "$PARTS_IN/turncoat-$part-of-$PARTS.json" ] || missing+=("$part")
done

# A part in which an attack is found ends with 1, and is as good as the others: only what is worse
# counts as a failure.
if [ ${#missing[@]} -gt 0 ]; then
  (cd "$PARTS_IN" && parallel --sshlogin "$HOSTS" --quote --halt soon,fail=1 \
    --return "turncoat-{}-of-$PARTS.json" --cleanup \
    bash -c '"$@" >&2; code=$?; [ $code -le 1 ]' part \
    "$TURNCOAT" check "$@" --threads 1 --shard "{}/$PARTS" ::: "${missing[@]}")
fi

"$TURNCOAT" merge "$PARTS_IN"/turncoat-*-of-"$PARTS".json
