// The client side of the framework's pages, as small as the facts allow (section 4.2). Names are those of real pages.
var _pprRequestCount = 0, _pprSubmitCount = 0, _pprBlocking = false, _pprTargets = [], _navDirty = false;
var _lastSubmit = null, _extra = [];

function _theForm(name) { return document.forms[name || 'DefaultFormName']; }

function _setHidden(form, name, value) {
  var box = document.getElementById('_fwkExtra');
  var field = form.querySelector('input[type=hidden][name="' + name + '"]');
  if (!field) {
    field = document.createElement('input');
    field.type = 'hidden';
    field.name = name;
    box.appendChild(field);
    _extra.push(field);
  }
  field.value = value;
}

function _clearExtra() {
  _extra.forEach(function (field) { field.remove(); });
  _extra = [];
  ['event', 'source', 'value', 'size', 'partialTargets', 'partial', '_FORM_SUBMIT_BUTTON'].forEach(function (name) {
    var field = _theForm().querySelector('#_fwkHidden input[name="' + name + '"]');
    if (field) { field.value = ''; }
  });
}

// A second identical submit within 200 ms is ignored.
function _recentSubmit(key) {
  var now = Date.now();
  if (_lastSubmit && _lastSubmit.key === key && now - _lastSubmit.at < 200) { return true; }
  _lastSubmit = { key: key, at: now };
  return false;
}

function _numberIsRead(text) {
  var plain = window._numberStyle === '1.234,56' ? text.replace(/\./g, '').replace(',', '.') : text.replace(/,/g, '');
  return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(plain);
}

function _validateForm(form) {
  var bad = [], first = null;
  Array.prototype.forEach.call(form.querySelectorAll('[data-check]'), function (field) {
    var checks = field.getAttribute('data-check').split(' '), text = field.value.trim();
    var prompt = field.getAttribute('data-prompt'), words = '';
    if (checks.indexOf('required') >= 0 && !text) { words = prompt + ': A value must be entered.'; }
    if (text && checks.indexOf('date') >= 0 && !/^\d{1,2}-[A-Za-z]{3}-\d{4}$/.test(text)) {
      words = prompt + ': ' + text + ' is not a date. Enter it as in 22-Nov-2026.';
    }
    if (text && checks.indexOf('number') >= 0 && !_numberIsRead(text)) {
      words = prompt + ': ' + text + ' is not a number.';
    }
    if (words) { bad.push(words); first = first || field; }
  });
  if (!bad.length) { return true; }
  alert(bad.join('\n'));
  first.focus();
  return false;
}

function _ready(name, validate, params) {
  var form = _theForm(name);
  if (_pprBlocking) { return null; }
  if (_recentSubmit(JSON.stringify(params))) { return null; }
  if (validate && !_validateForm(form)) { _lastSubmit = null; return null; }
  _clearExtra();
  Object.keys(params).forEach(function (key) { _setHidden(form, key, params[key]); });
  return form;
}

function submitForm(name, validate, params) {
  var form = _ready(name, validate, params);
  if (!form) { return false; }
  _setHidden(form, 'partial', '');
  _setHidden(form, 'partialTargets', '');
  form.target = '';
  _navDirty = false;
  form.submit();
  return true;
}

function _submitPartialChange(name, validate, params) {
  var form = _ready(name, validate, params);
  if (!form) { return false; }
  _setHidden(form, 'partial', 'true');
  _pprTargets = params.partialTargets.split(' ');
  _pprRequestCount += 1;
  _pprSubmitCount += 1;
  _block(true);
  if (window._pprTransport === 'xhr') { _sendPart(form); return true; }
  form.target = '_pprIFrame';
  form.submit();
  form.target = '';
  return true;
}

// Newer code lines: the same post and the same answer, without the frame.
function _sendPart(form) {
  var call = new XMLHttpRequest(), fields = new FormData(form);
  call.open('POST', form.action, true);
  call.onload = function () {
    var kind = call.getResponseHeader('Content-Type').split(';')[0];
    _partArrived(new DOMParser().parseFromString(call.responseText, kind), call.responseURL);
  };
  call.onerror = function () { _pprRequestCount -= 1; _block(false); };
  call.send(form.enctype === 'multipart/form-data' ? fields : new URLSearchParams(fields));
}

