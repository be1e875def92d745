"""The population bench's last table has a line for everything that is to be reached, measured or not."""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent
ROWS = """
from bound.table import REACH, Absent, absent, table
from row import Row

rows = [
    Row("a limit of the machine", 12.0, "GB/s", "once"),
    Row("worst error, random patients", 2e-12, "of peak", "512 of them", 1e-12),
    Row("W3 posterior, worth", 9000.0, "draws", "of 10,000", least=5000.0),
    absent("GPU W1a against copying", "no card", least=0.7),
    Absent("W1a, 1 to 2 threads", 1.2, "times", "not two cores", least=1.8),
]
print(*REACH, table(rows), sep="\\n")
"""


def test_each_goal_has_a_line_reached_missed_or_absent_with_the_reason() -> None:
    done = subprocess.run([sys.executable, "-c", ROWS], cwd=BENCH, capture_output=True, text=True, check=True)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    goals, shown = lines[: lines.index("a limit of the machine 12 GB/s (once)")], lines
    last = shown[shown.index("to reach measured") + 1 :]
    assert len(goals) == len(last) == len(set(goals)) > 20
    assert all(line.startswith(goal) for goal, line in zip(goals, last, strict=True))
    assert "worst error, random patients 2e-12 of peak MISSED (at most 1e-12; 512 of them)" in last
    assert "W3 posterior, worth 9e+03 draws reached (at least 5000; of 10,000)" in last
    assert "GPU W1a against copying - absent (at least 0.7; no card)" in last
    assert "W1a, 1 to 2 threads 1.2 times absent (at least 1.8; not two cores)" in last
    assert "import of the engine - absent (not measured in this run)" in last
