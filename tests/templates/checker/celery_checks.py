"""The platform's Celery application with a task that has templates checked."""

import json
import os
from pathlib import Path

from celery_app import app as app
from templates.checker import pool
from templates.review.examine import Draft


@app.task(name="tests.check")
def check(folder: str, number: int) -> None:
    parts = {"sms": {"default": {"body": "Hello {{ name }}"}}}
    heavy = {"sms": {"default": {"body": "x" * (pool.LARGEST_JOB + 1)}}}
    found = {
        "variables": pool.examine(Draft("order", "message", parts), {}).variables,
        "shown": pool.preview(parts, {"name": "Ada"})[0].fields.get("body"),
        "heavy": pool.examine(Draft("order", "message", heavy), {}).errors[0].heavy,
        "child": os.getpid(),
        "checkers": [checker.process.pid for checker in pool._pool.all],
    }
    made = Path(folder) / f"{number}.part"
    made.write_text(json.dumps(found))
    made.rename(made.with_suffix(".json"))
