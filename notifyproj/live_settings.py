"""Settings of the `live` process: the same, with its own few routes and hardly anything in between.

Middleware that knows threads only would take one for every open stream; this one is async as well.
"""

from notifyproj.settings import *  # noqa: F403 - the same settings but for what follows

ROOT_URLCONF = "notifyproj.live_urls"
MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware"]
