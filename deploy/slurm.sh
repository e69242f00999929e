#!/usr/bin/env bash
# An array job for Slurm: each task checks one part, and a job after it merges the results.
#
#   mkdir -p parts && job=$(sbatch --parsable --array=1-64 deploy/slurm.sh oral -n 10 -f 3 --no-strays)
#   sbatch --dependency=afterany:$job --wrap "turncoat merge parts/turncoat-*-of-64.json"
#
# A task that is taken off its node is requeued, and resumes where it was, because it records what it has done.
#SBATCH --job-name=turncoat
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=08:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -uo pipefail

part=$SLURM_ARRAY_TASK_ID of=$SLURM_ARRAY_TASK_COUNT
cd "${SLURM_SUBMIT_DIR:-.}/parts" || exit 2
turncoat check "$@" --shard "$part/$of" --checkpoint "record-$part-of-$of.jsonl" \
  --threads "${SLURM_CPUS_PER_TASK:-1}" --max-memory 7GiB
# A part in which an attack is found ends with 1: its work is done.
code=$?
[ $code -le 1 ]
