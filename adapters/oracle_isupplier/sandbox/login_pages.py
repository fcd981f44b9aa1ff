"""Signing in: both generations of the page, the second step, the expired password (facts 2)."""

from __future__ import annotations

from html import escape

from .drawing import Button, Drawing
from .home_pages import HomePage
from .layout import SCRIPT, document
from .mechanics import FORM, Act, Page
from .signing import Sign
from .tenant import Tenant
from .texts import say

LOGIN_PATH = "/oracle/apps/fnd/sso/login/webui/MainLoginPG"
FIELDS = {"oaf_bean": ("unamebean", "pwdbean"), "oaf_field": ("usernameField", "passwordField")}


def words_for(tenant: Tenant, sign: Sign) -> str:
    """What a failed try is told."""
    knobs = tenant.knobs
    if sign is Sign.locked and knobs.text("lock_text") == "own":
        return say("locked")
    return say("wrong_password" if knobs.text("wrong_password_text") == "contact" else "wrong_password_retry")


def login_page(tenant: Tenant, error: str = "") -> str:
    """The page of the tenant's generation."""
    return static_page(tenant) if tenant.profile.login == "static" else framework_page(tenant, error)


def static_page(tenant: Tenant) -> str:
    """The 12.2 page: the form knows neither action nor method, the buttons stand outside it."""
    css = tenant.look.css
    body = (
        f'<div id="ContentBox" class="{css("content")}"><div id="logo"><img title="Oracle Logo" alt="Oracle"'
        f' src="{tenant.prefix}/OA_HTML/cabo/images/logo.gif"></div>'
        '<form id="login"><label for="usernameField" message="FND_SSO_USER_NAME">User Name</label>'
        '<input type="text" id="usernameField" name="usernameField"><a id="logoutLink" style="display:none"'
        ' href="#">Not the same user?</a><label for="passwordField" message="FND_SSO_PASSWORD">Password</label>'
        '<input type="password" id="passwordField" name="passwordField"></form>'
        '<div id="ButtonBox"><button type="button" class="OraButton left" message="FND_SSO_LOGIN"'
        ' onclick="submitCredentials()">Log In</button><button type="button" class="OraButton right"'
        ' message="FND_SSO_CANCEL" onclick="handleCancel()">Cancel</button></div>'
        '<div id="HelpLinkBox"><a id="ForgotPasswordURL" href="#">Login Assistance</a>'
        '<a id="RegisterHereURL" href="#">Register Here</a></div>'
        '<div id="AccessibilityBox"><select id="accessibility" name="Accessibility"><option value="N">None</option>'
        '</select></div><div id="LanguagePickerBox"><select id="slang" name="currentLanguage">'
        '<option value="US" selected>American English</option></select></div><span id="marker"></span>'
        '<div id="errorBox" role="alert" style="display:none"></div><div id="FooterBox"></div>'
        '<div id="CopyrightBox"></div></div>'
    )
    head = (
        f"<script>window._authenticate = '{tenant.prefix}/OA_HTML/AuthenticateUser';</script>"
        f'<script src="{tenant.prefix}/OA_HTML/login.js"></script>'
    )
    return document("Login", head, body, ' onload="startup()"')


def framework_page(tenant: Tenant, error: str) -> str:
    """The page of 12.0 and 12.1: a form of the framework, two generations of ids."""
    user, password = FIELDS[tenant.profile.login]
    look, css = tenant.look, tenant.look.css
    action = tenant.sealed("/OA_HTML/OA.jsp", {"page": LOGIN_PATH, "_ri": "0", "_ti": "1"})
    hidden = {"_AM_TX_ID_FIELD": "1", "_FORM": f"{FORM}{look.seal('login')}", "_fwkAbsolutePageName": LOGIN_PATH}
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items())
    press = "submitForm('DefaultFormName',1,{_FORM_SUBMIT_BUTTON:'SubmitButton',event:'login',source:'SubmitButton'})"
    box = ""
    if error:
        box = (
            f'<table id="FwkErrorBeanId" class="{css("messagebox")}"><tr><td><h1>Error</h1>'
            f"<div>{escape(error)}</div></td></tr></table>"
        )
    rows = "".join(
        f'<tr><td align="right"><span class="{css("prompt")}">{label}</span></td><td width="12"></td><td>'
        f'<input type="{kind}" id="{item}" name="{item}"></td></tr>'
        for label, kind, item in (("User Name", "text", user), ("Password", "password", password))
    )
    body = (
        f'<form id="{FORM}" name="{FORM}" method="POST" action="{escape(action)}"><div id="_fwkHidden">{inputs}'
        f'</div><div id="_fwkExtra"></div>{box}<table>{rows}</table>'
        f'<button type="button" id="SubmitButton" title="Login" class="{css("button")}" onclick="{press}">'
        f'<span class="{css("access")}">L</span>ogin</button><button type="button" id="Cancel" title="Cancel"'
        f' class="{css("button")}">Cancel</button></form>'
    )
    return document("Login", f'<script src="{tenant.prefix}{SCRIPT}"></script>', body, ' onload="startup()"')


def expired_page() -> str:
    """A new password is wanted, and only a person may choose one."""
    label = escape(say("expired_label"))
    body = (
        f'<form id="{FORM}" name="{FORM}" method="POST" action="#"><h1>Change Password</h1><p>{escape(say("expired"))}'
        f"</p><table><tr><td><span>Current Password</span></td><td></td><td><input type=password name=Current></td>"
        f"</tr><tr><td><span>New Password</span></td><td></td><td><input type=password name=New></td></tr>"
        f"<tr><td><span>{label}</span></td><td></td><td><input type=password name=Again></td></tr></table></form>"
    )
    return document("Change Password", "", body)


class CodePage(Page):
    """The second step; that there is one, and its words, are ours (facts 2.3 only say that sites have one)."""

    path = "/oracle/apps/fnd/sso/login/webui/SecondFactorPG"
    title = "Verification"

    def draw(self, out: Drawing) -> None:
        out.heading(say("totp"))
        label = say("totp_label")
        item = out.item("code", "VerificationCode")
        control = f'<input type="text" id="{item}" name="{item}" autocomplete="off" size="8">'
        out.fields([out.row(label, control, required=True, item="code")])
        out.add(out.button(Button("verify", "VerifyButton", "Verify")))

    def act(self, act: Act) -> Page:
        sign = self.tenant.desk.try_code(self.session, act.text("code"))
        if sign is Sign.ok:
            return HomePage(self.tenant, self.session)
        self.say("Error", say("totp_wrong") if sign is Sign.wrong else words_for(self.tenant, sign), "code")
        return self
