"""What can be sent to by e-mail, and which texts are one mailbox."""

import pytest

from channels.addresses.email import InvalidEmail, normal_form, sendable

ONE = "maria@xn--mller-kva.example"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Maria.Lopez@Example.COM", "Maria.Lopez@example.com"),
        ("  maria@example.com\n", "maria@example.com"),
        ("mar\u200bia@example.com", "maria@example.com"),
        ("\ufeffmaria@exam\u00adple.com", "maria@example.com"),
        ("\u202amaria@example.com\u202c", "maria@example.com"),
        ("kunde@faß.de", "kunde@xn--fa-hia.de"),
        ("kunde@FAẞ.de", "kunde@xn--fa-hia.de"),
        ("kunde@fass.de", "kunde@fass.de"),
        ("info@βόλος.example", "info@xn--nxasmm1c.example"),
        ("info@نامه\u200cای.example", "info@xn--mgba3gch31f060k.example"),
        ("info@例え。テスト", "info@xn--r8jz45g.xn--zckzah"),
        ("info@ｅｘａｍｐｌｅ.com", "info@example.com"),
        ("o'neil+news=1/2@sub.example.co.uk", "o'neil+news=1/2@sub.example.co.uk"),
        ("a@r3---sn.example", "a@r3---sn.example"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    ],
)
def test_an_address_is_sent_as_it_is_written_with_its_domain_in_ascii(text: str, sent: str) -> None:
    assert sendable(text) == sent
    assert sendable(sent) == sent


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "maria", "maria@", "@example.com", "a@b@example.com", "maria@localhost"),
        *("a..b@example.com", ".a@example.com", "a.@example.com", "a b@example.com"),
        *('"a b"@example.com', "Maria <maria@example.com>", "mailto:maria@example.com"),
        *("m@foo_bar.com", "m@-example.com", "m@example-.com", "m@exa mple.com", "m@example..com"),
        *("m@.example.com", "m@example.com.", "m@127.0.0.1", "m@[127.0.0.1]", "m@example.123"),
        *("jörg@example.com", "jo\u0308rg@example.com", "мария@example.com", "مريم@example.com"),
        *("maria\r\nBcc: x@example.com", "maria\x00@example.com", "maria@example\t.com"),
        *(f"{'a' * 65}@example.com", f"a@{'a' * 64}.com", f"a@{'a.' * 127}com"),
        *(f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example", "a" * 100_000 + "@example.com"),
        *("m@xn--a.example", "m@xn--fass-.example", "m@exa\u200eמ\u05d0mple.com", "m@\u0301a.com"),
        *("m@example\ud800.com", "\ud800@example.com", "m@ex\u2215ample.com"),
    ],
)
def test_what_no_server_could_be_given_is_no_address(text: str) -> None:
    with pytest.raises(InvalidEmail):
        sendable(text)


@pytest.mark.parametrize(
    "spelling",
    [
        "maria@müller.example",
        "Maria@MÜLLER.Example",
        "maria@mu\u0308ller.example",
        "MARIA@xn--mller-kva.example",
        "maria@XN--MLLER-KVA.EXAMPLE",
        "ma\u200dria@m\u200cüller.example",
        "\u2066maria@müller.example\u2069",
    ],
)
def test_many_spellings_are_one_mailbox(spelling: str) -> None:
    assert normal_form(spelling) == ONE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kunde@faß.de", "kunde@fass.de"),
        ("info@نامه\u200cای.example", "info@نامهای.example"),
        ("straße@example.com", "strasse@example.com"),
        ("maria.lopez@example.com", "marialopez@example.com"),
        ("maria+a@example.com", "maria@example.com"),
    ],
)
def test_two_mailboxes_stay_two(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def test_composed_and_decomposed_letters_are_one_also_where_nothing_can_be_sent() -> None:
    assert normal_form("jo\u0308rg@example.com") == normal_form("JÖRG@example.com")


def test_the_reason_does_not_repeat_the_address() -> None:
    with pytest.raises(InvalidEmail) as refused:
        sendable("geheim..geheim@example.com")

    assert "geheim" not in str(refused.value)
