"""See README.md: nothing here is put back."""

import atexit
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

LEAVES = {"test_leaves_a_daemon": "sleep 61", "test_ignores_its_children": "sleep 62"}


def test_leads_a_group_of_its_own():
    for lead in (os.setpgrp, os.setsid):
        try:
            lead()
        except PermissionError:  # it does already
            pass


def test_leaves_a_daemon():
    # it has no parent, no session and no group in common with the test, and keeps every descriptor
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3, 4096):
                try:
                    os.set_inheritable(descriptor, True)
                except OSError:
                    pass
            os.execvp("sleep", ["sleep", "61"])
        os._exit(0)
    os.wait()


def test_ignores_its_children():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    subprocess.Popen(["sleep", "62"])


def test_raises_at_exit():
    atexit.register(lambda: 1 / 0)


def test_leaves_a_thread_that_keeps_the_process():
    threading.Thread(target=threading.Event().wait).start()


def test_replaces_its_streams():
    sys.stdout = sys.stderr = None


def test_prints_to_what_is_left():
    print("x")


def test_replaces_functions():
    os.write = os.getpid = os.getppid = os._exit = json.dumps = time.monotonic = time.sleep = None


def test_limits_its_recursion():
    sys.setrecursionlimit(100)


def test_limits_its_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def test_limits_its_memory():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 20, resource.getrlimit(resource.RLIMIT_AS)[1]))


def test_comes_after():
    pass
