//! Events of the browser, as inputs of the engine.

use crate::border;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use understudy_browser::{json, member, permissions as granted, whole};
use understudy_engine::claude::{self, Role};
use understudy_engine::json::Json;
use understudy_engine::{
    EntryId, FillOutcome, FillReport, Headers, Input, Request, RequestStep, StatusAnswer, UserText,
};
use wasm_bindgen::prelude::*;

/// Longest request body taken in, in bytes: attachments stand in it as text. Wasm memory never shrinks.
const BODY: u32 = 8 * 1024 * 1024;

/// Longest header value taken in, in characters.
const HEADER: usize = 1024;

/// The input for one event; `None` for what is none of our business. (For [`permissions`] the browser is asked first.)
pub fn input(name: &str, args: &Array) -> Option<Input> {
    let first = args.get(0);
    Some(match name {
        "started" => request(&first, started(&first)?)?,
        "headers" => request(&first, headers(&first)?)?,
        "done" => request(&first, RequestStep::Done)?,
        "failed" => request(&first, RequestStep::Failed { error: text(&first, "error").unwrap_or_default() })?,
        "message" => border::message(&first, &args.get(1))?,
        "tab-complete" => Input::TabComplete { tab: whole(&first)? },
        "tab-closed" => Input::TabClosed { tab: whole(&first)? },
        // The answers of spawned work; see `outputs`.
        "opened" => Input::Opened { job: first.as_string()?, tab: whole(&args.get(1)) },
        "filled" => Input::Filled { job: first.as_string()?, report: report(&args.get(1)) },
        "status" => Input::Status(status(&first, &args.get(1))),
        "health" => Input::Health { provider: first.as_string()?, body: args.get(1).as_string() },
        "heard" => heard(first.as_string()?, args.get(1).dyn_ref()?),
        "notice" => Input::Noticed,
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

/// The raw bytes of a request body, as far as they are taken in: the prompt stands before its attachments. `None` if it has none.
fn body(details: &JsValue) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in member(&member(details, "requestBody"), "raw").dyn_ref::<Array>()?.iter() {
        // A file among the parts has no bytes.
        if let Some(part) = member(&part, "bytes").dyn_ref::<ArrayBuffer>() {
            let room = BODY - u32::try_from(bytes.len()).unwrap_or(BODY);
            bytes.extend(Uint8Array::new(part).subarray(0, room).to_vec());
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

fn headers(details: &JsValue) -> Option<RequestStep> {
    let mut headers = Headers::default();
    for header in member(details, "responseHeaders").dyn_ref().map_or_else(Vec::new, Array::to_vec) {
        let Some(name) = text(&header, "name") else { continue };
        let slot = match name.to_ascii_lowercase().as_str() {
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
    let report = json(answer).and_then(|json| FillReport::read(Json::parse(&String::from(json))?));
    report.unwrap_or(FillReport { outcome: FillOutcome::Unreachable, read: None, took_ms: 0 })
}

fn heard(entry: EntryId, told: &Array) -> Input {
    let text = |at| told.get(at).as_string().filter(|text| text.len() <= border::MESSAGE as usize).map(UserText::new);
    Input::Heard { entry, title: text(0), begun: text(1) }
}

fn status(status: &JsValue, body: &JsValue) -> Option<StatusAnswer> {
    Some(StatusAnswer { status: u16::try_from(whole(status)?).ok()?, body: body.as_string()? })
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::{input, permissions};
    use crate::stand_in::{install, js};
    use js_sys::Array;
    use understudy_engine::{FillOutcome, FillReport, Headers, Input, Request, RequestStep, StatusAnswer};
    use wasm_bindgen_test::wasm_bindgen_test;

    const SEND: &str = "https://claude.ai/api/organizations/0b5c1b7e-8f0e-4c83-9d2a-3d2b6a1f4c55/chat_conversations/\
                        5b0f7d7e-31b7-4c9c-8a5d-0d6f1e8a9b01/completion";

    /// The input for an event with these arguments, given as a JavaScript list.
    fn event(name: &str, args: &str) -> Option<Input> {
        install();
        input(name, &Array::from(&js(&format!("[{args}]"))))
    }

    fn step(name: &str, details: &str) -> Option<RequestStep> {
        match event(name, details)? {
            Input::Request(Request { id, tab, step }) => {
                assert_eq!((id.as_str(), tab), ("17", 4));
                Some(step)
            }
            other => panic!("{other:?}"),
        }
    }

    /// The body that is taken from a send with this `requestBody`.
    fn body(request_body: &str) -> Option<Vec<u8>> {
        let details = format!(
            "{{ requestId: '17', tabId: 4, method: 'POST', url: '{SEND}', type: 'xmlhttprequest', requestBody: {request_body} }}"
        );
        match step("started", &details) {
            Some(RequestStep::Started { body, document: false, .. }) => body,
            other => panic!("{other:?}"),
        }
    }

    #[wasm_bindgen_test]
    fn a_body_in_several_pieces_is_one_body() {
        // A character of four bytes is torn by the border of two pieces.
        let pieces = "(() => { const all = new TextEncoder().encode('{\"prompt\":\"\u{1f600} \u{202e}</script>\"}'); \
                      return [0, 12, 14, all.length].slice(1).map((to, at, tos) => \
                      ({ bytes: all.slice(at && tos[at - 1], to).buffer })); })()";
        let read = body(&format!("{{ raw: {pieces} }}")).unwrap();
        assert_eq!(String::from_utf8(read).unwrap(), "{\"prompt\":\"\u{1f600} \u{202e}</script>\"}");
    }

    #[wasm_bindgen_test]
    fn what_is_no_raw_body_is_none() {
        for request_body in [
            "undefined",
            "null",
            "{}",
            "{ error: 'Unknown error.' }",
            // A form, as both browsers give one.
            "{ formData: { prompt: ['hello'], file: ['a.txt'] } }",
            "{ raw: {} }",
            "{ raw: 'bytes' }",
            "{ raw: [{ file: '/home/me/a.txt' }] }",
            "{ raw: [] }",
            "{ raw: [null] }",
            "{ raw: [{ bytes: 'text' }] }",
            "{ raw: [{ get bytes() { throw new Error('gone'); } }] }",
            "{ get raw() { throw new Error('gone'); } }",
            "new Proxy({}, { get() { throw new Error('gone'); } })",
        ] {
            assert_eq!(body(request_body), None, "{request_body}");
        }
    }

    #[wasm_bindgen_test]
    fn what_a_page_has_of_an_answer_is_text_of_a_messages_length() {
        let heard = |told: &str| match event("heard", &format!("'e', {told}")) {
            Some(Input::Heard { entry, title, begun }) => {
                assert_eq!(entry, "e");
                [title, begun].map(|text| text.map(|text| text.reveal().to_owned()))
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(heard("['Taxes', 'a\\nb']"), [Some("Taxes".to_owned()), Some("a\nb".to_owned())]);
        assert_eq!(heard("[undefined, undefined]"), [None, None]);
        assert_eq!(heard("[{}, ['a']]"), [None, None]);
        assert_eq!(heard("['', 'a'.repeat((1 << 20) + 1)]"), [Some(String::new()), None]);
        assert!(event("heard", "'e', undefined").is_none() && event("heard", "1, []").is_none());
    }

    #[wasm_bindgen_test]
    fn a_part_without_bytes_does_not_cost_the_others() {
        let part = "{ bytes: new TextEncoder().encode('{\"prompt\":').buffer }";
        let rest = "{ bytes: new TextEncoder().encode('\"hello\"}').buffer }";
        for odd in [
            "{ file: '/home/me/a.txt' }",
            "null",
            "7",
            "{ bytes: 'text' }",
            "{ get bytes() { throw new Error('gone'); } }",
        ] {
            for parts in [[odd, part, rest], [part, odd, rest], [part, rest, odd]] {
                let read = body(&format!("{{ raw: [{}] }}", parts.join(",")));
                assert_eq!(read.as_deref(), Some("{\"prompt\":\"hello\"}".as_bytes()), "{parts:?}");
            }
        }
    }

    #[wasm_bindgen_test]
    fn a_body_is_taken_up_to_a_limit_whatever_its_pieces() {
        const LIMIT: usize = 8 * 1024 * 1024;
        let pieces = |sizes: &str| format!("{{ raw: {sizes}.map((size) => ({{ bytes: new ArrayBuffer(size) }})) }}");
        assert_eq!(body(&pieces("[8 << 20]")).map(|body| body.len()), Some(LIMIT));
        assert_eq!(body(&pieces("[4 << 20, 4 << 20]")).map(|body| body.len()), Some(LIMIT));
        for sizes in ["[(8 << 20) + 1]", "[4 << 20, 4 << 20, 1]", "[1, 64 << 20]", "[9 << 20, 9 << 20]"] {
            assert_eq!(body(&pieces(sizes)).map(|body| body.len()), Some(LIMIT), "{sizes}");
        }
        // The prompt comes first and is whole.
        let first =
            "[{ bytes: new TextEncoder().encode('{\"prompt\":\"kept\"').buffer }, { bytes: new ArrayBuffer(9 << 20) }]";
        let read = body(&format!("{{ raw: {first} }}")).unwrap();
        assert!(read.starts_with(b"{\"prompt\":\"kept\"") && read.len() == LIMIT);
    }

    #[wasm_bindgen_test]
    fn only_a_prompt_is_read_from_a_request() {
        for (method, url) in [
            ("POST", "https://claude.ai/api/organizations/o/upload"),
            ("POST", "https://claude.ai/api/event_logging/batch"),
            ("GET", SEND),
        ] {
            let details = format!(
                "{{ requestId: '17', tabId: 4, method: '{method}', url: '{url}', type: 'xmlhttprequest', \
                 requestBody: {{ raw: [{{ bytes: new ArrayBuffer(9) }}] }} }}"
            );
            let Some(RequestStep::Started { body, .. }) = step("started", &details) else { panic!("{url}") };
            assert_eq!(body, None, "{method} {url}");
        }
        let page = "{ requestId: '17', tabId: 4, method: 'GET', url: 'https://claude.ai/new', type: 'main_frame' }";
        let Some(RequestStep::Started { document, .. }) = step("started", page) else { panic!() };
        assert!(document);
    }

    #[wasm_bindgen_test]
    fn headers_are_found_in_any_case_and_shape() {
        let details = "{ requestId: '17', tabId: 4, statusCode: 503, responseHeaders: [ \
            { name: 'Content-Type', value: 'text/html' }, { name: 'CF-Mitigated', value: 'challenge' }, \
            { name: 'set-cookie', value: 'secret' }, { name: 'location', binaryValue: [1, 2] }, \
            { value: 'nameless' }, null, { get name() { throw new Error('gone'); } }, \
            { name: 'request-id', value: '\u{1f600}'.repeat(3000) } ] }";
        let Some(RequestStep::Headers { status, headers }) = step("headers", details) else { panic!() };
        let long = "\u{1f600}".repeat(1024);
        assert_eq!(status, 503);
        assert_eq!(
            headers,
            Headers {
                content_type: Some("text/html".into()),
                cf_mitigated: Some("challenge".into()),
                location: None,
                request_id: Some(long),
            }
        );
        let bare = "{ requestId: '17', tabId: 4, statusCode: 200 }";
        let Some(RequestStep::Headers { status: 200, headers }) = step("headers", bare) else { panic!() };
        assert_eq!(headers, Headers::default());
    }

    #[wasm_bindgen_test]
    fn an_event_without_what_it_needs_is_none() {
        for (name, details) in [
            ("started", "undefined"),
            ("started", "{}"),
            ("started", "{ requestId: '17', method: 'POST' }"),
            ("started", "{ requestId: 17, method: 'GET', url: 'https://claude.ai/' }"),
            ("started", "{ requestId: '17', method: 'GET', get url() { throw new Error('gone'); } }"),
            ("started", "new Proxy({}, { get() { throw new Error('gone'); }, ownKeys() { throw 1; } })"),
            ("headers", "{ requestId: '17' }"),
            ("headers", "{ requestId: '17', statusCode: '200' }"),
            ("headers", "{ requestId: '17', statusCode: -1 }"),
            ("headers", "{ requestId: '17', statusCode: 1e9 }"),
            ("done", "{}"),
            ("failed", "null"),
            ("tab-complete", "'4'"),
            ("tab-closed", "undefined"),
            ("opened", "undefined"),
            ("filled", "{}"),
            ("no-such-event", "{}"),
            ("", ""),
        ] {
            assert!(event(name, details).is_none(), "{name} {details}");
        }
        // A request of the page's own service worker has no tab.
        let Some(Input::Request(request)) = event("done", "{ requestId: '17' }") else { panic!() };
        assert_eq!(request.tab, -1);
        let failed = "{ requestId: '17', tabId: 4 }";
        let Some(RequestStep::Failed { error }) = step("failed", failed) else { panic!() };
        assert_eq!(error, "");
    }

    #[wasm_bindgen_test]
    fn a_filler_that_does_not_report_could_not_run() {
        let silent = FillReport { outcome: FillOutcome::Unreachable, read: None, took_ms: 0 };
        for answer in [
            // No listener in that page answered.
            "undefined",
            "null",
            "'written'",
            "{ outcome: 'written', tookMs: 3, extra: 1 }",
            "{ outcome: 'submitted' }",
            "() => 1",
            "Symbol('s')",
            "3n",
            "{ toJSON() { throw new Error('no'); } }",
            "{ toJSON() { return undefined; } }",
            "(() => { const a = {}; a.a = a; return a; })()",
        ] {
            let Some(Input::Filled { job, report }) = event("filled", &format!("'j1', {answer}")) else { panic!() };
            assert_eq!((job.as_str(), &report), ("j1", &silent), "{answer}");
        }
        let answer = "'j1', { outcome: 'written', read: 'a\\u202e</script>', tookMs: 31 }";
        let Some(Input::Filled { report, .. }) = event("filled", answer) else { panic!() };
        assert_eq!((report.outcome, report.took_ms), (FillOutcome::Written, 31));
        assert_eq!(report.read.unwrap().reveal(), "a\u{202e}</script>");
    }

    #[wasm_bindgen_test]
    fn answers_of_spawned_work_come_back_whole_or_not_at_all() {
        let Some(Input::Status(answer)) = event("status", "200, '{}'") else { panic!() };
        assert_eq!(answer, Some(StatusAnswer { status: 200, body: "{}".into() }));
        for args in ["null, null", "200, null", "'200', '{}'", "70000, '{}'", ""] {
            assert!(matches!(event("status", args), Some(Input::Status(None))), "{args}");
        }
        let Some(Input::Opened { job, tab }) = event("opened", "'j1', null") else { panic!() };
        assert_eq!((job.as_str(), tab), ("j1", None));
    }

    #[wasm_bindgen_test]
    async fn hosts_are_none_where_the_browser_does_not_say() {
        for (answer, expected) in [
            ("async () => ({ origins: ['https://claude.ai/*', 7] })", vec!["https://claude.ai/*".to_owned()]),
            ("async () => ({ permissions: ['alarms', 'notifications'] })", vec!["notifications".to_owned()]),
            ("async () => ({})", Vec::new()),
            ("async () => undefined", Vec::new()),
            ("async () => { throw new Error('no'); }", Vec::new()),
            ("() => { throw new Error('no'); }", Vec::new()),
            ("undefined", Vec::new()),
        ] {
            install().replace("permissions.getAll", answer);
            let Input::Permissions { origins } = permissions().await else { panic!() };
            assert_eq!(origins, expected, "{answer}");
        }
    }
}
