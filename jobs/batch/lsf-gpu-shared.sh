#!/bin/bash
#BSUB -J hpcfit
#BSUB -n 32
#BSUB -R "span[ptile=16]"           # ranks on one node: four for each GPU
#BSUB -gpu "num=4:mode=shared:mps=yes:j_exclusive=yes"
#BSUB -W 1:00
#BSUB -wt 3                         # three minutes before the limit,
#BSUB -wa USR1                      # this signal: hpcfit stops cleanly
#BSUB -Q 75                         # exit code 75 puts the job into the queue again
#BSUB -o hpcfit-%J.log

# Submit in the folder of the job file:   bsub < lsf-gpu-shared.sh   or   JOB=other.toml bsub < lsf-gpu-shared.sh
# The job file says device = "cuda" in [run], so that the run ends at once where a GPU is missing.
job=${JOB:-job.toml}

# The cluster's MPI library, if hpcfit was installed without the extra `mpich`:
#   module load mpich               (or openmpi, intel-mpi, cray-mpich)
source "${HPCFIT_VENV:-$HOME/hpcfit/.venv}/bin/activate" || exit 2
# Compiled formulas, in a folder that all nodes see. hpcfit itself keeps every rank at one thread.
export HPCFIT_CACHE_DIR=${HPCFIT_CACHE_DIR:-$HOME/.cache/hpcfit}

# Ranks take the GPUs of a node in turn; MPS, which LSF starts, lets those of one GPU compute at the same time.
# The signal comes to this shell too, which must live on to hand over the exit code.
trap : USR1
mpirun -n 32 hpcfit run "$job"
exit $?
