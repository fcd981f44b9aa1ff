"""Conditions in CEL, the Common Expression Language, over a packet, with exact decimals.

CEL itself knows only binary floating point. So an amount comes to a condition as an opaque value on which CEL's own
`+`, `<` and kin fail, and is reckoned with by functions that use exact decimals: `equals(plus(a, b), c)`,
`more(line.net_amount, decimal("100.10"))`. What would compare such a value with a plain number and be silently false,
or bring a float in, is refused when the file is read; so are fields, functions and names that there are not, and
expressions that could take long. Dates are text as ISO 8601 writes them, and compare as such.
"""

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from gateway.packet import Packet, plain_decimal

MAX_CHARACTERS = 1000
MAX_MACROS_DEEP = 2

_EXACT = "exact"
_CONTEXT = Context(prec=90)
"""Three numbers of 25 digits multiply without loss."""


class ConditionWrong(ValueError):
    """An expression that cannot be a condition; the message says why and what to write instead."""


# --- values -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The fields of a packet that conditions name, so that no others need be shown to them. What is below a field in
    `whole`, with which a path ends, is shown whole."""

    fields: frozenset[str]
    whole: frozenset[str]

    def __or__(self, other: "Mentioned") -> "Mentioned":
        return Mentioned(self.fields | other.fields, self.whole | other.whole)


def as_cel(value: Any, without: Sequence[str] = (), mentioned: Mentioned | None = None) -> Any:
    """A value of a packet as conditions see it: models as maps, `without` some fields of the outermost, decimals exact,
    dates as text, absent as null. With `mentioned`, only what conditions name."""
    if isinstance(value, Decimal):
        return _opaque(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return {
            name: as_cel(getattr(value, name), (), None if mentioned and name in mentioned.whole else mentioned)
            for name in type(value).model_fields
            if name not in without and (mentioned is None or name in mentioned.fields)
        }
    if isinstance(value, Mapping):
        return {str(key): as_cel(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [as_cel(inner, (), mentioned) for inner in value]
    raise TypeError(f"a condition cannot see {type(value).__name__}")


def _opaque(value: Decimal) -> dict[str, str]:
    return {_EXACT: plain_decimal(value)}


def _number(value: Any) -> Decimal:
    """A decimal of ours or a whole number; anything else, floats above all, has no place in exact sums."""
    if isinstance(value, dict) and set(value) == {_EXACT}:
        return Decimal(value[_EXACT])
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise TypeError(f'{type(value).__name__} is not an exact number; write decimal("1.50"), or a whole number')


def _decimal(text: Any) -> dict[str, str]:
    if not isinstance(text, str) or not re.fullmatch(r"-?\d{1,25}(\.\d{1,25})?", text):
        raise TypeError('decimal wants a number in quotes, such as decimal("1.50")')
    return _opaque(Decimal(text))


def _total(values: Any) -> dict[str, str]:
    total = Decimal(0)
    for value in values:
        total = _CONTEXT.add(total, _number(value))
    return _opaque(total)


def _rounded(value: Any, places: Any) -> dict[str, str]:
    if not isinstance(places, int) or not 0 <= places <= 10:
        raise TypeError("rounded wants 0 to 10 decimals")
    return _opaque(_number(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _CONTEXT))


def _days_between(start: Any, end: Any) -> int:
    return (date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days


FUNCTIONS: Mapping[str, Any] = types.MappingProxyType(
    {
        "decimal": _decimal,
        "plus": lambda a, b: _opaque(_CONTEXT.add(_number(a), _number(b))),
        "minus": lambda a, b: _opaque(_CONTEXT.subtract(_number(a), _number(b))),
        "times": lambda a, b: _opaque(_CONTEXT.multiply(_number(a), _number(b))),
        "rounded": _rounded,
        "total": _total,
        "equals": lambda a, b: _number(a) == _number(b),
        "less": lambda a, b: _number(a) < _number(b),
        "at_most": lambda a, b: _number(a) <= _number(b),
        "more": lambda a, b: _number(a) > _number(b),
        "at_least": lambda a, b: _number(a) >= _number(b),
        "days_between": _days_between,
    }
)
"""What conditions may call beside CEL's own. `rounded` is half up; `days_between` counts from the first day on."""

_DECIMAL_FUNCTIONS = frozenset({"decimal", "plus", "minus", "times", "rounded", "total"})
_MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
_OF_CEL = frozenset({"size", "contains", "startsWith", "endsWith", "matches", "int", "string", "has", "in"}) | _MACROS


def _fields_of(kind: Any, seen: set[Any]) -> Iterator[tuple[str, bool]]:
    """(name, whether it is a decimal) of every field that a packet can have, at any depth."""
    if get_origin(kind) in (Annotated, Union, types.UnionType, tuple, dict, frozenset):
        for part in get_args(kind):
            yield from _fields_of(part, seen)
    elif isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
        seen.add(kind)
        for name, info in kind.model_fields.items():
            yield name, _is_decimal(info.annotation)
            yield from _fields_of(info.annotation, seen)


