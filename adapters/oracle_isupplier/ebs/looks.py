"""What one glance at a page tells, read by a script in the page in one go: quicker than asking thing by thing, and the
page cannot change in between."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BLOT = "[hidden]"
_LEAST_HIDDEN = 4  # shorter words are no account number, and blotting them would garble the rest
_MOST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Look:
    """One page as it stands. `form`: whether it has the framework's one form (facts, 4.1). `severity` and `lines` are
    its message box (4.6): the heading, and one entry for each message."""

    title: str
    form: bool
    sign_in: bool
    severity: str
    lines: tuple[str, ...]
    text: str

    @property
    def words(self) -> str:
        """Title and visible text, for what is recognised by its words."""
        return f"{self.title}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Control:
    """Something to type into, tick or press in a table's cell. `id` holds for this rendering only."""

    id: str
    tag: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text and what stands in it."""

    text: str
    controls: tuple[Control, ...]

    def control(self, *kinds: str) -> Control | None:
        """The first control of one of these kinds (`checkbox`, `text`, `select`, `link`, `image`)."""
        return next((one for one in self.controls if one.kind in kinds), None)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its headers as they read now, and its rows in the visible window."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    following: Control | None = None
    """The link to the next window of rows, where there is one."""

    length: int | None = None
    """How many rows the page says there are, over all windows (4.1); None where it does not."""

    unread: tuple[str, ...] = ()
    """The text of rows that have other cells than the headers: a merged "nothing found", a footer, or a row of data
    that cannot be read."""

    def places(self, names: Mapping[str, Sequence[str]], things: Sequence[str]) -> dict[str, int]:
        """Which column each thing stands in, by its header; what has none is left out."""
        read = [_plain(header) for header in self.headers]
        found: dict[str, int] = {}
        for thing in things:
            for name in names.get(thing, ()):
                if _plain(name) in read:
                    found[thing] = read.index(_plain(name))
                    break
        return found


def look_from(value: Any, hidden: Collection[str] = ()) -> Look:
    """The answer of LOOK, without the words that are `hidden`."""
    return Look(
        title=blotted(str(value["title"]), hidden),
        form=bool(value["form"]),
        sign_in=bool(value["signIn"]),
        severity=blotted(str(value["severity"]), hidden),
        lines=tuple(blotted(str(line), hidden) for line in value["lines"]),
        text=blotted(str(value["text"]), hidden)[:_MOST_TEXT],
    )


def blotted(text: str, hidden: Collection[str]) -> str:
    """The text without these words, the longest first, for one may hold another."""
    for words in sorted(hidden, key=len, reverse=True):
        if len(words) >= _LEAST_HIDDEN:
            text = text.replace(words, _BLOT)
    return text


def tables_from(value: Any) -> tuple[Table, ...]:
    """The answer of TABLES."""
    return tuple(
        Table(
            tuple(str(header) for header in table["headers"]),
            tuple(tuple(_cell(cell) for cell in row) for row in table["rows"]),
            _control(table["following"]) if table["following"] else None,
            table["length"],
            tuple(str(words) for words in table["unread"]),
        )
        for table in value
    )


def _cell(value: Any) -> Cell:
    return Cell(str(value["text"]), tuple(_control(one) for one in value["controls"]))


def _control(value: Any) -> Control:
    return Control(str(value["id"]), str(value["tag"]), str(value["kind"]), str(value["words"]))


def _plain(name: str) -> str:
    return " ".join(name.replace("*", " ").split()).casefold()


LOOK = """
banks => {
  const visible = e => !!e && !!(e.offsetWidth || e.offsetHeight || e.getClientRects().length);
  const text = e => (e ? e.innerText || e.textContent || '' : '').trim();
  const form = document.querySelector('form#DefaultFormName, form[name="DefaultFormName"]');
  const secret = [...document.querySelectorAll('input[type="password"]')].some(visible);
  const box = document.querySelector('#FwkErrorBeanId');
  let severity = '', lines = [];
  if (visible(box)) {
    const heading = box.querySelector('h1, h2, h3, [class*="Header"], th');
    severity = text(heading).split('\\n')[0].trim();
    lines = [...box.querySelectorAll('li')].map(text).filter(Boolean);
    if (!lines.length) {
      const rest = text(box).split('\\n').map(line => line.trim()).filter(Boolean);
      if (!severity && rest.length) severity = rest[0];
      lines = rest.filter((line, place) => !(place === 0 && line === severity));
    }
  }
  const early = document.querySelector('#errorBox');
  if (!lines.length && visible(early) && text(early)) { severity = 'Error'; lines = [text(early)]; }
  const plain = e => text(e).replace(/[*\\u00a0]/g, ' ').trim().toLowerCase();
  const named = banks.map(name => name.toLowerCase()), hidden = [];
  for (const label of document.querySelectorAll('td span, td label')) {
    if (!named.includes(plain(label)) && !/bank account|iban/i.test(plain(label))) continue;
    for (let cell = label.closest('td').nextElementSibling; cell; cell = cell.nextElementSibling) {
      for (const value of cell.querySelectorAll('span, input, select, textarea')) {
        value.setAttribute('data-clearbill-mask', '');
        hidden.push((value.value || text(value)).trim());
        for (const option of value.options || []) hidden.push(option.text.trim());
      }
    }
  }
  return {
    title: document.title, form: !!form, signIn: secret, severity, lines, hidden: hidden.filter(Boolean),
    text: text(document.body).slice(0, 20000),
  };
}
"""

# Layout tables nest; a table of data is one that has a row of at least two headers of its own (facts, 4.8).
TABLES = """
() => {
  const visible = e => !!(e.offsetWidth || e.offsetHeight || e.getClientRects().length);
  const text = e => (e.innerText || e.textContent || '').replace(/\\s+/g, ' ').trim();
  const kind = e => e.tagName === 'INPUT' ? (e.type || 'text') : e.tagName === 'A' ? 'link'
    : e.tagName === 'IMG' ? 'image' : e.tagName.toLowerCase();
  const words = e => e.title || e.alt || e.getAttribute('aria-label') || text(e);
  const control = one => {
    if (!one.id) {
      window.__clearbill_ids = (window.__clearbill_ids || 0) + 1;
      one.setAttribute('data-clearbill', String(window.__clearbill_ids));
    }
    const id = one.id || '@' + one.getAttribute('data-clearbill');
    return {id, tag: one.tagName, kind: kind(one), words: words(one)};
  };
  const following = table => {
    const bar = document.getElementById((table.id || '').replace(/:Content$/, ':ControlBar')) || table.parentElement;
    const next = [...bar.querySelectorAll('a, button')].find(
      one => visible(one) && (/^next \\d+/i.test(text(one)) || /^next \\d+/i.test(one.title)));
    return next ? control(next) : null;
  };
  const length = table => {
    const name = (table.id || '').replace(/:Content$/, '').split('.').pop();
    const told = name && document.querySelector(`input[name="${CSS.escape(name)}:length"]`);
    return told && /^\\d+$/.test(told.value) ? Number(told.value) : null;
  };
  const cell = e => {
    const controls = [...e.querySelectorAll('input, select, textarea, button, a, img')]
      .filter(one => one.type !== 'hidden' && visible(one)).map(control);
    const entry = e.querySelector('input[type="text"], input:not([type]), select');
    return {text: text(e) || (entry ? entry.value : ''), controls};
  };
  const found = [];
  for (const table of document.querySelectorAll('table')) {
    if (!visible(table)) continue;
    const rows = [...table.rows];
    const at = rows.findIndex(row => [...row.cells].filter(one => one.tagName === 'TH').length >= 2);
    if (at < 0) continue;
    const headers = [...rows[at].cells].map(text);
    const below = rows.slice(at + 1), fits = row => row.cells.length === headers.length;
    found.push({headers, rows: below.filter(fits).map(row => [...row.cells].map(cell)), following: following(table),
      length: length(table), unread: below.filter(row => !fits(row)).map(text).filter(Boolean)});
  }
  return found;
}
"""

# A field by the end of its id (a region's volatile prefix stands before it, 4.5), else in a following cell of its
# label's row; something to press by its id, its words or its title. Answers the mark it left on the element, 0 where
# there is none. `_uixr` twins stand further down and are never the first.
FIND = """
([ids, labels, kinds]) => {
  const visible = e => !!(e.offsetWidth || e.offsetHeight || e.getClientRects().length);
  const plain = text => (text || '').replace(/[*\\u00a0]/g, ' ').replace(/\\s+/g, ' ').trim().toLowerCase();
  const words = e => plain(e.tagName === 'INPUT' ? e.value : e.innerText || e.textContent);
  const first = found => [...found].find(visible);
  const byId = id => first(document.querySelectorAll(`[id="${CSS.escape(id)}"], [id$=":${CSS.escape(id)}"]`));
  const beside = label => {
    const spans = [...document.querySelectorAll('span, label')];
    const named = spans.filter(e => plain(e.textContent) === label && visible(e));
    for (const one of named) {
      for (let cell = one.closest('td')?.nextElementSibling; cell; cell = cell.nextElementSibling) {
        const field = first(cell.querySelectorAll(kinds));
        if (field) return field;
      }
      const own = one.htmlFor && document.getElementById(one.htmlFor);
      if (own && own.matches(kinds) && visible(own)) return own;
    }
  };
  const pressed = label => {
    const roles = 'button, a, input[type="submit"], input[type="button"], [role="button"], [role="tab"]';
    return [...document.querySelectorAll(roles)].find(e => visible(e) && words(e) === label)
      || [...document.querySelectorAll('[title], img[alt]')].find(
        e => visible(e) && (plain(e.title) === label || plain(e.alt) === label));
  };
  let found;
  for (const id of ids) { found = byId(id); if (found) break; }
  for (const label of found ? [] : labels) {
    found = kinds ? beside(plain(label)) : pressed(plain(label));
    if (found) break;
  }
  if (!found) return 0;
  window.__clearbill_found = (window.__clearbill_found || 0) + 1;
  const before = found.getAttribute('data-clearbill-found');
  found.setAttribute('data-clearbill-found', (before ? before + ' ' : '') + window.__clearbill_found);
  return window.__clearbill_found;
}
"""
