from channels.base import OutcomeKind
from notifications.accept.accept import accept
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import all_final, settle
from tests.providers import StandIn
from tests.world import World


def test_an_accepted_request_reaches_the_provider_once(world: World, provider: StandIn) -> None:
    world.person("ada", token="a" * 64)

    answer = accept(world.service.pk, [world.request(user_id="ada")], now())[0]

    settle(all_final)
    delivery = Delivery.objects.get()
    assert answer.body is not None
    assert str(delivery.notification_id) == answer.body.id
    assert provider.counts() == {str(delivery.pk): 1}
    assert delivery.state == State.SENT
    assert Attempt.objects.get().outcome == OutcomeKind.ACCEPTED
