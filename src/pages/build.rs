//! The rehearsal of the welcome page: a failed send, lived through by the real engine in simulated time. What it would have stored
//! is taken along; the page restores an engine from that, and asks it for its card.
//!
//! At build time, because all that decides would make the pages' module a sixth larger, for half a minute on the first day.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; this is a program of the build, which reads its environment and speaks to cargo"
)]

use std::collections::BTreeMap;
use std::{env, fs, io, path::PathBuf};
use understudy_engine::{
    Area, Config, Engine, Fact, Headers, Input, Millis, Output, Platform, Request, RequestStep, Stored,
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let stored = outage();
    let (mut session, mut local) = (String::new(), Vec::new());
    for ((area, key), value) in stored {
        match area {
            "session" => session = value,
            _ => local.push((key, value)),
        }
    }
    let code = format!(
        "/// The engine's snapshot after the failed send.\npub const SESSION: &str = {session:?};\n\
         /// What it has stored for good.\npub const LOCAL: &[(&str, &str)] = &{local:?};\n\
         /// The simulated clock.\npub const NOW: u64 = {};\n",
        START + FAILED_MS
    );
    let folder = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(folder.join("rehearsal.rs"), code)
}

/// A page of Claude's that works, a prompt, and HTTP 500: everything that is in the stores in the end.
fn outage() -> BTreeMap<(&'static str, String), String> {
    let mut engine = Engine::restore(Config { platform: Platform::Chromium }, Stored::default(), START);
    let mut stored = BTreeMap::new();
    let body = br#"{"prompt":"rehearsal","attachments":[],"files":[]}"#.to_vec();
    let step = |step| Input::Request(Request { id: "1".into(), tab: 1, step });
    let headers = Headers { content_type: Some("text/html".into()), ..Headers::default() };
    let sent = RequestStep::Started { method: "POST".into(), url: SEND.into(), document: false, body: Some(body) };
    let inputs = [
        (0, Input::Hello { tab: 1, online: true }),
        (10, Input::Tap { tab: 1, fact: Fact::Ready {} }),
        (5_000, step(sent)),
        (5_300, step(RequestStep::Headers { status: 500, headers })),
        (5_310, step(RequestStep::Done)),
        (FAILED_MS, Input::Tick),
    ];
    for (at, input) in inputs {
        engine.handle(input, START + at);
        while let Some(output) = engine.poll() {
            let Output::Persist { area, key, value } = output else { continue };
            let place = (if area == Area::Session { "session" } else { "local" }, key);
            match value {
                Some(value) => stored.insert(place, value),
                None => stored.remove(&place),
            };
        }
    }
    stored
}

/// Monday 2 March 2026, 11:37 UTC.
const START: Millis = 1_772_451_420_000;

/// So long after it the send has failed, and everything that follows from that is settled.
const FAILED_MS: Millis = 8_000;

const SEND: &str = "https://claude.ai/api/organizations/11111111-2222-4333-8444-555555555555/chat_conversations/\
                    019f3f4c-ba14-79cd-bbb7-6926ba65fb53/completion";
