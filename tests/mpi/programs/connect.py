"""Print what `world` makes of this process."""

from __future__ import annotations

import sys

from hpcfit.errors import RunError
from hpcfit.parallel.world import world

try:
    comm = world()
except RunError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
print(f"{comm.rank} of {comm.size}; {comm.note}")
