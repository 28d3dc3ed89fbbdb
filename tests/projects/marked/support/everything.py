from support.marks import *  # noqa: F403
