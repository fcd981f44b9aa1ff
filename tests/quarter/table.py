"""The quarter as a page of Markdown."""

from collections import Counter
from collections.abc import Iterator

from gateway.metrics import Share
from tests.quarter.causes import Cause
from tests.quarter.draw import Quarter
from tests.quarter.play import Lived

HEAD = (
    "| cause | says no | drawn | bounced without | bounced with | stopped in time | mended by a rule |",
    "|---|---|---|---|---|---|---|",
)


def page(quarter: Quarter, bare: Lived, checked: Lived) -> str:
    """Rates first, then every cause."""
    return "\n".join([*_rates(quarter, bare, checked), "", *HEAD, *_rows(quarter, bare, checked)])


def _rates(quarter: Quarter, bare: Lived, checked: Lived) -> Iterator[str]:
    before, after = bare.figures, checked.figures
    yield f"Seed {quarter.seed}, {len(quarter.cases)} packets over {len(quarter.days)} working days."
    yield ""
    yield "| | without | with |"
    yield "|---|---|---|"
    yield f"| portal first-pass rate | {_share(before.portal_first_pass)} | {_share(after.portal_first_pass)} |"
    yield f"| refused by the portal at least once | {len(bare.refused)} | {len(checked.refused)} |"
    yield f"| sent back by the buyer's people at least once | {len(bare.sent_back)} | {len(checked.sent_back)} |"
    yield f"| stopped by the checklist before sending | {len(bare.caught)} | {len(checked.caught)} |"
    yield f"| transmissions after a packet's first | {before.resubmissions} | {after.resubmissions} |"
    yield f"| touchless share of the accepted | {_share(before.touchless)} | {_share(after.touchless)} |"
    yield f"| proposals accepted | {bare.proposals} | {checked.proposals} |"
    yield f"| changes by rule, each compared | {bare.changes} | {checked.changes} |"
    yield f"| of these touching money, quantities, rates, parties | {len(bare.touched)} | {len(checked.touched)} |"


def _share(share: Share) -> str:
    return f"{share.hits} of {share.of} ({100 * share.rate:.2f} %)" if share.rate is not None else "none"


def _rows(quarter: Quarter, bare: Lived, checked: Lived) -> Iterator[str]:
    causes: dict[str, Cause] = {}
    columns: tuple[Counter[str], ...] = tuple(Counter() for _ in range(5))
    for case in quarter.cases:
        if case.cause is None:
            continue
        causes[case.cause.name] = case.cause
        told = (
            True,
            *(case.source_id in one for one in (bare.bounced, checked.bounced, checked.caught, checked.mended)),
        )
        for column, counts in zip(columns, told, strict=True):
            column[case.cause.name] += counts
    group = ""
    for name, cause in sorted(causes.items(), key=lambda one: (_ORDER.index(one[1].group), -columns[0][one[0]])):
        if cause.group != group:
            group = cause.group
            sums = [sum(column[one] for one in causes if causes[one].group == group) for column in columns]
            yield f"| **{group}** | | {' | '.join(f'**{one}**' for one in sums)} |"
        yield f"| {name} | {cause.level} | {' | '.join(str(column[name]) for column in columns)} |"


_ORDER = ("purchase order", "codes and terms", "papers", "nobody could know")
