//! Do no harm: whatever of ours throws, the page's own traffic is byte for byte what it is without us.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use understudy_lab::{Answer, Effect, Fault, Lab, LabConfig, Part, Shape, Target, answer_to};
use understudy_tests::stage::extension;
use understudy_tests::{Browser, Kind, Options};

pub fn add(suite: &mut Suite) {
    suite.both_alone("harm_throwing_content_scripts", throwing_content_scripts);
    suite.both_alone("harm_throwing_background", |kind| broken_background(kind, "throw new Error('planted');"));
    suite.both_alone("harm_broken_wasm", |kind| {
        let copy = copy_of(kind)?;
        fs::write(copy.path().join("wasm/background_bg.wasm"), b"\0asm\x01\0\0\0 not a module")?;
        same_as_without(kind, copy.path(), &["none"], false)
    });
}

/// Every boundary of tap and bridge throws, one after another, chosen by the page's address.
fn throwing_content_scripts(kind: Kind) -> Result<()> {
    let copy = copy_of(kind)?;
    wrap(&copy.path().join("tap.js"), PLANT_IN_TAP)?;
    wrap(&copy.path().join("bridge.js"), PLANT_IN_BRIDGE)?;
    same_as_without(kind, copy.path(), &VARIANTS, true)
}

fn broken_background(kind: Kind, code: &str) -> Result<()> {
    let copy = copy_of(kind)?;
    fs::write(copy.path().join("background.js"), code)?;
    same_as_without(kind, copy.path(), &["none"], false)
}

/// Runs the same traffic without the extension and with each variant of it, and compares what the page got.
fn same_as_without(kind: Kind, folder: &Path, variants: &[&str], background: bool) -> Result<()> {
    let lab = Lab::start(LabConfig::default())?;
    let bare = Browser::start(Options::new(kind, lab.port(), None))?;
    let wanted = traffic(&bare, &lab, "none").context("without the extension")?;
    // The comparison proves something only if the page got what the lab sends.
    ensure!(wanted[0]["bytes"] == json!(stream_body().len()), "the page's own stream: {}", wanted[0]);
    ensure!(wanted[5]["text"] == true, "the page's own answer: {}", wanted[5]);
    drop(bare);
    let mut options = Options::new(kind, lab.port(), Some(folder));
    options.background = background;
    let browser = Browser::start(options)?;
    for variant in variants {
        let got = traffic(&browser, &lab, variant).with_context(|| format!("with {variant}"))?;
        ensure!(got == wanted, "with {variant} the page got\n{got}\ninstead of\n{wanted}");
    }
    Ok(())
}

