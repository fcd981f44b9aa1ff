"""Currencies in which an invoice can be issued, and how finely each is divided. Words only.

Source: ISO 4217:2015, table A.1, with the amendments in force in 2026 (SLE, ZWG, XCG and XAD are in; HRK, SLL, CUC,
ANG, ZWL and BGN are out). Codes without a minor unit of their own (precious metals XAU ..., fund and bond units XDR,
XBA ..., XTS for tests, XXX for none) are left out: nothing can be billed in them.
"""

from collections.abc import Mapping
from types import MappingProxyType

_CODES_BY_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
        "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
        "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
        "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
        "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG "
        "YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

CURRENCIES: Mapping[str, int] = MappingProxyType(
    {code: units for units, codes in _CODES_BY_MINOR_UNITS.items() for code in codes.split()}
)
"""Alphabetic code -> decimal places of its smallest unit (USD -> 2: cents)."""


def minor_units(code: str) -> int | None:
    """Decimal places of the currency's smallest unit; None for a code in which nothing can be billed."""
    return CURRENCIES.get(code)


def is_currency(code: str) -> bool:
    """Whether an invoice can be issued in `code` (upper case, as ISO 4217 writes it)."""
    return code in CURRENCIES
