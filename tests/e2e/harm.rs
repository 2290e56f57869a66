//! Do no harm: whatever of ours throws, the page's own traffic is byte for byte what it is without us.

use crate::suite::Suite;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use understudy_lab::{Answer, Effect, End, Fault, Lab, LabConfig, Part, Shape, Target, answer_to};
use understudy_tests::stage::extension;
use understudy_tests::wait::until;
use understudy_tests::{Browser, Kind, Options};

pub fn add(suite: &mut Suite) {
    suite.both_alone("harm_giving_up_reaches_the_server", giving_up);
    suite.both_alone("harm_throwing_content_scripts", throwing_content_scripts);
    suite.both_alone("harm_throwing_background", |kind| broken_background(kind, "throw new Error('planted');"));
    suite.both_alone("harm_broken_wasm", |kind| {
        let copy = copy_of(kind)?;
        fs::write(copy.path().join("wasm/background_bg.wasm"), b"\0asm\x01\0\0\0 not a module")?;
        same_as_without(kind, copy.path(), &["none"], false)
    });
}

/// A page that gives an answer up, in whatever way, is rid of it, and so is the server: as soon as without the extension.
fn giving_up(kind: Kind) -> Result<()> {
    let lab = Lab::start(LabConfig::default())?;
    let rid_of = |folder: Option<&Path>| -> Result<Vec<(&str, bool)>> {
        let browser = Browser::start(Options::new(kind, lab.port(), folder))?;
        lab.reset();
        browser.visit("https://claude.ai/new")?;
        browser.wait_for("window.lab?.ready")?;
        lab.fault(Fault::on(&[Part::Completion], Effect::StreamStall { after: 3, pings: false }));
        let mut rid = Vec::new();
        for (number, (name, way)) in WAYS_OUT.into_iter().enumerate() {
            let took = browser.eval(&GIVE_UP.replace("/* the way */", way)).with_context(|| name.to_owned())?;
            ensure!(took.as_f64().is_some_and(|took| took < 1_000.0), "{name}: {took}");
            let gone = until("the server is rid of it", Duration::from_secs(3), || {
                let seen = lab.completions().into_iter().nth(number);
                Ok(seen.and_then(|seen| seen.end).filter(|end| *end == End::ClientGone))
            });
            rid.push((name, gone.is_ok()));
        }
        Ok(rid)
    };
    let wanted = rid_of(None).context("without the extension")?;
    // Now and then a browser itself keeps a connection for longer.
    ensure!(wanted.iter().filter(|(_, gone)| *gone).count() >= WAYS_OUT.len() - 2, "without the extension: {wanted:?}");
    let got = rid_of(Some(&extension(kind)?))?;
    let worse = got.iter().zip(&wanted).any(|((_, with), (_, without))| *without && !*with);
    ensure!(!worse, "{got:?} instead of {wanted:?}");
    Ok(())
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
    // Faster than life: what is compared is the pieces, and there are many runs.
    let lab = Lab::start(LabConfig { speed: 4.0, ..LabConfig::default() })?;
    let bare = Browser::start(Options::new(kind, lab.port(), None))?;
    let wanted = traffic(&bare, &lab, "none").context("without the extension")?;
    // The comparison proves something only if the page got what the lab sends.
    ensure!(wanted[0]["bytes"] == json!(stream_body().len()), "the page's own stream: {}", wanted[0]);
    let turn = wanted.as_array().and_then(|list| list.last()).context("no turn")?;
    ensure!(turn["text"] == true, "the page's own answer: {turn}");
    ensure!(
        wanted[5]["unhandled"].as_array().is_some_and(|list| list.len() == 2),
        "unhandled: {}",
        wanted[5]["unhandled"]
    );
    ensure!(wanted[6]["bytes"].as_u64() > Some(200_000), "the page's own conversation: {}", wanted[6]);
    ensure!(wanted[5]["ways"]["chunks"] == wanted[0]["hash"], "the page's own reading: {}", wanted[5]["ways"]);
    drop(bare);
    let mut options = Options::new(kind, lab.port(), Some(folder));
    options.background = background;
    let browser = Browser::start(options)?;
    for variant in variants {
        let got = traffic(&browser, &lab, variant).with_context(|| format!("with {variant}"))?;
        if let Some(difference) = difference("", &got, &wanted) {
            bail!("with {variant} the page got {difference}");
        }
    }
    Ok(())
}

