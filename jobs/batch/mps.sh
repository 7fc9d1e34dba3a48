#!/bin/bash
# Runs a command on every rank with CUDA's MPS, so that ranks that share a GPU compute at the same time:
#   srun bash mps.sh hpcfit run job.toml
# The first rank of each node starts the daemon of that node, and ends it.

# A job that waits in the queue again keeps its number with SLURM, but must not find pipes of the part before.
id=${SLURM_JOB_ID:-${PBS_JOBID:-${LSB_JOBID:-0}}}${SLURM_RESTART_COUNT:+-$SLURM_RESTART_COUNT}
export CUDA_MPS_PIPE_DIRECTORY=${MPS_FOLDER:-/tmp}/mps-$(id -u)-$id
export CUDA_MPS_LOG_DIRECTORY=$CUDA_MPS_PIPE_DIRECTORY
# What Open MPI, the MPICH family and srun call the number of a rank on its node; srun last, since below an
# mpirun that srun has started on each node it is that of mpirun's own process.
rank=${OMPI_COMM_WORLD_LOCAL_RANK:-${MPI_LOCALRANKID:-${PMI_LOCAL_RANK:-${SLURM_LOCALID:-}}}}
if [ -z "$rank" ]; then
    echo "mps.sh: the launcher does not tell the number of this rank on its node" >&2
    exit 2
fi

if [ "$rank" -eq 0 ]; then
    mkdir -p "$CUDA_MPS_PIPE_DIRECTORY" || exit 2
    # A daemon that a killed run of the same job has left serves as well.
    nvidia-cuda-mps-control -d || [ -e "$CUDA_MPS_PIPE_DIRECTORY/control" ] || exit 2
fi
for _ in $(seq 100); do
    [ -e "$CUDA_MPS_PIPE_DIRECTORY/control" ] && break
    sleep 0.1
done

# A signal that asks to stop is passed on, and waited for.
trap 'kill -TERM "$child" 2>/dev/null' TERM
trap 'kill -USR1 "$child" 2>/dev/null' USR1
"$@" &
child=$!
wait "$child"
code=$?
while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    code=$?
done

if [ "$rank" -eq 0 ]; then
    echo quit | nvidia-cuda-mps-control
fi
exit "$code"
