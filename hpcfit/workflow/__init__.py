"""What the commands do: from a job file to a run folder."""
