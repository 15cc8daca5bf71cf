"""Files are examined before anything is locked; what others write meanwhile is neither lost nor
overlooked."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from templates.checker import pool
from templates.models import MessageTemplate, TemplateVersion
from templates.versions.services import Content, draft_of, draft_save, version_publish
from templates.versions.transfer import ChangedMeanwhile, Plan, import_all

FILES = {
    "order/template.toml": 'name = "Order"\n',
    "order/sms.default.txt": "Order. {% include 'foot' %}\n",
    "foot/template.toml": 'name = "Foot"\nkind = "partial"\n',
    "foot/partial.default.txt": "Bye\n",
}
During = Callable[[Callable[[], None]], None]


def apply(files: Mapping[str, str] | None = None, **options: Any) -> Plan:
    return import_all({**FILES, **(files or {})}, by="ci", **{"publish": True, **options})


def body(slug: str = "order") -> str:
    rows = TemplateVersion.objects.filter(template__slug=slug, published_at__isnull=False)
    built: Any = rows.order_by("-number")[0].built
    return str(built["sms"]["default"]["body"])


def publish_foot(text: str) -> None:
    foot = MessageTemplate.objects.get(slug="foot")
    content = Content({"partial": {"default": {"text": text}}})
    version_publish(version=draft_save(template=foot, content=content))


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> During:
    """Does something each time before the checker examines, unless it is examined itself."""
    examine = pool.examine
    busy: list[int] = []

    def arrange(act: Callable[[], None]) -> None:
        def examined(*args: Any) -> Any:
            if not busy:
                busy.append(1)
                act()
                busy.clear()
            return examine(*args)

        monkeypatch.setattr(pool, "examine", examined)

    return arrange


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("options", [{}, {"publish": False}, {"dry_run": True}], ids=str)
def test_the_checker_is_asked_outside_of_every_transaction(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    inside: list[bool] = []
    ask = pool._ask

    def asked(job: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return ask(job)

    monkeypatch.setattr(pool, "_ask", asked)
    apply(**options)
    apply({"foot/partial.default.txt": "See you\n"}, **options)
    assert len(inside) == 6  # each time the files are read, and two templates examined
    assert not any(inside)


@pytest.mark.django_db
def test_a_partial_of_the_same_files_is_seen_by_each_of_its_names() -> None:
    apply()
    plan = apply(
        {
            "foot/partial.default.txt": "خداحافظ\n",
            "order/sms.default.txt": "{% include 'foot-v1' %} {% include 'foot-v2' %}\n",
        }
    )
    assert [step.version for step in plan.steps] == ["foot-v2", "order-v2"]
    assert body() == "Bye خداحافظ"


@pytest.mark.django_db
def test_partials_within_partials_are_pinned_as_they_will_be() -> None:
    nested = {
        "foot/partial.default.txt": "{% include 'name' %}\n",
        "name/template.toml": 'kind = "partial"\n',
        "name/partial.default.txt": "Ada\n",
    }
    apply(nested)
    apply({**nested, "name/partial.default.txt": "Grace\n"})
    row = TemplateVersion.objects.get(template__slug="order", number=2)
    assert (body(), row.pins) == ("Order. Grace", {"foot": 2, "name": 2})


@pytest.mark.django_db
def test_drafts_of_partials_are_not_taken_for_published_ones() -> None:
    apply()
    plan = apply({"foot/partial.default.txt": "{{ name }}\n"}, publish=False)
    assert [step.did for step in plan.steps] == ["draft", "unchanged"]


@pytest.mark.django_db
def test_a_partial_published_meanwhile_is_what_the_text_is_built_with(meanwhile: During) -> None:
    apply()
    told: list[int] = []

    def act() -> None:
        if not told:
            told.append(1)
            publish_foot("from Ada")

    meanwhile(act)
    alone = {key: text for key, text in FILES.items() if key.startswith("order")}
    alone["order/sms.default.txt"] = "Hi. {% include 'foot' %}\n"
    assert import_all(alone, by="ci", publish=True).applied
    assert body() == "Hi. from Ada"


@pytest.mark.django_db
@pytest.mark.parametrize("publish", [True, False])
def test_a_draft_saved_meanwhile_is_kept_or_followed(meanwhile: During, publish: bool) -> None:
    apply()
    order = MessageTemplate.objects.get(slug="order")
    told: list[int] = []

    def act() -> None:
        if not told:
            told.append(1)
            draft_save(template=order, content=Content({"sms": {"default": {"body": "mine"}}}))

    meanwhile(act)
    plan = apply({"order/sms.default.txt": "Other\n"}, publish=publish)
    draft = draft_of(order)
    assert plan.applied
    assert draft is not None
    assert plan.steps[-1].version == ("order-v3" if publish else "order-v2")
    assert draft.parts["sms"]["default"]["body"] == ("mine" if publish else "Other")


@pytest.mark.django_db
def test_where_others_write_all_the_while_nothing_is_changed(
    meanwhile: During, tmp_path: Path
) -> None:
    apply()
    meanwhile(lambda: publish_foot(f"{TemplateVersion.objects.count()}"))
    with pytest.raises(ChangedMeanwhile):
        apply({"order/sms.default.txt": "Other\n"})
    (tmp_path / "order").mkdir()
    (tmp_path / "order" / "sms.default.txt").write_text("{% include 'foot' %}")
    with pytest.raises(CommandError, match="try again"):
        call_command("templates_import", tmp_path, "--publish")
    assert MessageTemplate.objects.get(slug="order").versions.count() == 1


@pytest.mark.django_db
def test_one_made_by_somebody_else_meanwhile_is_examined_anew(meanwhile: During) -> None:
    def act() -> None:
        MessageTemplate.objects.get_or_create(slug="order", defaults={"name": "Theirs"})

    meanwhile(act)
    plan = apply()
    assert (plan.applied, plan.steps[-1].new) == (True, False)
    assert MessageTemplate.objects.get(slug="order").name == "Order"
