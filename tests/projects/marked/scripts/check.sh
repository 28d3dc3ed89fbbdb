#!/bin/sh
set -e
python -m pytest -q \
    -m "cof_temporal and not slow"
