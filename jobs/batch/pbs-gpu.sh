#!/bin/bash
#PBS -N hpcfit
#PBS -l select=2:ncpus=4:mpiprocs=4:ngpus=4
#PBS -l walltime=01:00:00
#PBS -j oe

# Submit in the folder of the job file:   qsub pbs-gpu.sh   or   qsub -v JOB=other.toml pbs-gpu.sh
# The job file says device = "cuda" in [run], so that the run ends at once where a GPU is missing.
job=${JOB:-job.toml}
script=${SCRIPT:-$PBS_O_WORKDIR/pbs-gpu.sh} # this file, to submit it again
seconds=3420                                # three minutes less than the walltime above

cd "$PBS_O_WORKDIR" || exit 2
# The cluster's MPI library, if hpcfit was installed without the extra `mpich`:
#   module load mpich                       (or openmpi, intel-mpi, cray-mpich)
source "${HPCFIT_VENV:-$HOME/hpcfit/.venv}/bin/activate" || exit 2
# Compiled formulas, in a folder that all nodes see. hpcfit itself keeps every rank at one thread.
export HPCFIT_CACHE_DIR=${HPCFIT_CACHE_DIR:-$HOME/.cache/hpcfit}

# One rank for each GPU: mpiprocs is ngpus. Each takes the GPU of its number on the node, of those it may see.
# PBS sends no signal before the limit, so timeout does; mpirun passes it on to the ranks.
ranks=$(wc -l <"$PBS_NODEFILE")
timeout --preserve-status --signal=USR1 "$seconds" mpirun -n "$ranks" hpcfit run "$job"
code=$?

# 75: stopped early, with a checkpoint. Another job goes on from there (qrerun is for operators only).
if [ "$code" -eq 75 ]; then
    qsub -v "JOB=$job,SCRIPT=$script" "$script"
fi
exit "$code"
