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
_OF_CEL = frozenset({"size", "contains", "startsWith", "endsWith", "matches"}) | _MACROS


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
    _look_at_places(tokens)
    _look_at_numbers(tokens, bound)
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
        if calls and token.text == "has":
            raise ConditionWrong("`has` is true of every field, since an absent one is null; write x != null")
        if token.text not in known and (calls or after_dot or token.text not in bound):
            listed = f"; there are {', '.join(sorted(known))}" if what != "field of a packet" else ""
            raise ConditionWrong(f"{token.text!r} is no {what}{listed}")


def _look_at_numbers(tokens: Sequence[_Token], bound: frozenset[str]) -> None:
    exact = _Exact(tokens)
    for position, token in enumerate(tokens):
        before, after = tokens[:position], tokens[position + 1 :]
        if token.kind == "number" and not token.text.isdigit():
            raise ConditionWrong(f'{token.text} would be a binary fraction; write decimal("{token.text}")')
        if token.text in ("==", "!=") and _compares_exact(before, after, bound, exact):
            how = "equals(a, b)" if token.text == "==" else "!equals(a, b)"
            raise ConditionWrong(f"compares an exact number, or what holds one, with `{token.text}`; write {how}")
        if token.text == "in" and (exact.ends(before) or exact.ends(_operand(after))):
            raise ConditionWrong("looks for an exact number with `in`; write list.exists(x, equals(x, a))")
        if token.text == "size" and after and after[0].text == "(" and exact.is_number(_group(after)[1:-1]):
            raise ConditionWrong("asks an exact number for its `size`; write more(a, b) or its kin")
        asked = after[0].text if token.text == "." and len(after) > 1 and after[1].text == "(" else ""
        if asked and (exact.is_number(before) or (asked == "contains" and exact.ends(before))):
            raise ConditionWrong(f"asks an exact number for `{asked}`; write equals(a, b), more(a, b) or their kin")


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


def _compares_exact(before: Sequence[_Token], after: Sequence[_Token], bound: frozenset[str], exact: "_Exact") -> bool:
    """Whether one side is an amount, or may be one (an entry that a macro binds) and the other a plain number."""
    if (before and before[-1].text == "null") or (after and after[0].text == "null"):
        return False  # whether there is an amount at all may be asked this way
    sides = (before[-1], after[0]) if before and after else ()
    if any(one.kind == "number" for one in sides) and any(one.text in bound for one in sides):
        return len(before) < 2 or before[-2].text != "."
    return exact.ends(before) or exact.ends(_operand(after))


_OPENS, _CLOSES = frozenset("([{"), frozenset(")]}")


class _Exact:
    """Where in a condition amounts stand: as they are, in lists and maps, and under the names that macros bind."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._names = DECIMAL_FIELDS
        for position, token in enumerate(tokens):
            if _is_being_bound(tokens, position) and self.ends(tokens[: position - 3]):
                self._names |= {token.text}

    def is_number(self, tokens: Sequence[_Token]) -> bool:
        """Whether what stands before is itself an amount."""
        if not tokens:
            return False
        if tokens[-1].text == ")":
            start = _opening(tokens)
            called = _called(tokens[:start])
            return called in _DECIMAL_FUNCTIONS if called else self.is_number(tokens[start + 1 : -1])
        return tokens[-1].text in self._names

    def ends(self, tokens: Sequence[_Token]) -> bool:
        """Whether what stands before is an amount, or a call, list, map or bracket that makes or holds one."""
        if not tokens or tokens[-1].text not in _CLOSES:
            return bool(tokens) and tokens[-1].text in self._names
        start = _opening(tokens)
        before, within, called = tokens[:start], tokens[start + 1 : -1], _called(tokens[:start])
        if tokens[-1].text == "]" and (called or (before and before[-1].text in _CLOSES)):
            return self.ends(before)  # an entry of a list
        if tokens[-1].text != ")" or not called:
            return self._holds(within)
        if called in ("map", "filter"):
            return self._holds(within) if called == "map" else self.ends(before[:-2])
        return called in _DECIMAL_FUNCTIONS

    def _holds(self, tokens: Sequence[_Token]) -> bool:
        """Whether an amount stands among these, other than within a call that answers something else."""
        skip = 0
        for position, token in enumerate(tokens):
            if position < skip:
                continue
            if token.text in self._names or token.text in _DECIMAL_FUNCTIONS:
                return True
            called = _called(tokens[:position]) if token.text == "(" else ""
            if called and called not in ("map", "filter"):
                skip = position + len(_group(tokens[position:]))
        return False


def _called(before: Sequence[_Token]) -> str:
    """The name that stands right before a bracket; "" where the bracket stands alone."""
    return before[-1].text if before and before[-1].kind == "name" and before[-1].text != "in" else ""


def _opening(tokens: Sequence[_Token]) -> int:
    """The position of the bracket that the last token closes; 0 where none opens it, which is no CEL."""
    depth = 0
    for position in range(len(tokens) - 1, -1, -1):
        depth += (tokens[position].text in _CLOSES) - (tokens[position].text in _OPENS)
        if depth == 0:
            return position
    return 0


def _group(tokens: Sequence[_Token]) -> Sequence[_Token]:
    """The tokens from the bracket that opens first to the one that closes it."""
    depth = 0
    for position, token in enumerate(tokens):
        depth += (token.text in _OPENS) - (token.text in _CLOSES)
        if depth == 0:
            return tokens[: position + 1]
    return tokens


def _operand(tokens: Sequence[_Token]) -> Sequence[_Token]:
    """What stands behind an operator: a value with all fields, calls and positions that follow it."""
    end = 0
    while end < len(tokens) and tokens[end].text in ("!", "-"):
        end += 1
    begins = True
    while end < len(tokens):
        token = tokens[end]
        if token.text in _OPENS and (begins or token.text != "{"):
            end += len(_group(tokens[end:]))
        elif token.text == "." or begins or tokens[end - 1].text == ".":
            end += 1
        else:
            break
        begins = False
    return tokens[:end]
