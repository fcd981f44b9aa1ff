"""Who signs in where in the demonstration: each buyer at its stand-in, and our account with it. One row per product.

Secrets are made up for one run; they stand in files of their own, and settings hold references to these.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.demo.clients import EVERY_CLIENT, HARBOR_GRID, REMIT_TO, SELLER, Client, Product

_SUPPLIER_IDENTITY = "ridgeline-demo"
_SUPPLIER_ID = 101
_SCOPES = ("core.invoice.read", "core.invoice.write", "core.invoice.create", "core.purchase_order.read")
_NAMES: Mapping[Product, tuple[str, ...]] = {
    "coupa": ("shared_secret", "client_id", "client_secret"),
    "ariba": ("shared_secret", "push_secret", "client_id", "client_secret", "api_key"),
    "oracle_isupplier": ("password",),
}
_USER = "BILLING@RIDGELINE.EXAMPLE"
_NETWORK_WIDE: Mapping[str, Any] = {"knobs": {"rate_minute": 6_000, "rate_hour": 200_000, "rate_day": 1_000_000}}
"""A network's limits of requests count for all its buyers together, and the demonstration lives a month in seconds."""


def made_up_secrets(client: str) -> dict[str, str]:
    """A value for every secret of the client's account, by name."""
    return {name: f"demo-{secrets.token_hex(12)}" for name in _NAMES[EVERY_CLIENT[client].product]}


def secret_file(folder: Path, client: str, name: str) -> Path:
    """Where a secret is kept."""
    return folder / "secrets" / f"{client}.{name}"


# --- the stand-ins ------------------------------------------------------------------------------------------------


def stand_config(buyers: Mapping[str, Mapping[str, Any]], made_up: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The configuration of one product's stand-in; `buyers`: each client's rules there, as the scenario has them."""
    described = {key: _buyer(EVERY_CLIENT[key], set_up, made_up[key]) for key, set_up in buyers.items()}
    networks = {EVERY_CLIENT[key].product for key in buyers} == {"ariba"}
    return {"buyers": described, **({"default": dict(_NETWORK_WIDE)} if networks else {})}


def _buyer(client: Client, set_up: Mapping[str, Any], made_up: Mapping[str, str]) -> dict[str, Any]:
    """One buyer: its rules, and who may sign in."""
    if client.product == "ariba":
        supplier = {"identity": client.supplier_id, "name": SELLER["name"], **made_up}
        return {**set_up, "buyer_identity": client.buyer_id, "supplier": supplier}
    if client.product == "oracle_isupplier":
        user = {"name": _USER, "password": made_up["password"]}
        return {**set_up, "users": [user], "supplier": {"name": SELLER["name"]}, "sites": [{"name": REMIT_TO["code"]}]}
    return {
        **set_up,
        "buyer_domain": "NetworkID",
        "buyer_identity": client.key,
        "supplier": {
            "id": _SUPPLIER_ID,
            "name": SELLER["name"],
            "number": SELLER["code"],
            "domain": "DUNS",
            "identity": _SUPPLIER_IDENTITY,
            "shared_secret": made_up["shared_secret"],
            "payment_term": f"Net {client.net_days}",
        },
        "client_id": made_up["client_id"],
        "client_secret": made_up["client_secret"],
    }


# --- our accounts -------------------------------------------------------------------------------------------------


def account_settings(folder: Path, stand: str, key: str) -> dict[str, Any]:
    """One account as `clearbill.yaml` has it; `stand` is where the client's portal is found."""
    client = EVERY_CLIENT[key]
    settings = {"coupa": _coupa, "ariba": _ariba, "oracle_isupplier": _isupplier}[client.product](stand, client)
    return {
        "portal": client.product,
        "concurrency": 1 if client.product == "oracle_isupplier" else 4,
        "requests_per_second": 20,
        "settling_seconds": 0.5,
        "order_balance_counts": "submitted",
        "settings": settings,
        "secrets": {name: f"file:{secret_file(folder, key, name)}" for name in _secrets_used(client)},
    }


def _secrets_used(client: Client) -> tuple[str, ...]:
    """Harbor Grid is billed by REST, which needs no shared secret."""
    return tuple(name for name in _NAMES[client.product] if client is not HARBOR_GRID or name != "shared_secret")


def _coupa(stand: str, client: Client) -> dict[str, Any]:
    return {
        "url": stand,
        "transport": "rest" if client is HARBOR_GRID else "cxml",
        "status_source": client.statuses,
        "supplier_domain": "DUNS",
        "supplier_identity": _SUPPLIER_IDENTITY,
        "supplier_id": _SUPPLIER_ID,
        "supplier_name": SELLER["name"],
        "buyer_domain": "NetworkID",
        "buyer_identity": client.key,
        "scopes": list(_SCOPES),
        "token_delay_seconds": 0,
        "poll_overlap_seconds": 5,
    }


def _ariba(stand: str, client: Client) -> dict[str, Any]:
    return {
        "url": f"{stand}/service/transaction/cxml.asp",
        "supplier_anid": client.supplier_id,
        "supplier_name": SELLER["name"],
        "buyer_anid": client.buyer_id,
        "delivery": client.statuses,
        "orders_from": "pending",
        "token_url": f"{stand}/v2/oauth/token",
        "lookup_url": f"{stand}/api/invoice-header-data-extraction/v1/prod/invoices",
    }


def _isupplier(stand: str, client: Client) -> dict[str, Any]:
    """The stand-in shows a new invoice at once, so that nobody need wait for it."""
    return {
        "url": stand,
        "transport": "ebs",
        "user": _USER,
        "responsibility": "PT Supplier Portal",
        "profile": {"labels": {"description": "Comments"}},
        "currency": "USD",
        "press_within_seconds": 30,
        "submit_seconds": 20,
        "page_seconds": 20,
        "visible_after_seconds": 0,
    }
