"""Campaigns over HTTP, as a service uses them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.campaigns.models import Campaign
from notifyproj.core.api.keys import api_key_create, service_create
from notifyproj.core.models import Service
from preferences.facts.types import catalogue
from preferences.models import NotificationType, Recipient
from templates.models import MessageTemplate
from templates.versions.published import forget_names
from templates.versions.services import template_create, version_draft, version_publish
from tests.api.conftest import ClientWith

PATH = "/api/v1/campaigns"
BODY = {
    "name": "Spring",
    "type": "news",
    "variants": [{"template_id": "news"}],
    "variables": {"word": "hello"},
    "canary_percent": 0,
}


@pytest.fixture
def news(service: Service) -> None:
    catalogue.forget()
    forget_names()
    NotificationType.objects.create(slug="news", name="News", channels=["inbox"])
    parts = {"inbox": {"default": {"title": "{{ word }}", "body": "x"}}}
    template = template_create(slug="news", name="News")
    version_publish(version=version_draft(template=template, parts=parts))


@pytest.fixture
def client(client_with: ClientWith, news: None, monkeypatch: pytest.MonkeyPatch) -> APIClient:
    monkeypatch.setattr("notifications.dispatch.dispatch.publish_feed", lambda *_: None)
    return client_with("campaigns", "read")


def create(client: APIClient, **fields: Any) -> Any:
    return client.post(PATH, {**BODY, **fields}, format="json")


def act(client: APIClient, made: Any, name: str, body: Any = None) -> Any:
    return client.post(f"{PATH}/{made['id']}/{name}", body, format="json" if body else None)


def test_a_draft_is_written_and_read(client: APIClient) -> None:
    made = create(client, per_minute=60, at="09:00", starts="local", on="2027-04-01")
    assert made.status_code == 201, made.json()
    read = client.get(f"{PATH}/{made.json()['id']}").json()
    assert read == made.json()
    assert (read["state"], read["service"], read["at"]) == ("draft", "shop", "09:00:00")
    assert read["variants"] == [{"name": "A", "template_id": "news-v1", "weight": 1}]


def test_a_repeated_key_writes_one_campaign(client: APIClient) -> None:
    first = client.post(PATH, BODY, format="json", HTTP_IDEMPOTENCY_KEY="k")
    again = client.post(PATH, BODY, format="json", HTTP_IDEMPOTENCY_KEY="k")
    other = client.post(PATH, {**BODY, "name": "x"}, format="json", HTTP_IDEMPOTENCY_KEY="k")
    assert again.json() == first.json()
    assert other.status_code == 409
    assert Campaign.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"type": "nothing"}, "type"),
        ({"segment": "nothing"}, "segment"),
        ({"variants": [{"template_id": "nothing"}]}, "variants[0].template_id"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"canary_percent": 101}, "canary_percent"),
        ({"nothing": 1}, "nothing"),
    ],
)
def test_what_is_wrong_is_named(client: APIClient, fields: Any, name: str) -> None:
    answer = create(client, **fields)
    assert answer.status_code == 400
    assert name in answer.json()["error"]["fields"]


def test_a_draft_is_changed_and_one_that_runs_is_not(client: APIClient) -> None:
    made = create(client).json()
    path = f"{PATH}/{made['id']}"
    assert client.patch(path, {"name": "Summer"}, format="json").json()["name"] == "Summer"
    act(client, made, "launch")
    assert client.patch(path, {"name": "Winter"}, format="json").status_code == 409


@pytest.fixture
def risky(client: APIClient) -> Any:
    """Its canary is nobody, and half of its people cannot be written to."""
    template = MessageTemplate.objects.get()
    text = {"title": "{{ person.first_name }}", "body": "{{ word }}"}
    version_publish(version=version_draft(template=template, parts={"inbox": {"default": text}}))
    forget_names()
    for n in range(16):
        name = {"first_name": "زهرا"} if n % 2 else {}
        Recipient.objects.create(external_id=f"u{n}", attributes=name)
    return create(client, canary_percent=1, variants=[{"template_id": "news-v2"}]).json()


BOTH = ["canary_nobody", "unrendered:A:inbox"]


def test_a_launch_is_refused_with_the_codes_to_acknowledge(client: APIClient, risky: Any) -> None:
    found = client.get(f"{PATH}/{risky['id']}/preflight").json()
    assert (found["audience"], found["reached"]) == (16, 8)
    assert sorted(each["code"] for each in found["acknowledge"]) == BOTH

    refused = act(client, risky, "launch")
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert (error["code"], sorted(error["fields"])) == ("not_acknowledged", BOTH)
    assert "8 people" in error["fields"]["unrendered:A:inbox"]
    assert act(client, risky, "launch", {"acknowledge": BOTH}).json()["state"] == "running"


@pytest.mark.parametrize("codes", [[], BOTH[:1], BOTH[:1] * 3, ["unrendered:B:inbox", BOTH[0]]])
def test_what_is_not_acknowledged_is_asked_for_again(
    client: APIClient, risky: Any, codes: list[str]
) -> None:
    refused = act(client, risky, "launch", {"acknowledge": codes})
    assert refused.status_code == 409
    assert set(refused.json()["error"]["fields"]) == set(BOTH) - set(codes)
    assert client.get(f"{PATH}/{risky['id']}").json()["state"] == "draft"


def more_people(n: int) -> None:
    """Of those who cannot be written to."""
    Recipient.objects.bulk_create(Recipient(external_id=f"more-{i}") for i in range(n))


def test_many_more_people_than_were_said_are_asked_for_again(client: APIClient, risky: Any) -> None:
    client.get(f"{PATH}/{risky['id']}/preflight")
    more_people(40)

    refused = act(client, risky, "launch", {"acknowledge": BOTH})

    assert refused.status_code == 409
    fields = refused.json()["error"]["fields"]
    assert sorted(fields) == BOTH
    assert fields["unrendered:A:inbox"].endswith("It was confirmed for about 8 only.")
    assert act(client, risky, "launch", {"acknowledge": BOTH}).status_code == 200


def test_a_refusal_says_for_how_many_a_code_stands(client: APIClient, risky: Any) -> None:
    act(client, risky, "launch")
    more_people(40)

    assert act(client, risky, "launch", {"acknowledge": BOTH}).status_code == 409


@pytest.mark.parametrize(("number", "status"), [(4, 409), (6, 200), (8, 200), (900, 200)])
def test_a_code_may_say_for_how_many_it_stands(
    client: APIClient, risky: Any, number: int, status: int
) -> None:
    codes = ["canary_nobody=16", f"unrendered:A:inbox={number}"]

    assert act(client, risky, "launch", {"acknowledge": codes}).status_code == status


def test_a_few_more_people_than_were_said_are_not(client: APIClient, risky: Any) -> None:
    client.get(f"{PATH}/{risky['id']}/preflight")
    more_people(3)

    assert act(client, risky, "launch", {"acknowledge": BOTH}).status_code == 200


def test_a_code_given_twice_is_as_good_as_once(client: APIClient, risky: Any) -> None:
    assert act(client, risky, "launch", {"acknowledge": BOTH * 2}).status_code == 200


def test_a_code_nobody_knows_is_named(client: APIClient, risky: Any) -> None:
    refused = act(client, risky, "launch", {"acknowledge": [*BOTH, "everything"]})
    assert refused.status_code == 400
    assert "'everything'" in refused.json()["error"]["fields"]["acknowledge"]


def test_a_code_of_what_is_mended_meanwhile_is_passed_over(client: APIClient, risky: Any) -> None:
    client.patch(f"{PATH}/{risky['id']}", {"canary_percent": 0}, format="json")
    assert act(client, risky, "launch", {"acknowledge": BOTH}).status_code == 200


def test_a_campaign_changed_since_it_was_seen_is_not_launched(
    client: APIClient, risky: Any
) -> None:
    client.patch(f"{PATH}/{risky['id']}", {"name": "Other"}, format="json")
    body = {"acknowledge": BOTH, "seen": risky["updated_at"]}
    refused = act(client, risky, "launch", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "changed_meanwhile")
    now_ = client.get(f"{PATH}/{risky['id']}").json()["updated_at"]
    assert act(client, risky, "launch", {**body, "seen": now_}).status_code == 200


def test_what_happens_after_the_hour_can_be_chosen(client: APIClient) -> None:
    made = create(client, starts="local", on="2027-04-01", at="09:00").json()
    assert made["if_past"] == "next_day"
    changed = client.patch(f"{PATH}/{made['id']}", {"if_past": "skip"}, format="json")
    assert changed.json()["if_past"] == "skip"
    wrong = client.patch(f"{PATH}/{made['id']}", {"if_past": "later"}, format="json")
    assert wrong.status_code == 400


def test_it_goes_through_its_life_and_repeating_an_act_changes_nothing(client: APIClient) -> None:
    made = create(client).json()
    for name, state in (
        ("launch", "running"),
        ("launch", "running"),
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "running"),
        ("resume", "running"),
    ):
        assert act(client, made, name).json()["state"] == state
    assert act(client, made, "cancel").json()["campaign"]["state"] == "cancelled"
    assert act(client, made, "cancel").json()["cancelled"] == 0
    assert act(client, made, "resume").status_code == 409


def test_what_cannot_be_launched_says_why(client: APIClient) -> None:
    made = create(client, starts="at").json()
    assert act(client, made, "launch").json()["error"]["fields"] == {"on": "Enter a date."}
    assert client.get(f"{PATH}/{made['id']}/preflight").json()["problems"] == {
        "on": "Enter a date."
    }


def test_the_rate_is_changed_while_it_runs(client: APIClient) -> None:
    made = create(client).json()
    act(client, made, "launch")
    assert act(client, made, "rate", {"per_minute": 90}).json()["run"]["per_minute"] == 90


def test_the_list_goes_by_pages_and_states(client: APIClient) -> None:
    names = [create(client, name=name).json()["name"] for name in "abc"]
    first = client.get(PATH, {"limit": "2", "state": "draft"}).json()
    rest = client.get(PATH, {"limit": "2", "cursor": first["next_cursor"]}).json()
    found = [one["name"] for one in first["campaigns"] + rest["campaigns"]]
    assert found == names[::-1]
    assert client.get(PATH, {"state": "running"}).json()["campaigns"] == []


def test_another_services_campaign_is_not_there(client: APIClient) -> None:
    made = create(client).json()
    _, secret = api_key_create(service=service_create(slug="other"), scopes=["campaigns", "read"])
    stranger = APIClient()
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert act(stranger, made, "launch").status_code == 404
    assert stranger.get(PATH).json()["campaigns"] == []


def test_a_draft_is_deleted(client: APIClient) -> None:
    made = create(client).json()
    assert client.delete(f"{PATH}/{made['id']}").status_code == 204
    assert not Campaign.objects.exists()


def test_a_report_has_a_row_for_each_run_variant_and_channel(client: APIClient) -> None:
    made = create(client).json()
    act(client, made, "launch")
    found = client.get(f"{PATH}/{made['id']}/report").json()
    assert (found["visited"], found["comparison"], found["rows"]) == (0, [], [])
    lines = b"".join(client.get(f"{PATH}/{made['id']}/report.csv").streaming_content)  # type: ignore[attr-defined]
    assert lines.startswith(b"run,variant,channel,created")
