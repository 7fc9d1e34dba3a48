#!/bin/bash
#flux: --job-name=hpcfit
#flux: --nodes=2
#flux: --exclusive
#flux: --time-limit=60m
#flux: --output=hpcfit-{{id}}.log

# Submit in the folder of the job file:   flux batch flux.sh   or   JOB=other.toml flux batch flux.sh
job=${JOB:-job.toml}

# The cluster's MPI library, if hpcfit was installed without the extra `mpich`:
#   module load mpich               (or openmpi, cray-mpich)
source "${HPCFIT_VENV:-$HOME/hpcfit/.venv}/bin/activate" || exit 2
# Compiled formulas, in a folder that all nodes see. hpcfit itself keeps every rank at one thread.
export HPCFIT_CACHE_DIR=${HPCFIT_CACHE_DIR:-$HOME/.cache/hpcfit}

# One rank for each core; two minutes before its limit the ranks get a signal, and hpcfit stops cleanly.
flux run --nodes=2 --ntasks=128 --time-limit=59m --signal=TERM@2m hpcfit run "$job"
code=$?

# 75: stopped early, with a checkpoint. Another job of the enclosing instance goes on from there.
if [ "$code" -eq 75 ]; then
    flux --parent batch "$0"
fi
exit "$code"
