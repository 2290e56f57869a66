//! Healthy traffic that says nothing costs no memory.

use understudy_engine::{Config, Engine, Headers, Input, Platform, Request, RequestStep, Stored};

const T0: u64 = 1_772_451_420_000;

#[test]
fn what_is_dropped_allocates_nothing() {
    let mut engine = Engine::restore(Config { platform: Platform::Chromium }, Stored::default(), T0);
    engine.handle(Input::Hello { tab: 7, online: true }, T0);
    while engine.poll().is_some() {}
    let url = "https://claude.ai/api/event_logging/v2/batch".to_owned();
    let started = RequestStep::Started { method: "POST".to_owned(), url, document: false, body: None };
    let headers = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
    for (n, step) in [started, RequestStep::Headers { status: 200, headers }, RequestStep::Done].into_iter().enumerate()
    {
        let mut input = Some(Input::Request(Request { id: "1".to_owned(), tab: 7, step }));
        let found = allocation_counter::measure(|| {
            if let Some(input) = input.take() {
                engine.handle(input, T0 + 1_000);
            }
        });
        assert_eq!(found.count_total, 0, "step {n}");
        assert!(engine.poll().is_none());
    }
}
