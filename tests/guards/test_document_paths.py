"""Documents name files as they are: in full, or their reader looks for what was moved long ago."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md")))
QUOTED = re.compile(r"`([^`\n]{1,200})`")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:py|html|css|js|toml|yml|sql|sh)", re.A)
FOLDER = re.compile(r"[a-z][\w-]*(?:/[\w.-]+)*/", re.A)
FENCE = re.compile(r"^( *)```.*?^\1```", re.M | re.S)
# What is made while the platform runs, or by whoever follows an example.
MADE = (
    "var/",
    "postgres/",
    "valkey/",
    "log/",
    "channels/sms/acme.py",
    "tests/channels/sms/test_acme.py",
)


def is_there(path: str) -> bool:
    """A folder that holds nothing but what Python compiled was moved away."""
    place = ROOT / path
    if not path.endswith("/"):
        return place.is_file()
    return place.is_dir() and any(each.name != "__pycache__" for each in place.iterdir())


def named(text: str) -> set[str]:
    """Paths in backticks, outside of blocks of code."""
    quoted = (match[1] for match in QUOTED.finditer(FENCE.sub("", text)))
    return {words for words in quoted if FILE.fullmatch(words) or FOLDER.fullmatch(words)}


def missing(text: str) -> list[str]:
    return sorted(p for p in named(text) if not p.startswith(MADE) and not is_there(p))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document: str) -> None:
    assert missing((ROOT / document).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", ["picking.py", "core/alerts.py", "explaining/", "a-b/c_d.js"])
def test_a_name_without_its_folder_or_of_before_a_move_is_found_out(path: str) -> None:
    assert missing(f"Accounts (`{path}`) and `manage.py`, `docs/`.") == [path]


@pytest.mark.parametrize("text", ["`/hooks/`", "`GET /api/v1/`", "`json.dumps`", "```\na.py\n```"])
def test_what_is_no_path_of_ours_is_left_alone(text: str) -> None:
    assert missing(text) == []


QUESTIONS = (
    "a new provider",
    "a new rule in the decision",
    "what happens on a 429",
    "where a quiet-hours deferral is written",
    "who retries",
    "where a campaign's next wave is cut",
    "a new column in the delivery list",
    "a new metric",
    "a new template filter",
    "a new status event",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_design_says_in_which_file_to_look(question: str) -> None:
    lines = (ROOT / "docs/design.md").read_text(encoding="utf-8").splitlines()
    (answer,) = [line for line in lines if line.startswith(f"| {question} |")]
    places = named(answer)
    assert places
    assert all(is_there(place) for place in places)
