//! Objects on their way into the browser.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// An object that is being filled, member by member: a few calls, where serialising a struct for each costs kilobytes.
#[derive(Debug, Default)]
#[must_use = "an object is made to be handed on"]
pub struct Members(Object);

/// An object without members.
pub fn object() -> Members {
    Members::default()
}

impl Members {
    /// Adds a member.
    #[inline(never)]
    pub fn with(self, name: &str, value: &JsValue) -> Self {
        // Setting a member of a fresh object cannot fail.
        let _ = Reflect::set(&self.0, &JsValue::from_str(name), value);
        self
    }

    /// Adds a member that is a string.
    #[inline(never)]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, &JsValue::from_str(value))
    }

    /// Adds a member that is a whole number: a time, a tab.
    #[expect(clippy::cast_precision_loss, reason = "times of this era and ids are far below 2^53")]
    pub fn number(self, name: &str, value: i64) -> Self {
        self.with(name, &JsValue::from_f64(value as f64))
    }
}

impl From<JsValue> for Members {
    /// More members for an object; what is none is taken for one without members.
    fn from(object: JsValue) -> Self {
        Self(object.dyn_into().unwrap_or_default())
    }
}

impl From<Members> for JsValue {
    fn from(members: Members) -> Self {
        members.0.into()
    }
}
