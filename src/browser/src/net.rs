//! One kind of request: a GET without credentials, with an end.

use crate::{Refused, raw, settled};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestCache, RequestCredentials, RequestInit, Response};

/// Longest body handed on, in bytes; what is beyond is cut off.
const BODY: usize = 256 * 1024;

/// Status and body of `url`; refused after `timeout_ms`, body included.
pub async fn get(url: &str, timeout_ms: u32) -> Result<(u16, String), Refused> {
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(timeout_ms)));
    let response: Response = settled(raw::fetch(url, &init)).await?.unchecked_into();
    let mut body = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    if body.len() > BODY {
        let end = (0..=BODY).rev().find(|at| body.is_char_boundary(*at));
        body.truncate(end.unwrap_or_default());
    }
    Ok((response.status(), body))
}
