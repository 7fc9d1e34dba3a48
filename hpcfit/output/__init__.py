"""What a run leaves behind: log, events, checkpoint, result, report. Knows no MPI: only rank 0 writes."""
