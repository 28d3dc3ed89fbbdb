import os
import subprocess
import sys


def test_program():
    env = {**os.environ, "PYTHONPATH": "src"}
    done = subprocess.run([sys.executable, "-m", "shop", "1", "200"], env=env, capture_output=True, text=True)
    assert done.stdout == "181.0\n", done.stderr
