#!/bin/bash
#SBATCH --job-name=hpcfit
#SBATCH --nodes=2
#SBATCH --gpus-per-node=4
#SBATCH --ntasks-per-node=4         # one rank for each GPU
#SBATCH --cpus-per-task=1
#SBATCH --time=01:00:00
#SBATCH --signal=TERM@180           # to the ranks, three minutes before the limit: hpcfit stops cleanly
#SBATCH --requeue
#SBATCH --open-mode=append          # one log for all parts of a run
#SBATCH --output=hpcfit-%j.log

# Submit in the folder of the job file:   sbatch slurm-gpu.sh   or   sbatch slurm-gpu.sh other.toml
# The job file says device = "cuda" in [run], so that the run ends at once where a GPU is missing.
job=${1:-job.toml}

# The cluster's MPI library, if hpcfit was installed without the extra `mpich`:
#   module load mpich               (or openmpi, intel-mpi, cray-mpich)
source "${HPCFIT_VENV:-$HOME/hpcfit/.venv}/bin/activate" || exit 2
# Compiled formulas, in a folder that all nodes see. hpcfit itself keeps every rank at one thread.
export HPCFIT_CACHE_DIR=${HPCFIT_CACHE_DIR:-$HOME/.cache/hpcfit}

# Each rank takes the GPU of its number on the node, among those that SLURM lets it see.
srun hpcfit run "$job"
code=$?

# 75: stopped early, with a checkpoint. The same job waits in the queue again and goes on from there.
if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
