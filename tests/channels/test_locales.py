"""Which of the languages that a text is written in somebody reads."""

import pytest

from channels.locales import InvalidLocale, canonical, choose, prefixes


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("iw-IL", "he-IL"),
        ("in_ID", "id-ID"),
        ("ji", "yi"),
        ("tl-PH", "fil-PH"),
        ("no-NO", "nb-NO"),
        ("sh-BA", "sr-Latn-BA"),
        ("mo", "ro"),
        ("ZH_hant_tw", "zh-Hant-TW"),
        ("zh-yue-HK", "yue-HK"),
        ("i-klingon", "tlh"),
        ("zh-min-nan", "nan"),
        ("zh-CHT", "zh-Hant"),
        ("de_AT.UTF-8@euro", "de-AT"),
        ("de-DE-1996", "de-DE-1996"),
        ("ca-ES-valencia", "ca-ES-valencia"),
        ("th-TH-u-ca-buddhist", "th-TH"),
        ("en-UK", "en-GB"),
        ("es-419", "es-419"),
        ("xx-YY", "xx-YY"),
        ("zh_TW_#Hant", "zh-Hant-TW"),  # Java
        ("zh__#Hans", "zh-Hans"),
        ("en_US_#u-nu-latn", "en-US"),
        ("en-USA", "en-US"),
        ("pt_BRA", "pt-BR"),
        ("sr_RS@latin", "sr-Latn-RS"),  # POSIX
        ("uz_UZ.UTF-8@cyrillic", "uz-Cyrl-UZ"),
        ("en_US@calendar=japanese", "en-US"),
        ("en-GB-oed", "en-GB-oxendict"),
    ],
)
def test_a_tag_has_one_form(text: str, tag: str) -> None:
    assert canonical(text) == canonical(tag) == tag


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "1", "english", "de AT", "de--AT", "de-", "-de", "de-AT-", "dé", "de-x", "C"),
        *("en-ABC", "@latin", ".UTF-8", "en-US,en;q=0.9", "*"),
        "a" * 10_000,
        "-".join(["de", *["abcde"] * 10]),
    ],
)
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(InvalidLocale):
        canonical(text)


@pytest.mark.parametrize(
    ("wanted", "written", "chosen"),
    [
        ("iw-IL", "en he", "he"),
        ("he-IL", "en iw", "iw"),
        ("in-ID", "en id", "id"),
        ("no-NO", "en nb", "nb"),
        ("nb-NO", "en no", "no"),
        ("nn-NO", "en nb", "nb"),
        ("nn", "nb nn", "nn"),
        ("zh-TW", "zh zh-Hant", "zh-Hant"),
        ("zh-HK", "zh-Hans zh-Hant", "zh-Hant"),
        ("zh-MO", "zh-Hant zh-HK zh-TW", "zh-HK"),
        ("zh-SG", "zh-Hant zh", "zh"),
        ("zh-CN", "zh-Hant zh-Hans", "zh-Hans"),
        ("zh", "zh-TW zh-CN", "zh-CN"),
        ("zh-TW", "en zh", "zh"),  # better than English
        ("zh-TW", "en zh-Hans", None),
        ("zh-Hant-TW", "zh_TW zh", "zh_TW"),
        ("zh-HK", "en zh-TW zh-CN", "zh-TW"),  # as many write zh-Hant
        ("zh-TW", "en zh-HK", None),
        ("zh-SG", "en zh-TW", None),
        ("sr-ME", "sr sr-Latn-RS", "sr-Latn-RS"),
        ("sr_RS@latin", "sr sr-Latn", "sr-Latn"),
        ("en-USA", "de en", "en"),
        ("sr-Latn-RS", "sr sr-Latn", "sr-Latn"),
        ("sr-ME", "sr-Cyrl sr-Latn", "sr-Latn"),
        ("sh", "sr sr-Latn", "sr-Latn"),
        ("sr", "sr-Latn sr-Cyrl", "sr-Cyrl"),
        ("pa-PK", "pa pa-Arab", "pa-Arab"),
        ("pt", "pt-PT pt-BR", "pt-BR"),
        ("pt-BR", "pt pt-PT", "pt"),
        ("pt-AO", "pt pt-PT", "pt-PT"),
        ("pt-PT", "pt-BR en", None),  # the default may well be theirs
        ("es-MX", "es es-419", "es-419"),
        ("es-ES", "es-419 es", "es"),
        ("en-NZ", "en en-001", "en-001"),
        ("de-AT", "de-DE de", "de"),
        ("de-at", "DE de_AT", "de_AT"),
        ("de-DE-1996", "de de-DE", "de-DE"),
        ("tl", "fil en", "fil"),
        ("fa-IR", "fa ar", "fa"),
        ("ar-EG", "ar", "ar"),
        ("hi", "en", None),
        ("nonsense", "en", None),
    ],
)
def test_the_nearest_language_is_chosen(wanted: str, written: str, chosen: str | None) -> None:
    assert choose(("default", *written.split()), wanted) == chosen


def test_people_are_found_by_the_names_their_language_had() -> None:
    assert {"he", "iw"} <= prefixes("he")
    assert {"nb", "no"} <= prefixes("nb")
    assert {"zh-hant", "zh-tw", "zh-hk"} <= prefixes("zh-Hant")
    assert "zh-cn" not in prefixes("zh-Hant")
    assert prefixes("de") == {"de", "deu", "ger"}
