//! One kind of request: a GET without credentials, with an end.

use crate::{Refused, object, raw, settled};
use wasm_bindgen::JsCast;
use web_sys::{AbortSignal, Response};

/// Longest body handed on, in bytes; what is beyond is cut off.
const BODY: usize = 256 * 1024;

/// Status and body of `url`; refused after `timeout_ms`, body included.
pub async fn get(url: &str, timeout_ms: u32) -> Result<(u16, String), Refused> {
    let end = AbortSignal::timeout_with_u32(timeout_ms);
    let init = object().text("credentials", "omit").text("cache", "no-store").with("signal", &end);
    let response: Response = settled(raw::fetch(url, &init.into())).await?.unchecked_into();
    let mut body = settled(response.text().map(Into::into)).await?.as_string().unwrap_or_default();
    if body.len() > BODY {
        let end = (0..=BODY).rev().find(|at| body.is_char_boundary(*at));
        body.truncate(end.unwrap_or_default());
    }
    Ok((response.status(), body))
}
