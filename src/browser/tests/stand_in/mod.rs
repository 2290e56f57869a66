//! A stand-in for `browser.*` in a real page of a real browser, and JavaScript values as a test needs them.
//!
//! The real API is used end to end, in `tests/e2e`. What those tests cannot bring about is an API that throws, is missing,
//! answers nonsense or never answers: that is done here.
#![allow(dead_code, reason = "each test binary takes a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and that is what it is for")]

use js_sys::{Array, Function, Reflect, Set};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The `browser` of one test.
pub struct StandIn {
    api: JsValue,
    calls: Array,
    listeners: Set,
}

/// Puts a fresh `browser` in the place of the last test's.
pub fn install() -> StandIn {
    let make: Function = js(include_str!("browser.js")).unchecked_into();
    let words = js_sys::JSON::parse(include_str!("../../../../extension/_locales/en/messages.json")).unwrap();
    let parts = make.call1(&JsValue::UNDEFINED, &words).unwrap();
    let part = |name: &str| Reflect::get(&parts, &name.into()).unwrap();
    StandIn { api: part("api"), calls: part("calls").unchecked_into(), listeners: part("listeners").unchecked_into() }
}

impl StandIn {
    /// Replaces a function of `browser`, such as `storage.local.get`, by a JavaScript expression.
    pub fn replace(&self, path: &str, expression: &str) {
        let (holder, name) = path.rsplit_once('.').unwrap_or(("", path));
        let holder = holder
            .split('.')
            .filter(|part| !part.is_empty())
            .fold(self.api.clone(), |holder, part| Reflect::get(&holder, &part.into()).unwrap());
        Reflect::set(&holder, &name.into(), &js(expression)).unwrap();
    }

    /// Every call so far but those to the stores: its name and, as JSON, its arguments.
    pub fn calls(&self) -> Vec<String> {
        self.calls.iter().map(|call| call.as_string().unwrap()).collect()
    }

    /// How many listeners the stores have.
    pub fn listeners(&self) -> u32 {
        self.listeners.size()
    }
}

/// The value of a JavaScript expression.
pub fn js(expression: &str) -> JsValue {
    js_sys::eval(&format!("({expression})")).unwrap_or_else(|error| panic!("{expression}: {error:?}"))
}

/// An empty page as the extension's pages have it, in the place of the last test's.
pub fn page() {
    js("document.getElementById('page')?.remove()");
    js("document.body.append(Object.assign(document.createElement('div'), { id: 'page', ariaBusy: 'true' }))");
}

/// Lets everything that is ready to run come to its turn.
pub async fn turns() {
    let _ = JsFuture::from(js("new Promise((done) => setTimeout(done, 20))").unchecked_into::<js_sys::Promise>()).await;
}

/// Ways in which a function of the browser can fail to do its work: each must become a refusal and never a trap.
pub const FAILURES: [(&str, &str); 9] = [
    ("is missing", "undefined"),
    ("is no function", "42"),
    ("throws at once", "() => { throw new Error('refused'); }"),
    ("throws a string", "() => { throw 'refused'; }"),
    ("throws nothing", "() => { throw undefined; }"),
    ("rejects", "async () => { throw new Error('refused'); }"),
    (
        "rejects with an exception of the DOM",
        "async () => { throw new DOMException('refused', 'QuotaExceededError'); }",
    ),
    ("rejects with a number", "() => Promise.reject(7)"),
    (
        "rejects with something hostile",
        "() => Promise.reject(Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('y'); } }))",
    ),
];
