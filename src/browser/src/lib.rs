//! Our bindings to `browser.*`, and the only place that knows how Chrome and Firefox differ.
//!
//! `browser.*` with promises exists in Firefox and in Chrome from 148 on, in every context. The crate translates and
//! decides nothing: a refusal of the browser is a [`Refused`], and what it means is the caller's business.

pub mod action;
pub mod alarms;
pub mod net;
pub mod permissions;
mod raw;
pub mod runtime;
pub mod storage;
pub mod tabs;
mod time;
mod words;

pub use time::{after, within};
pub use words::{clock, say};

use js_sys::Promise;
use serde::Serialize;
use std::fmt;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// The browser said no: a missing permission, a closed tab, a full store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl From<JsValue> for Refused {
    fn from(thrown: JsValue) -> Self {
        Self(member(&thrown, "message").as_string().or_else(|| thrown.as_string()).unwrap_or_default())
    }
}

impl From<serde_wasm_bindgen::Error> for Refused {
    fn from(error: serde_wasm_bindgen::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a call of the browser comes to, whether it answered with a promise or at once. The answer is taken care of from here
/// on, even if nobody waits for it: a rejection without a handler is an error in the browser's list of the extension's.
fn settled(answer: Result<JsValue, JsValue>) -> impl Future<Output = Result<JsValue, Refused>> {
    let answer = answer.map(|answer| JsFuture::from(Promise::resolve(&answer)));
    async move { Ok(answer?.await?) }
}

/// Small option objects on their way into the browser.
fn to_js(options: &impl Serialize) -> Result<JsValue, Refused> {
    Ok(options.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// A member of an object; `undefined` if there is none. What the browser hands us is read so, a few members each: typed
/// deserialising costs more code than all the reading.
pub fn member(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).unwrap_or_default()
}

/// The value as JSON; `None` for what has no such form, and that is more than what throws: of nothing, `JSON.stringify`
/// makes nothing.
pub fn json(value: &JsValue) -> Option<js_sys::JsString> {
    js_sys::JSON::stringify(value).ok().filter(|json| json.is_string())
}

/// A whole number, such as a tab's id; `None` for anything that is no number.
#[expect(clippy::cast_possible_truncation, reason = "ids and statuses are whole and small; what is not is nobody's id")]
pub fn whole(value: &JsValue) -> Option<i64> {
    value.as_f64().map(|number| number as i64)
}