def _is_decimal(kind: Any) -> bool:
    return kind is Decimal or any(_is_decimal(part) for part in get_args(kind) if isinstance(part, type) or part)


_KNOWN = tuple(_fields_of(Packet, set()))
FIELDS = frozenset(name for name, _ in _KNOWN)
DECIMAL_FIELDS = frozenset(name for name, exact in _KNOWN if exact)


# --- reading ------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<text>[rRbB]*(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))"""
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?u?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<mark>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{}])"
    r"|(?P<blank>\s+)"
    r"|(?P<other>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. Equal when its source is."""

    source: str
    names: frozenset[str] = field(compare=False)
    mentioned: Mentioned | None = field(compare=False)  # None: it takes an entry of a list, or everything, as a whole
    _program: Any = field(compare=False, repr=False)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """What it says of these values, by name, as `as_cel` makes them. Raises ConditionFailed."""
        return self.holds_in(surroundings(values))

    def holds_in(self, around: Any) -> bool:
        """As `holds`, of values that were put together by `surroundings`. Raises ConditionFailed."""
        try:
            answer = self._program.execute(around)
        except BaseException as fault:
            # The library raises whatever fits: KeyError, TypeError, RuntimeError, and where it breaks down itself a
            # PanicException, which is no Exception. None of them may pass for an answer, nor end a worker.
            if not isinstance(fault, Exception) and type(fault).__name__ != "PanicException":
                raise
            raise ConditionFailed(f"{type(fault).__name__}: {str(fault)[:200]}") from fault
        if not isinstance(answer, bool):
            raise ConditionFailed(f"it answers {type(answer).__name__}, not true or false")
        return answer


def surroundings(values: Mapping[str, Any]) -> Any:
    """Values by name as the library takes them; `add_variable` changes one of them."""
    from cel import Context as Values  # it brings a command line with it: only who has conditions waits for that

    return Values(dict(values), dict(FUNCTIONS))


class ConditionFailed(Exception):
    """A condition could not be evaluated for a packet."""


def condition_from(source: object, names: Sequence[str]) -> Condition:
    """Compiles a condition that may speak of `names`. Raises ConditionWrong."""
    if not isinstance(source, str) or not source.strip():
        raise ConditionWrong("must be an expression in quotes")
    if len(source) > MAX_CHARACTERS:
        raise ConditionWrong(f"is longer than {MAX_CHARACTERS} characters")
    tokens = _tokens_of(source)
    bound = _bound_in(tokens)
    _look_at_names(tokens, bound, frozenset(names))
    _look_at_numbers(tokens, bound)
    _look_at_places(tokens)
    from cel import compile as compiled

    try:
        program = compiled(source)
    except ValueError as fault:
        why = str(fault).splitlines()[-1].strip()[:120]
        raise ConditionWrong(f"is not CEL: {why}") from None
    used = frozenset(name for name in program.variables() if name in names and name not in bound)
    return Condition(source, used, _mentioned_in(tokens, bound | frozenset(names)), program)


def _mentioned_in(tokens: Sequence[_Token], variables: frozenset[str]) -> Mentioned | None:
    fields, whole = set(), set()
    for position, token in enumerate(tokens):
        after_dot = position > 0 and tokens[position - 1].text == "."
        goes_on = position + 1 < len(tokens) and tokens[position + 1].text in (".", "[")
        if token.kind != "name":
            continue
        if after_dot and token.text in FIELDS:
            fields.add(token.text)
            if not goes_on:
                whole.add(token.text)
        elif not after_dot and token.text in variables and not goes_on and not _is_being_bound(tokens, position):
            return None
    return Mentioned(frozenset(fields), frozenset(whole))


def _is_being_bound(tokens: Sequence[_Token], position: int) -> bool:
    """Whether a name stands where a macro gives it to its entries: `lines.all(line, ...)`."""
    before = [one.text for one in tokens[max(position - 3, 0) : position]]
    return len(before) == 3 and before[0] == "." and before[1] in _MACROS and before[2] == "("


