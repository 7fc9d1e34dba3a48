"""Job files: reading and checking them, with every fault told at once and by its line."""

from hpcfit.job.changes import canonical, canonical_of
from hpcfit.job.load import Job, load_job
from hpcfit.job.resolve import ResolvedJob, open_job

__all__ = ["Job", "ResolvedJob", "canonical", "canonical_of", "load_job", "open_job"]
