#!/bin/bash
#PBS -N hpcfit
#PBS -l select=2:ncpus=16:mpiprocs=16:ngpus=4
#PBS -l walltime=01:00:00
#PBS -j oe

# Submit in the folder of the job file:   qsub pbs-gpu-shared.sh   or   qsub -v JOB=other.toml pbs-gpu-shared.sh
# The script mps.sh lies beside this one. The job file says device = "cuda" in [run], so that the run ends at
# once where a GPU is missing.
job=${JOB:-job.toml}
script=${SCRIPT:-$PBS_O_WORKDIR/pbs-gpu-shared.sh}   # this file, to submit it again
seconds=3420                                # three minutes less than the walltime above

cd "$PBS_O_WORKDIR" || exit 2
# The cluster's MPI library, if hpcfit was installed without the extra `mpich`:
#   module load mpich                       (or openmpi, intel-mpi, cray-mpich)
source "${HPCFIT_VENV:-$HOME/hpcfit/.venv}/bin/activate" || exit 2
# Compiled formulas, in a folder that all nodes see. hpcfit itself keeps every rank at one thread.
export HPCFIT_CACHE_DIR=${HPCFIT_CACHE_DIR:-$HOME/.cache/hpcfit}

# Four ranks for each GPU: mpiprocs is four times ngpus. MPS lets those of one GPU compute at the same time.
# PBS sends no signal before the limit, so timeout does; mpirun passes it on to the ranks.
ranks=$(wc -l <"$PBS_NODEFILE")
timeout --preserve-status --signal=USR1 "$seconds" mpirun -n "$ranks" \
    bash "$PBS_O_WORKDIR/mps.sh" hpcfit run "$job"
code=$?

# 75: stopped early, with a checkpoint. Another job goes on from there (qrerun is for operators only).
if [ "$code" -eq 75 ]; then
    qsub -v "JOB=$job,SCRIPT=$script" "$script"
fi
exit "$code"
