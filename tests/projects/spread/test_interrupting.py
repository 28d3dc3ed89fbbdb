import os
import pathlib
import signal


def test_that_interrupts_the_fourth_time():
    runs = pathlib.Path("runs")
    runs.touch()
    with runs.open("a") as file:
        file.write("x")
    if runs.read_text() == "xxxx":
        os.kill(int(os.environ["SCANNING"]), signal.SIGINT)
        signal.pause()
