"""Files applied by CI: what changed is published, what did not is left alone."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from templates.models import MessageTemplate, TemplateVersion
from templates.versions.services import Content, draft_of, draft_save
from templates.versions.transfer import Plan, export_all, import_all

pytestmark = pytest.mark.django_db

FILES = {
    "order/template.toml": 'name = "Order"\nkind = "message"\n',
    "order/sms.default.txt": "Order {{ id }}. {% include 'foot' %}\n",
    "foot/template.toml": 'name = "Foot"\nkind = "partial"\n',
    "foot/partial.default.txt": "Bye\n",
}


def apply(files: dict[str, str] | None = None, *, dry_run: bool = False) -> Plan:
    return import_all({**FILES, **(files or {})}, by="ci", publish=True, dry_run=dry_run)


def did(plan: Plan) -> dict[str, str]:
    return {step.template: f"{step.did} {step.version}".strip() for step in plan.steps}


def test_partials_are_published_before_what_includes_them() -> None:
    assert did(apply()) == {"foot": "published foot-v1", "order": "published order-v1"}
    version = TemplateVersion.objects.get(template__slug="order")
    assert version.built == {"sms": {"default": {"body": "Order {{ id }}. Bye"}}}
    assert version.published_by == "ci"


def test_again_changes_nothing() -> None:
    apply()
    assert did(apply()) == {"foot": "unchanged foot-v1", "order": "unchanged order-v1"}
    assert export_all() == FILES


def test_a_changed_partial_republishes_what_includes_it() -> None:
    apply()
    plan = apply({"foot/partial.default.txt": "See you\n"})
    assert did(plan) == {"foot": "published foot-v2", "order": "published order-v2"}


def test_a_dry_run_tells_the_same_and_writes_nothing() -> None:
    plan = apply(dry_run=True)
    assert did(plan) == {"foot": "published foot-v1", "order": "published order-v1"}
    assert (plan.applied, MessageTemplate.objects.count()) == (False, 0)


def test_one_problem_keeps_everything_as_it_was() -> None:
    plan = apply({"order/sms.default.txt": "Order\n{{ id"})
    refused = next(step for step in plan.steps if step.did == "refused")
    assert refused.problems[0].startswith("sms / default / body, line 2")
    assert (plan.applied, MessageTemplate.objects.count()) == (False, 0)


def test_partials_in_a_circle_are_refused() -> None:
    plan = apply({"foot/partial.default.txt": "{% include 'foot' %}"})
    assert [step.did for step in plan.steps] == ["refused", "refused"]


def test_somebodys_draft_stays_when_files_are_published() -> None:
    apply()
    order = MessageTemplate.objects.get(slug="order")
    draft_save(template=order, content=Content({"sms": {"default": {"body": "mine"}}}), by="ada")
    apply({"order/sms.default.txt": "Order two\n"})
    draft = draft_of(order)
    assert draft
    assert draft.parts == {"sms": {"default": {"body": "mine"}}}


def test_without_publishing_it_becomes_the_draft_with_its_problems() -> None:
    plan = import_all({"order/sms.default.txt": "{{ id"}, by="ci")
    assert (plan.applied, plan.steps[0].did, len(plan.steps[0].problems)) == (True, "draft", 1)


def test_a_folder_in_git_is_applied_and_written_by_commands(tmp_path: Path) -> None:
    apply()
    call_command("templates_export", tmp_path, stdout=io.StringIO())
    (tmp_path / "order" / "sms.default.txt").write_text("Order two\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    out = io.StringIO()
    call_command("templates_import", tmp_path, "--publish", "--dry-run", stdout=out)
    assert "order: published order-v2" in out.getvalue()
    assert "nothing was changed" in out.getvalue()
    call_command("templates_import", tmp_path, "--publish", "--by=abc123", stdout=out)
    assert TemplateVersion.objects.get(number=2).published_by == "abc123"


def test_a_command_that_is_refused_says_where_and_fails(tmp_path: Path) -> None:
    (tmp_path / "order").mkdir()
    (tmp_path / "order" / "sms.default.txt").write_text("Hi\n{{ id")
    out = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("templates_import", tmp_path, "--publish", stdout=out)
    assert "sms / default / body, line 2" in out.getvalue()
