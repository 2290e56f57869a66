//! `browser.permissions`: the hosts that the user has opened to us.

use crate::{Refused, member, raw, runtime, settled, to_js};
use js_sys::Array;
use serde::Serialize;
use understudy_engine::{CONSENT, Platform};
use wasm_bindgen::{JsCast, JsValue};

/// What Firefox lists beside a host: what kind of data goes there. Chrome refuses the key.
const DATA: [&str; 2] = ["websiteContent", "personalCommunications"];

#[derive(Serialize)]
struct Wanted<'a> {
    origins: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    data_collection: Option<&'a [&'a str]>,
}

/// The match patterns of every host that we may access now, and [`CONSENT`] where Firefox's was given.
pub async fn origins() -> Result<Vec<String>, Refused> {
    let granted = settled(raw::permissions_get_all()).await?;
    let mut all = strings(&member(&granted, "origins"));
    let data = strings(&member(&granted, "data_collection"));
    if DATA.iter().all(|kind| data.iter().any(|granted| granted == kind)) {
        all.push(CONSENT.to_owned());
    }
    Ok(all)
}

fn strings(list: &JsValue) -> Vec<String> {
    list.dyn_ref::<Array>().map_or_else(Vec::new, |list| list.iter().filter_map(|one| one.as_string()).collect())
}

/// Whether we may access a host, given as a match pattern.
pub async fn contains(origin: &str) -> Result<bool, Refused> {
    let wanted = to_js(&Wanted { origins: &[origin], data_collection: None })?;
    Ok(settled(raw::permissions_contains(&wanted)).await?.is_truthy())
}

/// Asks the user for a host, or in Firefox for the consent alone. The question is put at the call, not at the first poll: call it first in a click handler,
/// before any `await`, for Firefox forgets the click after one.
///
/// In Firefox the question also names the data that a handoff takes to that host.
pub fn request(origin: Option<&str>) -> impl Future<Output = Result<bool, Refused>> + use<> {
    let data_collection = (runtime::platform() == Platform::Firefox).then_some(&DATA[..]);
    let asked =
        to_js(&Wanted { origins: origin.as_slice(), data_collection }).map(|wanted| raw::permissions_request(&wanted));
    async move { Ok(settled(asked?).await?.is_truthy()) }
}
