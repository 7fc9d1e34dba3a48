#!/bin/bash
#BSUB -J hpcfit
#BSUB -n 8
#BSUB -R "span[ptile=4]"            # ranks on one node: one for each GPU
#BSUB -gpu "num=4:mode=shared:j_exclusive=yes"
#BSUB -W 1:00
#BSUB -wt 3                         # three minutes before the limit,
#BSUB -wa USR1                      # this signal: hpcfit stops cleanly
#BSUB -Q 75                         # exit code 75 puts the job into the queue again
#BSUB -o hpcfit-%J.log

# Submit in the folder of the job file:   bsub < lsf-gpu.sh   or   JOB=other.toml bsub < lsf-gpu.sh
# The job file says device = "cuda" in [run], so that the run ends at once where a GPU is missing.
job=${JOB:-job.toml}

# The cluster's MPI library, if hpcfit was installed without the extra `mpich`:
#   module load mpich               (or openmpi, intel-mpi, cray-mpich)
source "${HPCFIT_VENV:-$HOME/hpcfit/.venv}/bin/activate" || exit 2
# Compiled formulas, in a folder that all nodes see. hpcfit itself keeps every rank at one thread.
export HPCFIT_CACHE_DIR=${HPCFIT_CACHE_DIR:-$HOME/.cache/hpcfit}

# Each rank takes the GPU of its number on the node, among those that LSF lets it see.
# The signal comes to this shell too, which must live on to hand over the exit code.
trap : USR1
mpirun -n 8 hpcfit run "$job"
exit $?
