// The static sign-in page: its form has no action, a script posts what was typed (facts 2.1). Where it posts to is ours.
function submitCredentials() {
  var form = new URLSearchParams();
  form.set('username', document.getElementById('usernameField').value);
  form.set('password', document.getElementById('passwordField').value);
  form.set('_lAccessibility', document.getElementById('accessibility').value);
  form.set('langCode', document.getElementById('slang').value);
  var call = new XMLHttpRequest();
  call.open('POST', window._authenticate, true);
  call.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
  call.onload = function () {
    var answer = JSON.parse(call.responseText);
    if (answer.status === 'success') { window.location.href = answer.url; return; }
    var box = document.getElementById('errorBox');
    box.textContent = answer.message;
    box.style.display = 'block';
  };
  call.send(form.toString());
}
function handleCancel() { document.getElementById('passwordField').value = ''; }
function startup() {
  document.getElementById('usernameField').focus();
  ['usernameField', 'passwordField'].forEach(function (id) {
    document.getElementById(id).addEventListener('keydown', function (event) {
      if (event.key === 'Enter') { event.preventDefault(); submitCredentials(); }
    });
  });
}
