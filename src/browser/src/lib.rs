//! Our bindings to `browser.*`, and the only place that knows how Chrome and Firefox differ.
//!
//! `browser.*` with promises exists in Firefox and in Chrome from 148 on, in every context. The crate translates and
//! decides nothing: a refusal of the browser is a [`Refused`], and what it means is the caller's business.

pub mod action;
pub mod alarms;
#[cfg(target_arch = "wasm32")]
mod allocator;
pub mod net;
pub mod notices;
mod object;
pub mod panel;
pub mod permissions;
mod raw;
pub mod runtime;
pub mod seal;
pub mod storage;
pub mod tabs;
mod time;
mod words;

pub use object::{Members, object};
pub use time::after;
pub use words::{clock, day, hour, lasted, month, say, zone};

use js_sys::Promise;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// The browser said no: a missing permission, a closed tab, a full store.
///
/// It holds what was thrown; who shows it, reads the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused(JsValue);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&member(&self.0, "message").as_string().or_else(|| self.0.as_string()).unwrap_or_default())
    }
}

impl std::error::Error for Refused {}

impl From<JsValue> for Refused {
    fn from(thrown: JsValue) -> Self {
        Self(thrown)
    }
}

/// What a call of the browser comes to. The call was made when this was, and the answer is taken care of even if nobody waits
/// for it: a rejection without a handler is an error in the browser's list of the extension's.
#[derive(Debug)]
pub struct Answer(JsFuture);

impl Future for Answer {
    type Output = Result<JsValue, Refused>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(Refused)
    }
}

/// The answer of a call, whether the browser gave a promise, answered at once or threw.
fn settled(answer: Result<JsValue, JsValue>) -> Answer {
    Answer(JsFuture::from(match answer {
        Ok(answer) => Promise::resolve(&answer),
        Err(thrown) => Promise::reject(&thrown),
    }))
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
