#!/bin/bash
#SBATCH --job-name=silicon-sw
#SBATCH --nodes=1
#SBATCH --ntasks=64
#SBATCH --cpus-per-task=1
#SBATCH --time=00:10:00
#SBATCH --signal=TERM@60        # a minute before the limit: finish the iteration, write the checkpoint
#SBATCH --output=silicon-sw-%j.log

# Submit from this folder:  sbatch slurm.sh
# Exit code 75 means stopped early with a valid checkpoint: submit the same script to go on.

# Where mpi4py's wheel and srun do not find each other, use the cluster's MPI:
#   module load openmpi        (or mpich, intel-mpi)
source "${HPCFIT_VENV:-../../.venv}/bin/activate"

srun hpcfit run job.toml