def _tokens_of(source: str) -> list[_Token]:
    found = [_Token(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(source)]
    strange = next((one.text for one in found if one.kind == "other"), "")
    if strange:
        raise ConditionWrong(f"has {strange!r}, which CEL does not know")
    return [one for one in found if one.kind != "blank"]


def _bound_in(tokens: Sequence[_Token]) -> frozenset[str]:
    """The names that macros bind: `line` in `lines.all(line, ...)`. Raises ConditionWrong where they stand too deep."""
    bound, open_calls = set(), []
    for position, token in enumerate(tokens):
        if token.text == "(":
            is_macro = position > 1 and tokens[position - 1].text in _MACROS and tokens[position - 2].text == "."
            open_calls.append(is_macro)
            if is_macro and position + 1 < len(tokens):
                bound.add(tokens[position + 1].text)
            if sum(open_calls) > MAX_MACROS_DEEP:
                raise ConditionWrong(f"runs through lists within lists, more than {MAX_MACROS_DEEP} deep")
        elif token.text == ")" and open_calls:
            open_calls.pop()
    return frozenset(bound)


def _look_at_names(tokens: Sequence[_Token], bound: frozenset[str], names: frozenset[str]) -> None:
    for position, token in enumerate(tokens):
        if token.kind != "name" or token.text in ("true", "false", "null", "in"):
            continue
        calls = position + 1 < len(tokens) and tokens[position + 1].text == "("
        after_dot = position > 0 and tokens[position - 1].text == "."
        if calls:
            known, what = frozenset(FUNCTIONS) | _OF_CEL, "function"
        elif after_dot:
            known, what = FIELDS, "field of a packet"
        else:
            known, what = names, "name here"
        if token.text not in known and (calls or after_dot or token.text not in bound):
            listed = f"; there are {', '.join(sorted(known))}" if what != "field of a packet" else ""
            raise ConditionWrong(f"{token.text!r} is no {what}{listed}")


def _look_at_numbers(tokens: Sequence[_Token], bound: frozenset[str]) -> None:
    for position, token in enumerate(tokens):
        if token.kind == "number" and not token.text.isdigit():
            raise ConditionWrong(f'{token.text} would be a binary fraction; write decimal("{token.text}")')
        if token.text in ("==", "!=") and _compares_exact(tokens[:position], tokens[position + 1 :], bound):
            how = "equals(a, b)" if token.text == "==" else "!equals(a, b)"
            raise ConditionWrong(f"compares an exact number with `{token.text}`; write {how}")


def _look_at_places(tokens: Sequence[_Token]) -> None:
    """An entry is picked by its position alone: a field that is picked by its name in quotes is seen by no check."""
    for position, token in enumerate(tokens):
        before = tokens[position - 1] if position else None
        picks = before is not None and (
            before.text in (")", "]", "}") or (before.kind == "name" and before.text != "in") or before.kind == "text"
        )
        behind = tokens[position + 1 : position + 3]
        if (
            token.text == "["
            and picks
            and not (len(behind) == 2 and behind[0].text.isdigit() and behind[1].text == "]")
        ):
            raise ConditionWrong("picks something other than a position; write .field, or a whole number in brackets")


def _compares_exact(before: Sequence[_Token], after: Sequence[_Token], bound: frozenset[str]) -> bool:
    """Whether one side is an amount, or may be one (an entry that a macro binds) and the other a plain number."""
    if (before and before[-1].text == "null") or (after and after[0].text == "null"):
        return False  # whether there is an amount at all may be asked this way
    sides = (before[-1], after[0]) if before and after else ()
    if any(one.kind == "number" for one in sides) and any(one.text in bound for one in sides):
        return len(before) < 2 or before[-2].text != "."
    return _ends_exact(before) or _begins_exact(after)


def _ends_exact(tokens: Sequence[_Token]) -> bool:
    """Whether what stands before is an amount, or a call or bracket that makes or holds one."""
    if not tokens or tokens[-1].text != ")":
        return bool(tokens) and tokens[-1].text in DECIMAL_FIELDS
    depth = 0
    for position in range(len(tokens) - 1, -1, -1):
        depth += (tokens[position].text == ")") - (tokens[position].text == "(")
        if depth == 0:
            caller = tokens[position - 1] if position else None
            if caller is not None and caller.kind == "name":
                return caller.text in _DECIMAL_FUNCTIONS
            return any(one.text in DECIMAL_FIELDS | _DECIMAL_FUNCTIONS for one in tokens[position:])
    return False


def _begins_exact(tokens: Sequence[_Token]) -> bool:
    """Whether what stands behind is an amount: the last name of its path, before an operator ends it."""
    if tokens and tokens[0].text == "(":
        return any(one.text in DECIMAL_FIELDS | _DECIMAL_FUNCTIONS for one in _within(tokens))
    last = ""
    for position, token in enumerate(tokens):
        if token.text == "[":
            return any(one.text in DECIMAL_FIELDS for one in tokens[position:])
        if token.kind != "name" and token.text != ".":
            break
        last = token.text
    return last in DECIMAL_FIELDS | _DECIMAL_FUNCTIONS


def _within(tokens: Sequence[_Token]) -> Iterator[_Token]:
    """The tokens of the bracket that opens first."""
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        yield token
        if depth == 0:
            return
