"""Templates live in files and come back as they were."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.build.files import Folder, NotReadable, from_files, tidy, to_files
from templates.fields import DATA, FIELDS, WITH_DATA

TEXTS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\0"), max_size=40
) | st.sampled_from(
    ["a: b\n---\nc", "---", '"quoted"', " padded ", "two\nlines\n", "title: x", "\ufeffa"]
)
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)


@st.composite
def parts(draw: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for channel in draw(st.sets(st.sampled_from(list(FIELDS)), min_size=1)):
        for locale in draw(st.sets(st.sampled_from(["de", "de-AT", "fr_CA"]))) | {"default"}:
            part = draw(st.dictionaries(st.sampled_from(list(FIELDS[channel])), TEXTS))
            if "mjml" in part:
                part.pop("html", None)
            if channel in WITH_DATA:
                part |= {DATA: draw(st.dictionaries(NAMES, TEXTS, max_size=2))}
            made.setdefault(channel, {})[locale] = part
    return made


@settings(deadline=None, max_examples=40)
@given(parts(), TEXTS, st.none() | st.just({"type": "object"}))
def test_what_goes_out_comes_back(made: dict[str, Any], name: str, schema: Any) -> None:
    folder = Folder(
        slug="order",
        name=name,
        description="why",
        kind="message",
        parts=tidy(made),
        schema=schema,
        sample={"a": [1]},
    )
    assert from_files(to_files(folder)) == [folder]


def test_a_folder_reads_well() -> None:
    push = {"title": "Order {{ id }}", "body": "On its\nway", "data": {"id": "{{ id }}"}}
    email = {"subject": "Hi", "preheader": "Soon", "mjml": "<mjml>", "text": "Hi\nyou"}
    made: Any = {
        "push": {"default": push},
        "email": {"de": email},
        "sms": {"default": {"body": "x"}},
    }
    files = to_files(
        Folder(slug="order", name="An “order”", description="", kind="message", parts=made)
    )
    assert files == {
        "order/template.toml": 'name = "An “order”"\nkind = "message"\n',
        "order/push.default.txt": "title: Order {{ id }}\ndata.id: {{ id }}\n---\nOn its\nway\n",
        "order/email.de.mjml": "subject: Hi\npreheader: Soon\n---\n<mjml>\n",
        "order/email.de.text.txt": "Hi\nyou\n",
        "order/sms.default.txt": "x\n",
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("order/notes.md", "x"),
        ("order/fax.default.txt", "x"),
        ("order/sms.default.html", "x"),
        ("order/template.toml", "slug = 'x'"),
        ("order/template.toml", "name = "),
        ("order/schema.json", "[]"),
        ("order/sms.default.txt", 'body: "x\n---\n'),
        ("order/../sms.default.txt", "x"),
    ],
)
def test_a_file_that_says_nothing_is_named(path: str, text: str) -> None:
    with pytest.raises(NotReadable, match=path):
        from_files({path: text})


def test_what_an_editor_on_windows_adds_is_no_text() -> None:
    files = {
        "order/template.toml": "\ufeffname = 'Order'\r\n",
        "order/sms.default.txt": "\ufeffShipped\r\ntoday",
        "order/sample.json": '\ufeff{"id": 1}',
    }
    (folder,) = from_files(files)
    assert (folder.name, folder.sample) == ("Order", {"id": 1})
    assert folder.parts == {"sms": {"default": {"body": "Shipped\ntoday"}}}


def test_what_lies_beside_the_folders_is_left_alone() -> None:
    assert from_files({"README.md": "x"}) == []