function _uixspu(name, validate, event, source, partialTargets, partial, params) {
  var all = Object.assign({ event: event || 'update', source: source }, params || {});
  if (!partial) { return submitForm(name, validate, all); }
  return _submitPartialChange(name, validate, Object.assign(all, { partialTargets: partialTargets }));
}

function _block(on) {
  _pprBlocking = on;
  var div = document.getElementById('_pprBlockingDiv');
  if (div && window._blockingStyle === 'div') { div.style.display = on ? 'block' : 'none'; }
}

function _swallow(event) {
  if (_pprBlocking) { event.stopPropagation(); event.preventDefault(); }
}

function _pprLoaded(frame) {
  if (!_pprRequestCount || window._pprTransport === 'xhr') { return; }
  var there = frame.contentDocument;
  if (!there) { _pprRequestCount -= 1; _block(false); return; } // no answer came: the page stays as it was
  _partArrived(there, frame.contentWindow.location.href);
  window.setTimeout(function () { if (!_pprRequestCount && there.body) { there.body.innerHTML = ''; } }, 0);
}

function _partArrived(there, url) {
  var root = there.documentElement;
  _pprRequestCount -= 1;
  _block(false);
  if (root && root.nodeName.toLowerCase() === 'response') {
    alert(root.querySelector('message').textContent);
    window.location.href = _theForm().action;
    return;
  }
  if (!there.getElementById('_fwkHidden')) { window.location.replace(url); return; }
  _pprTargets.forEach(function (id) {
    var here = document.getElementById(id), fresh = there.getElementById(id);
    if (here && fresh) { here.innerHTML = fresh.innerHTML; }
  });
  var script = there.getElementById('_pprScripts');
  if (script) { (0, eval)(script.textContent); }
}

function isNavDirty() { return _navDirty; }
function checkSubmit(message) { return !isNavDirty() || confirm(message); }

function _submitNav(name, url) {
  if (_pprBlocking) { return; }
  if (!isNavDirty()) { window.location.href = url; return; }
  if (!checkSubmit(window._dirtyText)) { return; }
  submitForm(name, 0, { event: 'navigate', value: url, IspAction: window._navAction });
}

function _navBarSubmit(name, source, value, size, params) {
  var all = Object.assign({ event: 'goto', source: source, value: value, size: size }, params);
  return all.partialTargets ? _submitPartialChange(name, 0, all) : submitForm(name, 0, all);
}

function _navChoiceSubmit(name, choice, source, params) {
  var pair = choice.value.split(',');
  return _navBarSubmit(name, source, pair[0], pair[1], params);
}

function _tableSelect(table, on) {
  Array.prototype.forEach.call(document.querySelectorAll('[id^="' + table + ':selected:"]'), function (box) {
    box.checked = on;
  });
  _navDirty = true;
}

function openWindow(from, url, name, features) {
  var list = Object.keys(features).map(function (key) { return key + '=' + features[key]; }).join(',');
  return window.open(url, name, list);
}

// Leaving a field with a list of values asks the server; several matches open its window.
function _LovInputVTF(name, item, targets, params) {
  var picked = window._lovSelected;
  window._lovSelected = false;
  return _uixspu(name, 0, picked ? 'lovSelect' : 'lovValidate', item, targets, 1, params);
}

function _LovInputIOC(from, url) { openWindow(from, url, '_LovWindow', { width: 750, height: 550, resizable: 'yes' }); }

function _lovPicked(item, value) {
  var field = document.getElementById(item);
  field.value = value;
  _navDirty = true;
  window._lovSelected = true;
  field.onchange();
}

function startup() {
  var form = _theForm();
  if (!form) { return; }
  form.addEventListener('input', function () { _navDirty = true; });
  form.addEventListener('change', function () { _navDirty = true; });
  ['click', 'mousedown', 'keydown'].forEach(function (kind) { document.addEventListener(kind, _swallow, true); });
  if (window._afterLoad) { window._afterLoad(); }
}
