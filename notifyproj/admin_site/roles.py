"""Who may what in the admin: four roles, which are Django groups kept in step with this table
after every `migrate` and by `manage.py roles`. A superuser may do all that an admin may.

v view, a add, c change, d delete, l launch, p approve; `.` nothing. What a page calls change is
often an act: cancelling a notification, sending a failed delivery again, resolving an alert;
pausing, cancelling or hurrying a campaign, of its run.
"""

from collections.abc import Iterator

from django.contrib.auth.models import Group, Permission

ROLES = ("viewer", "marketer", "operator", "admin")
MAY = """
                                        viewer  marketer  operator  admin
  notifications.notification            v       v         vc        vc
  notifications.delivery                v       v         vc        vc
  digests.digest                        v       v         v         v
  notifications.inboundcallback         v       v         vcd       vcd
  notifications.deadcandidate           v       v         vcd       vcd

  message_templates.messagetemplate     v       vac       v         vacd
  message_templates.templateversion     v       vacd      v         vacd
  segments.segment                      v       vacd      v         vacd
  campaigns.campaign                    v       vacdlp    v         vacdlp
  campaigns.variant                     v       vacd      v         vacd
  campaigns.run                         v       vc        vc        vc
  campaigns.arm                         v       v         v         v

  preferences.recipient                 v       v         vc        vc
  preferences.contactpoint              v       v         v         v
  preferences.preference                v       v         vacd      vacd
  preferences.quiethours                v       v         vacd      vacd
  preferences.suppression               v       v         vd        vd
  preferences.consentevent              v       v         v         v

  preferences.notificationtype          v       v         v         vacd
  preferences.category                  v       v         v         vacd
  preferences.cap                       v       v         v         vacd

  channels.provideraccount              v       v         vac       vacd
  channels.app                          v       v         vac       vacd

  core.alert                            v       v         vc        vc
  core.auditentry                       .       .         v         v
  core.service                          .       .         v         vac
  core.apikey                           .       .         v         vac
  status_events.statusendpoint          .       .         vac       vacd
  status_events.statusevent             .       .         vc        vc

  auth.user                             .       .         .         vac
"""
VERBS = {"v": "view", "a": "add", "c": "change", "d": "delete", "l": "launch", "p": "approve"}


def roles_sync() -> None:
    """Idempotent, and of few statements: a test's flush runs it, too."""
    Group.objects.bulk_create([Group(name=role) for role in ROLES], ignore_conflicts=True)
    groups = dict(Group.objects.filter(name__in=ROLES).values_list("name", "pk"))
    known = _permissions()
    wanted = {
        (groups[role], known[codename])
        for role, codename in granted()
        if codename in known  # an app that is not installed
    }
    through = Group.permissions.through
    rows = through.objects.filter(group_id__in=groups.values())
    have = {(group, permission): pk for pk, group, permission in rows.values_list()}
    through.objects.bulk_create(
        [through(group_id=group, permission_id=each) for group, each in wanted - have.keys()],
        ignore_conflicts=True,
    )
    gone = [pk for pair, pk in have.items() if pair not in wanted]
    if gone:
        through.objects.filter(pk__in=gone).delete()


def granted() -> Iterator[tuple[str, str]]:
    """(role, `app.verb_model`) for every letter of the table."""
    _, *lines = [line.split() for line in MAY.splitlines() if line.strip()]
    for label, *cells in lines:
        app, model = label.split(".")
        for role, letters in zip(ROLES, cells, strict=True):
            for letter in letters.strip("."):
                yield role, f"{app}.{VERBS[letter]}_{model}"


def _permissions() -> dict[str, int]:
    rows = Permission.objects.values_list("content_type__app_label", "codename", "pk")
    return {f"{app}.{codename}": pk for app, codename, pk in rows}
