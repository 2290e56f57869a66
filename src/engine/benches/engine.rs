//! What the engine costs: one event of healthy traffic, and a day of one person's.

#![allow(missing_docs, reason = "the function that criterion's macro writes has none")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use understudy_engine::{Config, Engine, Fact, Headers, Input, Platform, Request, RequestStep, Stored, StreamEnd};

const ORG: &str = "11111111-2222-4333-8444-555555555555";
const CHAT: &str = "019f3f4c-ba14-79cd-bbb7-6926ba65fb53";
const T0: u64 = 1_772_451_420_000;
const TAB: i64 = 7;

fn engine() -> Engine {
    let mut engine = Engine::restore(Config { platform: Platform::Chromium }, Stored::default(), T0);
    engine.handle(Input::Hello { tab: TAB, online: true }, T0);
    drain(&mut engine);
    engine
}

fn drain(engine: &mut Engine) {
    while let Some(output) = engine.poll() {
        black_box(&output);
    }
}

/// Inputs and when they come.
#[derive(Clone, Default)]
struct Traffic {
    inputs: Vec<(u64, Input)>,
    requests: u32,
}

impl Traffic {
    fn step(&mut self, at: u64, id: u32, step: RequestStep) {
        self.inputs.push((at, Input::Request(Request { id: id.to_string(), tab: TAB, step })));
    }

    fn start(&mut self, at: u64, method: &str, path: &str, document: bool, body: Option<Vec<u8>>) -> u32 {
        self.requests += 1;
        let url = format!("https://claude.ai{path}");
        self.step(at, self.requests, RequestStep::Started { method: method.into(), url, document, body });
        self.requests
    }

    fn answered(&mut self, at: u64, id: u32, kind: &str) {
        let headers = Headers { content_type: Some(kind.into()), ..Headers::default() };
        self.step(at, id, RequestStep::Headers { status: 200, headers });
    }

    fn plain(&mut self, at: u64, method: &str, path: &str, document: bool) {
        let id = self.start(at, method, path, document, None);
        self.answered(at + 80, id, if document { "text/html" } else { "application/json" });
        self.step(at + 90, id, RequestStep::Done);
    }

    fn telemetry(&mut self, at: u64) {
        self.plain(at, "POST", "/api/event_logging/v2/batch", false);
    }

    fn load(&mut self, at: u64) {
        self.plain(at, "GET", "/new", true);
        self.plain(at + 300, "GET", &format!("/edge-api/bootstrap/{ORG}/app_start"), false);
        self.plain(at + 320, "GET", "/api/account", false);
        for n in 0..12 {
            let path = format!("/api/organizations/{ORG}/chat_conversations_v2?limit=30&offset={n}");
            self.plain(at + 350 + n, "GET", &path, false);
            self.telemetry(at + 400 + n);
        }
    }

    fn message(&mut self, at: u64, text: &str) {
        let body = format!(r#"{{"prompt":"{text}","model":"claude-opus-4-8","attachments":[],"files":[]}}"#);
        let path = format!("/api/organizations/{ORG}/chat_conversations/{CHAT}/completion");
        let id = self.start(at, "POST", &path, false, Some(body.into_bytes()));
        self.answered(at + 900, id, "text/event-stream");
        let fact = |fact| Input::Tap { tab: TAB, fact };
        let url = format!("https://claude.ai{path}");
        self.inputs.push((at + 900, fact(Fact::Stream { seq: id, method: "POST".into(), url, status: 200 })));
        for (later, name, data) in [
            (950, "message_start", r#"{"type":"message_start","message":{"model":"claude-opus-4-8"}}"#),
            (8_000, "message_delta", r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#),
            (8_010, "message_stop", r#"{"type":"message_stop"}"#),
        ] {
            let event = Fact::Event { seq: id, name: name.into(), data: data.into() };
            self.inputs.push((at + later, fact(event)));
        }
        self.inputs.push((at + 8_020, fact(Fact::Closed { seq: id, events: 90, end: StreamEnd::End })));
        self.step(at + 8_030, id, RequestStep::Done);
        for n in 0..2 {
            self.plain(
                at + 9_000 + n,
                "GET",
                &format!("/api/organizations/{ORG}/chat_conversations_v2?limit=30"),
                false,
            );
        }
        for n in 0..3 {
            self.telemetry(at + 9_100 + n);
        }
    }
}

/// Three sessions, 37 prompts, four page loads: about 330 requests.
fn day() -> Traffic {
    let mut day = Traffic::default();
    let mut at = T0;
    for session in 0..3 {
        day.load(at);
        for message in 0..if session == 0 { 13 } else { 12 } {
            at += 150_000;
            day.message(at, &format!("Question {session} {message}, of the length that questions have"));
        }
        at += 3 * 3_600_000;
    }
    day.load(at);
    day
}

fn benches(criterion: &mut Criterion) {
    // Most of what a page requests: telemetry, and steps of requests that are over.
    let mut calm = Traffic::default();
    calm.telemetry(T0 + 1_000);
    let steps: Vec<Input> = calm.inputs.into_iter().map(|(_, input)| input).collect();
    for (name, index) in [("handle/telemetry begins", 0), ("handle/telemetry is answered", 1)] {
        let mut engine = engine();
        criterion.bench_function(name, |bencher| {
            bencher.iter_batched(
                || steps[index].clone(),
                |input| engine.handle(black_box(input), T0 + 1_000),
                BatchSize::SmallInput,
            );
        });
    }

    let traffic = day();
    let mut group = criterion.benchmark_group("day");
    group.throughput(Throughput::Elements(traffic.inputs.len() as u64));
    group.bench_function("one person", |bencher| {
        bencher.iter_batched(
            || (engine(), traffic.inputs.clone()),
            |(mut engine, inputs)| {
                for (at, input) in inputs {
                    engine.handle(input, at);
                    drain(&mut engine);
                }
                engine
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