/// Where two values part.
fn difference(at: &str, got: &Value, wanted: &Value) -> Option<String> {
    match (got, wanted) {
        _ if got == wanted => None,
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            one.iter().find_map(|(key, value)| difference(&format!("{at}/{key}"), value, &other[key]))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).enumerate().find_map(|(n, (one, other))| difference(&format!("{at}/{n}"), one, other))
        }
        _ => Some(format!("{at}: {got} instead of {wanted}")),
    }
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
    let fine = Answer {
        status: Some(200),
        content_type: Some("application/json".to_owned()),
        body: Some("{}".to_owned()),
        ..Answer::default()
    };
    lab.fault(path("/api/organizations/o/chat_conversations/f/completion", Effect::Answer(fine)));
    // A conversation as it is loaded, which the tap keeps for the handoff page.
    let load = Answer {
        status: Some(200),
        content_type: Some("application/json".to_owned()),
        body: Some(json!({"uuid": "01a21ca2-dd33-70bc-85cd-49a735e01396", "text": "é".repeat(100_000)}).to_string()),
        ..Answer::default()
    };
    lab.fault(path(
        "/api/organizations/o/chat_conversations/01a21ca2-dd33-70bc-85cd-49a735e01396",
        Effect::Answer(load),
    ));
    let mut got = browser.eval(TRAFFIC)?;
    // What the page sent, as the server got it. The border of a form is another in every run: of a form only what stands in it.
    let sent = lab.requests().into_iter().filter(|seen| seen.path().ends_with("/f/completion")).map(|seen| {
        let kind = seen.header("content-type").and_then(|kind| kind.split(';').next()).unwrap_or_default();
        let size = if kind == "multipart/form-data" {
            seen.body_text().matches('a').count().min(1_000)
        } else {
            seen.body_len()
        };
        json!([seen.method, kind, size])
    });
    let sent: Vec<Value> = sent.collect();
    got.as_array_mut().context("no list")?.push(json!(sent));
    // And one whole turn of the application, in the lab's own pieces.
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

/// Ways of giving up the answer of which the first piece has come; `controller` is the fetch's.
const WAYS_OUT: [(&str, &str); 8] = [
    ("reader.cancel", "const reader = body.getReader(); await reader.read(); await reader.cancel();"),
    ("body.cancel", "await body.cancel();"),
    ("break out of a loop", "for await (const chunk of body) break;"),
    (
        "cancel behind a pipe",
        "const reader = body.pipeThrough(new TransformStream()).getReader(); await reader.read(); await reader.cancel();",
    ),
    (
        "a sink that refuses",
        "await body.pipeTo(new WritableStream({ write() { throw new Error('full'); } })).catch(() => {});",
    ),
    ("cancel of both branches", "await Promise.all(body.tee().map((one) => one.cancel()));"),
    (
        "cancel while a read is pending",
        "const reader = body.getReader();
         const all = (async () => { while (!(await reader.read()).done); })();
         await new Promise((resume) => setTimeout(resume, 500));
         begun = performance.now();
         await reader.cancel();
         await all;",
    ),
    (
        "abort after the first piece",
        "const reader = body.getReader(); await reader.read(); controller.abort();
         let error;
         while (!error) await reader.read().catch((thrown) => { error = thrown; });
         if (error.name !== 'AbortError') throw error;",
    ),
];

/// Sends a prompt by hand, takes its answer the given way and tells how many milliseconds that took.
const GIVE_UP: &str = r"return (async () => {
    const controller = new AbortController();
    const organization = '0f4d1a52-9a3b-4c52-8f0e-4b1f6f0a2b11';
    const { body } = await fetch(`/api/organizations/${organization}/chat_conversations/${crypto.randomUUID()}/completion`, {
        method: 'POST', signal: controller.signal, headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompt: 'Never mind', create_conversation_params: { name: '' } }),
    });
    let begun = performance.now();
    const late = new Promise((_, reject) => { setTimeout(reject, 5000, new Error('it hangs')); });
    await Promise.race([late, (async () => { /* the way */ })()]);
    return performance.now() - begun;
})()";

