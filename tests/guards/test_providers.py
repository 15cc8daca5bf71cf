"""A provider is what docs/adding-a-provider.md lists, and all of it."""

from pathlib import Path

import pytest

from channels.registry import ADAPTERS, kinds
from channels.sandbox.simulators import simulated

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
OURS = {"inbox"}  # a table of ours: nobody to simulate


@pytest.mark.parametrize("kind", kinds())
def test_an_adapter_is_one_file_or_one_folder_under_its_channel(kind: str) -> None:
    folder, channel, *rest = ADAPTERS[kind].removesuffix(".adapter").split(".")
    assert (folder, len(rest)) == ("channels", 0 if kind in OURS else 1)
    place = ROOT.joinpath(folder, channel, *rest)
    assert place.is_dir() or place.with_suffix(".py").is_file()


@pytest.mark.parametrize("kind", kinds())
def test_a_provider_has_all_that_the_guide_lists(kind: str) -> None:
    assert (ROOT / f"tests/fixtures/{kind}/account.json").is_file()
    channel = ADAPTERS[kind].split(".")[1]
    assert list((ROOT / "tests/channels" / channel).glob(f"test_{kind}*.py")) or kind in OURS
    assert f"| `{kind}` |" in README
    assert kind in {*simulated(), *OURS}
