//! Events of the browser, as inputs of the engine.

use crate::border;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use understudy_browser::{member, permissions as granted, whole};
use understudy_engine::claude::{self, Role};
use understudy_engine::json::Json;
use understudy_engine::{FillOutcome, FillReport, Headers, Input, Request, RequestStep, StatusAnswer};
use wasm_bindgen::prelude::*;

/// Longest request body taken in, in bytes: attachments stand in it as text. Wasm memory never shrinks.
const BODY: u32 = 8 * 1024 * 1024;

/// Longest header value taken in, in characters.
const HEADER: usize = 1024;

/// The input for one event; `None` for what is none of our business.
pub async fn input(name: &str, args: &Array) -> Option<Input> {
    let first = args.get(0);
    Some(match name {
        "started" => request(&first, started(&first)?)?,
        "headers" => request(&first, headers(&first)?)?,
        "done" => request(&first, RequestStep::Done)?,
        "failed" => request(&first, RequestStep::Failed { error: text(&first, "error").unwrap_or_default() })?,
        "message" => border::message(&first, &args.get(1))?,
        "permissions" => permissions().await,
        "tab-complete" => Input::TabComplete { tab: whole(&first)? },
        "tab-closed" => Input::TabClosed { tab: whole(&first)? },
        // The three answers of spawned work; see `outputs`.
        "opened" => Input::Opened { job: first.as_string()?, tab: whole(&args.get(1)) },
        "filled" => Input::Filled { job: first.as_string()?, report: report(&args.get(1)) },
        "status" => Input::Status(status(&first, &args.get(1))),
        "unstored" => Input::Unstored { key: first.as_string()? },
        "tick" => Input::Tick,
        _ => return None,
    })
}

/// The hosts that are open to us now.
pub async fn permissions() -> Input {
    Input::Permissions { origins: granted::origins().await.unwrap_or_default() }
}

/// A member that is a string.
pub fn text(object: &JsValue, name: &str) -> Option<String> {
    member(object, name).as_string()
}

fn request(details: &JsValue, step: RequestStep) -> Option<Input> {
    let tab = whole(&member(details, "tabId")).unwrap_or(-1);
    Some(Input::Request(Request { id: text(details, "requestId")?, tab, step }))
}

fn started(details: &JsValue) -> Option<RequestStep> {
    let (method, url) = (text(details, "method")?, text(details, "url")?);
    let document = text(details, "type").as_deref() == Some("main_frame");
    // Uploads and the like are of no use to anybody here; only a prompt is.
    let prompt = method == "POST" && claude::endpoint(&method, &url).is_some_and(|found| found.role == Role::Send);
    let body = if prompt { body(details) } else { None };
    Some(RequestStep::Started { method, url, document, body })
}

/// The raw bytes of a request body; `None` if there are none, or too many to be a prompt.
fn body(details: &JsValue) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in member(&member(details, "requestBody"), "raw").dyn_ref::<Array>()?.iter() {
        let part = Uint8Array::new(member(&part, "bytes").dyn_ref::<ArrayBuffer>()?);
        if part.length() > BODY {
            return None;
        }
        bytes.extend(part.to_vec());
    }
    Some(bytes)
}

fn headers(details: &JsValue) -> Option<RequestStep> {
    let mut headers = Headers::default();
    for header in member(details, "responseHeaders").dyn_ref::<Array>().into_iter().flat_map(Array::to_vec) {
        let slot = match text(&header, "name")?.to_ascii_lowercase().as_str() {
            "content-type" => &mut headers.content_type,
            "cf-mitigated" => &mut headers.cf_mitigated,
            "location" => &mut headers.location,
            "request-id" => &mut headers.request_id,
            _ => continue,
        };
        *slot = text(&header, "value").map(|value| value.chars().take(HEADER).collect());
    }
    let status = u16::try_from(whole(&member(details, "statusCode"))?).ok()?;
    Some(RequestStep::Headers { status, headers })
}

/// What the filler reported; whatever is not a report means that it could not run.
fn report(answer: &JsValue) -> FillReport {
    let json = js_sys::JSON::stringify(answer).ok().map(String::from);
    let report = json.and_then(|json| FillReport::read(Json::parse(&json)?));
    report.unwrap_or(FillReport { outcome: FillOutcome::Unreachable, read: None, took_ms: 0 })
}

fn status(status: &JsValue, body: &JsValue) -> Option<StatusAnswer> {
    Some(StatusAnswer { status: u16::try_from(whole(status)?).ok()?, body: body.as_string()? })
}