/// What throws: names of [`PLANT_IN_TAP`] and [`PLANT_IN_BRIDGE`]; `none` is the extension as it is.
const VARIANTS: [&str; 30] = [
    "none",
    "tap-start",
    "tap-end",
    "Response.clone",
    "Response.status",
    "Response.headers",
    "Response.body",
    "Response.text",
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
    "global.setTimeout",
    "global.ReadableStream",
    "Promise.then",
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
    const hashed = async (chunks) => hex(await crypto.subtle.digest('SHA-256', await new Blob(chunks).arrayBuffer()));
    const rest = async (reader, ...chunks) => {
        for (let step; !(step = await reader.read()).done;) chunks.push(step.value);
        return hashed(chunks);
    };
    const chunks = (body) => rest(body.getReader());
    // What a page can do with the body of an answer.
    const ways = {
        chunks: ({ body }) => chunks(body),
        text: async (response) => (await response.text()).length,
        loop: async ({ body }) => { const all = []; for await (const chunk of body) all.push(chunk); return hashed(all); },
        clone: async (response) => { const copy = response.clone(); return Promise.all([chunks(response.body), chunks(copy.body)]); },
        late_clone: async (response) => [response.body.locked, await Promise.all([response.clone().text(), response.text()])
            .then(([one, other]) => one === other && one.length)],
        tee: ({ body }) => Promise.all(body.tee().map(chunks)),
        pipe: async ({ body }) => {
            const all = [];
            await body.pipeThrough(new TransformStream()).pipeTo(new WritableStream({ write(chunk) { all.push(chunk); } }));
            return hashed(all);
        },
        wrapped: async ({ body }) => hashed([await new Response(body).arrayBuffer()]),
        partly: async (response) => {
            const { body } = response;
            const reader = body.getReader();
            const { value } = await reader.read();
            reader.releaseLock();
            return [body.locked, response.bodyUsed, await rest(body.getReader(), value), body === response.body];
        },
        cancel: async (response) => {
            const reader = response.body.getReader();
            await reader.read();
            return [await reader.cancel('why') === undefined, await reader.read(), response.bodyUsed];
        },
        leave: async ({ body }) => { for await (const chunk of body) break; return body.locked; },
        twice: async (response) => { await response.text(); return response.text().catch(({ name }) => name); },
        locked: async ({ body }) => { body.getReader(); try { body.getReader(); } catch ({ name }) { return name; } },
    };
    const bodies = () => {
        const form = new FormData();
        form.append('file', new Blob(['a'.repeat(1000)]), 'a.txt');
        const stream = () => new Blob(['streamed']).stream();
        return [
            { body: form }, { body: new Blob(['blob'], { type: 'text/plain' }) }, { body: new URLSearchParams({ a: 'b' }) },
            { body: new Uint8Array([1, 2, 3]).buffer }, { body: new DataView(new ArrayBuffer(4)) }, { body: stream(), duplex: 'half' },
        ];
    };
    // A rejection that a page does not handle is reported to it, once; but only to a script of its own.
    const unhandled = async () => {
        const heard = [];
        const hear = (event) => { heard.push(event.reason?.name); event.preventDefault(); };
        addEventListener('unhandledrejection', hear);
        const script = document.createElement('script');
        script.nonce = document.querySelector('script[nonce]')?.nonce ?? '';
        script.textContent = `(async () => {
            const post = (name, more) => fetch('${base}' + name + '/completion', { method: 'POST', body: '{"prompt":"x"}', ...more });
            post('c');
            const stop = new AbortController();
            const reader = (await post('a', { signal: stop.signal })).body.getReader();
            stop.abort();
            reader.read();
        })()`;
        document.head.append(script);
        const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));
        for (const since = Date.now(); heard.length < 2 && Date.now() - since < 5000;) await pause(20);
        await pause(200); // one too many would come about now
        removeEventListener('unhandledrejection', hear);
        return heard.sort();
    };
    const rich = async () => {
        const seen = { ways: {}, sent: [], unhandled: await unhandled() };
        for (const [name, way] of Object.entries(ways)) {
            seen.ways[name] = await post('a').then(way).catch((error) => String(error));
        }
        const path = base + 'f/completion';
        for (const init of bodies()) {
            seen.sent.push(await fetch(path, { method: 'POST', ...init }).then((answer) => answer.text(), (error) => error.name));
        }
        for (const init of bodies()) {
            const request = new Request(path, { method: 'POST', ...init });
            const answer = await fetch(request).then(({ status }) => status, (error) => error.name);
            seen.sent.push([answer, request.bodyUsed]);
        }
        return seen;
    };
    return (async () => {
        const list = [
            await seen(() => post('a')),
            await seen(() => post('b')),
            await seen(() => post('c')),
            await seen(() => { setTimeout(() => abort.abort(), 200); return post('d', { signal: abort.signal }); }),
            await seen(() => fetch(new Request(new URL(base + 'e', location.origin)))),
            await rich(),
            await seen(() => fetch(base + '01a21ca2-dd33-70bc-85cd-49a735e01396')),
        ];
        return list;
    })();
"#;
