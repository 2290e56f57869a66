//! `browser.permissions`: the hosts that the user has opened to us, and whether notices are allowed.

use crate::{Members, Refused, member, object, raw, runtime, settled};
use js_sys::Array;
use understudy_engine::notice::PERMISSION;
use understudy_engine::{CONSENT, Platform};
use wasm_bindgen::{JsCast, JsValue};

/// What Firefox lists beside a host: what kind of data goes there. Chrome refuses the key.
const DATA: [&str; 2] = ["websiteContent", "personalCommunications"];

/// The match patterns of every host that we may access now, [`CONSENT`] where Firefox's was given, and [`PERMISSION`] where notices
/// are allowed.
///
/// The browser is asked at the call, so that something else can be asked meanwhile.
pub fn origins() -> impl Future<Output = Result<Vec<String>, Refused>> {
    let granted = settled(raw::permissions_get_all());
    async move {
        let granted = granted.await?;
        let mut all = strings(&member(&granted, "origins"));
        let data = strings(&member(&granted, "data_collection"));
        if DATA.iter().all(|kind| data.iter().any(|granted| granted == kind)) {
            all.push(CONSENT.to_owned());
        }
        if strings(&member(&granted, "permissions")).iter().any(|name| name == PERMISSION) {
            all.push(PERMISSION.to_owned());
        }
        Ok(all)
    }
}

fn strings(list: &JsValue) -> Vec<String> {
    list.dyn_ref::<Array>().map_or_else(Vec::new, |list| list.iter().filter_map(|one| one.as_string()).collect())
}

/// Whether we may access a host, given as a match pattern.
pub async fn contains(origin: &str) -> Result<bool, Refused> {
    Ok(settled(raw::permissions_contains(&wanted(Some(origin)).into())).await?.is_truthy())
}

/// Asks the user for a host, or in Firefox for the consent alone. The question is put at the call, not at the first poll: call it first in a click handler,
/// before any `await`, for Firefox forgets the click after one.
///
/// In Firefox the question also names the data that a handoff takes to that host.
pub fn request(origin: Option<&str>) -> impl Future<Output = Result<bool, Refused>> + use<> {
    let mut wanted = wanted(origin);
    if runtime::platform() == Platform::Firefox {
        let data: Array = DATA.into_iter().map(JsValue::from).collect();
        wanted = wanted.with("data_collection", &data);
    }
    let asked = settled(raw::permissions_request(&wanted.into()));
    async move { Ok(asked.await?.is_truthy()) }
}

/// Asks the user for a host to which nothing goes; to be called as [`request`] is.
pub fn request_site(origin: &str) -> impl Future<Output = Result<bool, Refused>> + use<> {
    let asked = settled(raw::permissions_request(&wanted(Some(origin)).into()));
    async move { Ok(asked.await?.is_truthy()) }
}

/// Asks the user for notices; to be called as [`request`] is.
pub fn request_notices() -> impl Future<Output = Result<bool, Refused>> + use<> {
    let asked = settled(raw::permissions_request(&notices()));
    async move { Ok(asked.await?.is_truthy()) }
}

/// Gives that permission back; false if the browser kept it.
pub async fn withdraw_notices() -> Result<bool, Refused> {
    Ok(settled(raw::permissions_remove(&notices())).await?.is_truthy())
}

fn notices() -> JsValue {
    object().with("permissions", &Array::of1(&PERMISSION.into())).into()
}

fn wanted(origin: Option<&str>) -> Members {
    let origins: Array = origin.into_iter().map(JsValue::from).collect();
    object().with("origins", &origins)
}
