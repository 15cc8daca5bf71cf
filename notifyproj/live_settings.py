"""Settings of the `live` process: the same, with its own few routes and nothing in between.

Middleware written for threads would take a thread for every open stream.
"""

from notifyproj.settings import *  # noqa: F403

ROOT_URLCONF = "notifyproj.live_urls"
MIDDLEWARE = []
