"""The engine messages are written with: strict, metered, and without a way out. Pure."""

from collections.abc import Iterable
from typing import Any

from minijinja import Environment, pass_state

from templates.engine import filters, language

FUEL = 20_000  # instructions of one field
FUEL_OF_WHOLE = 10_000  # where loops read whole values
LOOPED_TEXT = 1_000_000  # characters that loops may write, besides what they print
MAX_OUTPUT = 262_144  # characters of one field


def engine(cost: language.Source | None = None) -> Environment:
    """Strict, without files, functions or filters beyond the language; metered for `cost`."""
    made = Environment(undefined_behavior="strict", fuel=FUEL, debug=False, pycompat=False)
    for name in list(made.globals):
        made.remove_global(name)
    for name in FORBIDDEN_FILTERS:
        made.remove_filter(name)
    made.add_filter("join", _join)
    made.add_filter("replace", _replace)
    for name, function in filters.FILTERS.items():
        made.add_filter(name, pass_state(function))
    if cost is not None:
        made.finalizer = _meter
        most = FUEL_OF_WHOLE if cost.rereads else FUEL
        made.fuel = min(most, 2_000 + LOOPED_TEXT // max(cost.looped_text, 1))
    return made


def names_in(source: str) -> set[str]:
    """The variables it uses. Raises NotAllowed; TemplateError for what the engine cannot read."""
    language.read(source)
    return engine().undeclared_variables_in_str(source)


# Of minijinja 3.0; what a later release adds is still refused by language.FILTERS.
FORBIDDEN_FILTERS = (
    "attr batch chain filesizeformat format groupby indent lines map pprint reject rejectattr safe "
    "select selectattr slice split tojson wordwrap zip"
).split()


@pass_state
def _meter(state: Any, value: object) -> object:
    """Counts what a field has printed so far, in the state of this one rendering."""
    printed = (state.get_temp("printed") or 0) + len(str(value))
    if printed > MAX_OUTPUT:
        raise OverflowError
    state.set_temp("printed", printed)
    return value


def _join(values: Iterable[object], separator: str = "") -> str:
    pieces = [str(value) for value in values]
    if sum(map(len, pieces)) + len(pieces) * len(separator) > MAX_OUTPUT:
        raise OverflowError
    return separator.join(pieces)


def _replace(text: object, old: str, new: str) -> str:
    source = str(text)
    if len(source) + source.count(old) * len(new) > MAX_OUTPUT:
        raise OverflowError
    return source.replace(old, new)
