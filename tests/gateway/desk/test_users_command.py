"""`clearbill user`: who may sign in, with the password from standard input and never from the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import identity
from gateway.cli import app
from gateway.commands.terminal import DONE, REFUSED, USAGE
from tests.gateway.desk.test_signing import PASSWORD
from tests.gateway.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def typed(office: Office, *words: str, password: str = "") -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["user", *words, "--config", str(office.config)], input=f"{password}\n")
    return ran.exit_code, ran.stdout + ran.stderr


def test_a_user_is_made_changed_and_locked_out_from_the_command_line(office: Office) -> None:
    assert typed(office, "add", "robin", "--role", "viewer", password=PASSWORD) == (
        DONE,
        "robin may sign in now, as viewer.\n",
    )
    told = "kim may sign in with the company account now, as approver.\n"
    assert typed(office, "add", "kim", "--role", "approver", "--openid") == (DONE, told)
    assert typed(office, "password", "kim", password=PASSWORD)[0] == REFUSED
    assert typed(office, "role", "robin", "approver")[0] == DONE
    assert typed(office, "password", "robin", password=f"{PASSWORD} two")[0] == DONE
    told = typed(office, "list")[1]
    assert "approver" in told
    with office.house() as house:
        assert identity.sign_in(house, "robin", PASSWORD) == ""
        assert identity.sign_in(house, "robin", f"{PASSWORD} two")
    assert typed(office, "disable", "robin")[0] == DONE
    assert office.run("user", "list", "--json").json["users"][1]["disabled"] is True
    assert typed(office, "enable", "robin")[0] == DONE


def test_a_role_that_there_is_not_and_a_password_in_the_command_are_refused(office: Office) -> None:
    code, told = typed(office, "add", "robin", "--role", "king", password=PASSWORD)
    assert (code, "the roles are: viewer, coordinator, approver, admin" in told) == (REFUSED, True)
    assert typed(office, "add", "robin", "--password", PASSWORD)[0] == USAGE
    assert typed(office, "role", "nobody", "viewer")[0] == REFUSED
