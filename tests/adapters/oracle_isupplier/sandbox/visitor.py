"""A browser in small: reads the framework's pages over HTTP, types by label, presses buttons by what is on them.

It does what a page's script does with a post, and nothing the page does not offer. It knows no ids.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from lxml import html as parser

from adapters.oracle_isupplier.sandbox import Portal

PAIR = re.compile(r"'((?:[^'\\]|\\.)*)':'((?:[^'\\]|\\.)*)'")
ORDER: dict[str, Any] = {
    "number": "450001234",
    "lines": [
        {
            "line": 1,
            "type": "quantity",
            "description": "Lineman ST",
            "uom": "HUR",
            "quantity": "1000",
            "price": "98.50",
        },
        {"line": 2, "type": "quantity", "description": "Mileage", "uom": "SMI", "quantity": "9000", "price": "0.67"},
        {"line": 3, "type": "amount", "description": "Materials", "amount": "50000.00"},
    ],
}


@dataclass
class Table:
    """A table as read: heads, and rows by head; `inputs` are the names of a row's fields by head."""

    heads: list[str]
    rows: list[dict[str, str]]
    inputs: list[dict[str, str]]
    ticks: list[str]


@dataclass
class Visitor:
    """One browser at one tenant. `answer` is the last answer, `page` its document."""

    portal: Portal
    buyer: str = "default"
    answer: httpx.Response = field(init=False, repr=False)
    page: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        account = self.portal.account(self.buyer)
        self.user, self.password = account["user"], account["secrets"]["password"]
        self.base = account["url"]
        self.http = httpx.Client(base_url=self.portal.url, follow_redirects=True, timeout=30, verify=False)  # noqa: S501 - loopback, no TLS

    def take(self, answer: httpx.Response) -> "Visitor":
        self.answer = answer
        self.page = parser.fromstring(answer.text or "<html/>")
        return self

    def get(self, url: str) -> "Visitor":
        return self.take(self.http.get(url))

    # Signing in

    def sign_in(self, password: str | None = None) -> "Visitor":
        """As a person does, on whichever page there is; ends on what follows."""
        self.get(f"{self.base}/OA_HTML/AppsLocalLogin.jsp")
        password = self.password if password is None else password
        if self.page.xpath("//form[@id='login']"):
            form = {"username": self.user, "password": password}
            told = self.http.post(f"{self.base}/OA_HTML/AuthenticateUser", data=form)
            self.take(told)
            return self.get(told.json()["url"]) if told.json()["status"] == "success" else self
        names = [each.get("name") for each in self.page.xpath("//input[@type='text' or @type='password']")]
        fields = {**self.hidden(), names[0]: self.user, names[1]: password, "_FORM_SUBMIT_BUTTON": "SubmitButton"}
        return self.take(self.http.post(self.form().get("action"), data=fields))

    def home(self) -> "Visitor":
        """Signed in, and on the supplier portal's home page."""
        self.sign_in()
        (found,) = {*re.findall(r"/[^\s'\"<>]*PosHomePG[^\s'\"<>]*", html.unescape(self.answer.text))}
        return self.get(found)

    # Reading

    def form(self) -> Any:
        return self.page.xpath("//form[@id='DefaultFormName']")[0]

    def hidden(self) -> dict[str, str]:
        return {each.get("name"): each.get("value", "") for each in self.form().xpath(".//input[@type='hidden']")}

    def typed(self) -> dict[str, str]:
        """Every field that can be typed into or chosen, as it stands."""
        fields = {each.get("name"): each.get("value", "") for each in self.form().xpath(".//input[@type='text']")}
        for each in self.form().xpath(".//select[@name]"):
            chosen = each.xpath("./option[@selected]") or each.xpath("./option")
            fields[each.get("name")] = chosen[0].get("value")
        for each in self.form().xpath(".//input[@type='radio'][@checked]"):
            fields[each.get("name")] = each.get("value")
        return fields

    @property
    def text(self) -> str:
        return " ".join(self.page.text_content().split())

    @property
    def title(self) -> str:
        return str(self.page.findtext(".//title") or "")

    @property
    def message(self) -> tuple[str, list[str]]:
        """Title and lines of the message box."""
        box = self.page.xpath("//*[@id='FwkErrorBeanId']")
        if not box:
            return "", []
        lines = [each.text_content() for each in box[0].xpath(".//li")] or [box[0].xpath(".//div")[0].text_content()]
        return box[0].findtext(".//h1"), lines

    def named(self, label: str) -> str:
        """The name of the field two cells on from a label."""
        span = self.form().xpath(f'.//td/span[normalize-space()="{label}"]')[0]
        return str(span.xpath("ancestor::td[1]/following-sibling::td[2]//*[@name]")[0].get("name"))

    def shown(self, label: str) -> str:
        """A value that cannot be changed, by its label."""
        span = self.form().xpath(f'.//td/span[normalize-space()="{label}"]')[0]
        return str(span.xpath("ancestor::td[1]/following-sibling::td[2]")[0].text_content().strip())

    def table(self, name: str) -> Table:
        """A table by the end of its name."""
        found = self.page.xpath(f"//table[contains(@id, '.{name}:Content')]")[0]
        heads = [each.text_content() for each in found.xpath(".//th")]
        rows, inputs, ticks = [], [], []
        for line in found.xpath("./tr[td[@headers]] | ./tbody/tr[td[@headers]]"):
            cells = line.xpath("./td")
            rows.append({head: cell.text_content().strip() for head, cell in zip(heads, cells, strict=True)})
            inputs.append(
                {
                    head: cell.xpath(".//*[@name]")[0].get("name")
                    for head, cell in zip(heads, cells, strict=True)
                    if cell.xpath(".//*[@name]")
                }
            )
            ticks += [each.get("name") for each in line.xpath(".//input[@type='checkbox']")]
        return Table(heads, rows, inputs, ticks)

    # Acting

    def handler(self, element: Any) -> dict[str, str]:
        """What an element's handler posts."""
        script = element.get("onclick") or element.get("onchange") or ""
        return {name: value.replace("\\'", "'") for name, value in PAIR.findall(script)}

    def follow(self, text: str) -> "Visitor":
        """A link by its text."""
        link = [each for each in self.page.xpath("//a") if each.text_content().strip() == text][-1]
        return self.get(re.findall(r"_submitNav\('DefaultFormName','([^']*)'\)", link.get("onclick"))[0])

    def button(self, text: str) -> Any:
        return next(each for each in self.page.xpath("//button") if each.text_content() == text)

    def body(self, params: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
        """What a form posts."""
        partial = {"partial": "true"} if "partialTargets" in params else {}
        return {**self.hidden(), **self.typed(), **fields, **params, **partial}

    def post(self, params: Mapping[str, str], fields: Mapping[str, str], files: Any = None) -> "Visitor":
        action = self.form().get("action")
        return self.take(self.http.post(action, data=self.body(params, fields), files=files))

    def press(self, text: str, fields: Mapping[str, str] | None = None, files: Any = None) -> "Visitor":
        """A button by what stands on it; `fields` by name, others stay as they are."""
        return self.post(self.handler(self.button(text)), fields or {}, files)

    def search(self, **labels: str) -> "Visitor":
        """Go, with fields typed by label (blanks as underscores)."""
        fields = {self.named(label.replace("_", " ")): value for label, value in labels.items()}
        return self.post(self.handler(self.page.xpath("//*[@id='customizeSubmitButton']")[0]), fields)

    # Creating an invoice

    def with_order(self, *orders: str) -> "Visitor":
        """At the details, with every shipment of those orders on the invoice."""
        self.follow(self.word("tab_finance")).follow(self.word("sub_create")).press_create()
        for order in orders:
            self.press("Go", {self.named(self.word("po_number")): order})
            self.press("Add to Invoice", dict.fromkeys(self.table("PoFoundTable").ticks, "0"))
        return self.press("Next")

    def press_create(self) -> "Visitor":
        return self.post(self.handler(self.page.xpath("//*[@id='CreateInvBtn']")[0]), {})

    def word(self, key: str) -> str:
        return self.portal.look(self.buyer)["labels"][key]

    def details(self, number: str, quantities: Mapping[int, str], **more: str) -> dict[str, str]:
        """The fields of the details page: its number, and what is billed by row."""
        table = self.table("ItemsTable")
        fields = {self.named(self.word("invoice_number")): number} if number else {}
        for row, typed in quantities.items():
            cells = table.inputs[row]
            fields[next(iter(cells.values()))] = typed
        return fields | {self.named(self.word(key)): value for key, value in more.items()}

    def create(self, number: str, quantities: Mapping[int, str], *orders: str, **more: str) -> "Visitor":
        """A whole invoice, as far as it gets; ends on the page after Submit, or where a message stopped it."""
        self.with_order(*(orders or ("450001234",))).press("Next", self.details(number, quantities, **more))
        if self.message[0] == "Error":
            return self
        if "Manage Tax" in self.page.xpath("//h2")[0].text_content():
            self.press("Next")
        return self if self.message[0] == "Error" else self.press("Submit")

    def find(self, number: str) -> list[dict[str, str]]:
        """The rows of View Invoices under a number."""
        self.follow(self.word("tab_finance")).follow(self.word("sub_view"))
        self.press("Go", {self.named(self.word("invoice_number")): number})
        return self.table("ViewTable").rows
