"""Print the ranks of this machine as this rank sees them."""

from hpcfit.parallel.world import world

comm = world()
print(f"rank {comm.rank} of {comm.on_machine()}", flush=True)
