"""Lets the tests here import nist_problems, which the benchmark uses too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
