import sys
from pathlib import Path

# The event-per-RPC model and its workloads stand with the tests of the room they judge.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "throughput"))