/// Loads the page, lets it make every kind of request, and tells what it got.
fn traffic(browser: &Browser, lab: &Lab, variant: &str) -> Result<Value> {
    lab.reset();
    browser.visit(&format!("https://claude.ai/new?harm={variant}"))?;
    browser.wait_for("window.lab?.ready")?;
    let path = |path: &str, effect| Fault {
        on: Target { path: Some(path.to_owned()), ..Target::default() },
        ..Fault::on(&[], effect)
    };
    let stream = Answer {
        status: Some(200),
        content_type: Some("text/event-stream".to_owned()),
        body: Some(stream_body()),
        ..Answer::default()
    };
    lab.fault(path("/api/organizations/o/chat_conversations/a/completion", Effect::Answer(stream)));
    // The lab's own shapes carry a request id that differs from run to run.
    let error = Answer {
        status: Some(500),
        content_type: Some("application/json".to_owned()),
        body: Some(r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#.to_owned()),
        ..Answer::default()
    };
    lab.fault(path("/api/organizations/o/chat_conversations/b/completion", Effect::Answer(error)));
    lab.fault(path("/api/organizations/o/chat_conversations/c/completion", Effect::Reset));
    lab.fault(path("/api/organizations/o/chat_conversations/d/completion", Effect::Hang));
    lab.fault(path("/api/organizations/o/chat_conversations/e", Effect::shape(Shape::CaptivePortal)));
    let mut got = browser.eval(TRAFFIC)?;
    // And one whole turn of the application, with the lab's real timing.
    let prompt = "Does anything get lost?";
    let turn = browser.eval_with(
        "return window.lab.send(arguments[0]).then(({outcome, text}) => ({outcome, text: text === arguments[1], error: window.lab.lastAnswerBytes.at(-1).error}))",
        &json!([prompt, answer_to(prompt)]),
    )?;
    got.as_array_mut().context("no list")?.push(turn);
    ensure!(lab.completions().iter().any(|seen| seen.prompt().as_deref() == Some(prompt)), "the prompt did not arrive");
    ensure!(lab.requests().iter().any(|seen| seen.part == Part::Bootstrap), "no bootstrap");
    Ok(got)
}

/// A stream of some 300 KB with everything a parser may stumble over; the same in every run.
fn stream_body() -> String {
    let mut body =
        String::from("\u{feff}: a comment\r\n\r\nevent: message_start\ndata: {\"type\":\"message_start\"}\n\n");
    for number in 0..3_000 {
        let _ = write!(
            body,
            "event: content_block_delta\r\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{number} 👩‍👩‍👧‍👦 é\"}}}}\r\n\r\n"
        );
    }
    body.push_str("data: not json\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\nevent: cut");
    body
}

fn copy_of(kind: Kind) -> Result<TempDir> {
    let copy = TempDir::with_prefix("understudy-harm-")?;
    copy_tree(&extension(kind)?, copy.path())?;
    Ok(copy)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Puts a script into a function of `plant` that replaces what the script takes from the world, and puts it back afterwards.
fn wrap(script: &Path, plant: &str) -> Result<()> {
    let source = fs::read_to_string(script)?;
    let wrapped = plant.replace("/* the script */", &source);
    ensure!(wrapped.contains(&source), "the script was not planted");
    fs::write(script, wrapped).map_err(Into::into)
}

/// What throws: names of [`PLANT_IN_TAP`] and [`PLANT_IN_BRIDGE`]; `none` is the extension as it is.
const VARIANTS: [&str; 26] = [
    "none",
    "tap-start",
    "tap-end",
    "Response.clone",
    "Response.status",
    "Response.headers",
    "Response.body",
    "Request.url",
    "Request.method",
    "Request.signal",
    "Headers.get",
    "MessagePort.postMessage",
    "TextDecoder.decode",
    "ReadableStream.getReader",
    "ReadableStreamDefaultReader.read",
    "ReadableStreamDefaultReader.cancel",
    "AbortSignal.aborted",
    "Navigator.onLine",
    "global.URL",
    "global.TextDecoder",
    "JSON.stringify",
    "JSON.parse",
    "global.setInterval",
    "read-never-ends",
    "bridge-start",
    "bridge-send",
];

/// Around the tap: the chosen thing throws from the moment at which the tap takes it. The page gets the originals back.
const PLANT_IN_TAP: &str = r"(() => {
    const harm = new URLSearchParams(location.search).get('harm') ?? 'none';
    const planted = () => { throw new Error('planted'); };
    const undo = [];
    const replace = (owner, name, change) => {
        const own = Object.getOwnPropertyDescriptor(owner, name);
        Object.defineProperty(owner, name, change(own));
        undo.push(() => Object.defineProperty(owner, name, own));
    };
    const throwing = (own) => own.get ? { ...own, get: planted } : { ...own, value: function () { planted(); } };
    const [owner, name] = harm.split('.');
    if (owner === 'global') replace(globalThis, name, throwing);
    else if (owner === 'JSON') replace(JSON, name, throwing);
    else if (name) replace(globalThis[owner].prototype, name, throwing);
    else if (harm === 'read-never-ends') {
        replace(ReadableStreamDefaultReader.prototype, 'read', (own) => ({ ...own, value: () => new Promise(() => {}) }));
    }
    if (harm === 'tap-start') planted();
    try {
        /* the script */
    } finally {
        for (const back of undo) back();
    }
    if (harm === 'tap-end') planted();
})();
";

/// Around the bridge.
const PLANT_IN_BRIDGE: &str = r"(() => {
    const harm = new URLSearchParams(location.search).get('harm') ?? 'none';
    if (harm === 'bridge-start') throw new Error('planted');
    const real = globalThis.browser;
    const send = () => { throw new Error('planted'); };
    ((browser) => {
        /* the script */
    })(harm === 'bridge-send' ? { runtime: { id: real.runtime.id, sendMessage: send, onMessage: { addListener: send } } } : real);
})();
";

/// Every kind of request a page can make, and what it gets, without times and names that differ from run to run.
const TRAFFIC: &str = r#"
    const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const seen = async (work) => {
        try {
            const response = await work();
            const before = response.bodyUsed;
            const body = await response.arrayBuffer();
            return {
                status: response.status, type: response.headers.get('content-type'), kind: response.type, url: response.url,
                redirected: response.redirected, before, after: response.bodyUsed, bytes: body.byteLength,
                hash: hex(await crypto.subtle.digest('SHA-256', body)), real: response instanceof Response,
            };
        } catch (error) {
            return { error: String(error), name: error?.name };
        }
    };
    const base = '/api/organizations/o/chat_conversations/';
    const post = (name, more) => fetch(base + name + '/completion', { method: 'POST', body: '{"prompt":"x"}', ...more });
    const abort = new AbortController();
    return (async () => {
        const list = [
            await seen(() => post('a')),
            await seen(() => post('b')),
            await seen(() => post('c')),
            await seen(() => { setTimeout(() => abort.abort(), 200); return post('d', { signal: abort.signal }); }),
            await seen(() => fetch(new Request(new URL(base + 'e', location.origin)))),
        ];
        return list;
    })();
"#;
