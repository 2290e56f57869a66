//! Rules made for servers, on one person's traffic, each with its own defaults.

use super::workload::{Event, Fate};
use std::collections::VecDeque;
use understudy_engine::Millis;

/// A rule that is told of every request and says whether it considers the service down.
pub trait Rule {
    /// Takes a request; tells whether the service is down by now.
    fn see(&mut self, event: &Event) -> bool;
}

/// Every rule by its name in the report.
pub fn all() -> Vec<(&'static str, Box<dyn Rule>)> {
    vec![
        ("3 in a row, any non-2xx", Box::new(Consecutive { most: 3, counts: |fate| Some(fate.failed()), run: 0 })),
        ("3 in a row, failures classified first", Box::new(Consecutive { most: 3, counts: classified, run: 0 })),
        ("Envoy, 5 consecutive 5xx", Box::new(Consecutive { most: 5, counts: gateway, run: 0 })),
        ("resilience4j defaults", Box::new(Resilience4j::default())),
        ("Hystrix defaults", Box::new(Hystrix::default())),
        ("LiteLLM router", Box::new(LiteLlm::default())),
        ("SRE burn rate 14.4x, 1 h and 5 min", Box::new(BurnRate::default())),
    ]
}

/// Failures of the service or of the way to it; what concerns the user alone is no request at all to these rules.
fn classified(fate: Fate) -> Option<bool> {
    match fate {
        Fate::Ok => Some(false),
        Fate::Error | Fate::Silent => Some(true),
        Fate::Offline | Fate::Limit | Fate::Session => None,
    }
}

/// Envoy counts a connection that fails as a 5xx (`split_external_local_origin_errors` is off by default), a 4xx as good.
#[expect(clippy::unnecessary_wraps, reason = "one signature for every way of counting")]
fn gateway(fate: Fate) -> Option<bool> {
    Some(matches!(fate, Fate::Error | Fate::Silent | Fate::Offline))
}

struct Consecutive {
    most: u32,
    counts: fn(Fate) -> Option<bool>,
    run: u32,
}

impl Rule for Consecutive {
    fn see(&mut self, event: &Event) -> bool {
        match (self.counts)(event.fate) {
            Some(true) => self.run += 1,
            Some(false) => self.run = 0,
            None => {}
        }
        self.run >= self.most
    }
}

/// `slidingWindowSize` 100 calls, `minimumNumberOfCalls` 100, `failureRateThreshold` 50 %.
#[derive(Default)]
struct Resilience4j {
    window: VecDeque<bool>,
    failed: usize,
}

impl Rule for Resilience4j {
    fn see(&mut self, event: &Event) -> bool {
        if let Some(failed) = classified(event.fate) {
            self.window.push_back(failed);
            self.failed += usize::from(failed);
            if self.window.len() > 100 {
                self.failed -= usize::from(self.window.pop_front() == Some(true));
            }
        }
        self.window.len() == 100 && self.failed * 2 >= 100
    }
}

/// Requests of a stretch of time.
#[derive(Default)]
struct Recent {
    seen: VecDeque<(Millis, bool)>,
    failed: usize,
}

impl Recent {
    fn add(&mut self, at: Millis, failed: bool) {
        self.seen.push_back((at, failed));
        self.failed += usize::from(failed);
    }

    fn forget(&mut self, now: Millis, ms: Millis) {
        while let Some((_, failed)) = self.seen.front().copied().filter(|(at, _)| at + ms <= now) {
            self.failed -= usize::from(failed);
            self.seen.pop_front();
        }
    }
}

/// `metrics.rollingStats` 10 s, `requestVolumeThreshold` 20, `errorThresholdPercentage` 50.
#[derive(Default)]
struct Hystrix(Recent);

impl Rule for Hystrix {
    fn see(&mut self, event: &Event) -> bool {
        self.0.forget(event.at, 10_000);
        if let Some(failed) = classified(event.fate) {
            self.0.add(event.at, failed);
        }
        self.0.seen.len() >= 20 && self.0.failed * 2 >= self.0.seen.len()
    }
}

/// More than half of at least five requests of the current minute (`DEFAULT_FAILURE_THRESHOLD_PERCENT` 0.5,
/// `DEFAULT_FAILURE_THRESHOLD_MINIMUM_REQUESTS` 5).
#[derive(Default)]
struct LiteLlm {
    minute: Millis,
    ok: u32,
    failed: u32,
}

impl Rule for LiteLlm {
    fn see(&mut self, event: &Event) -> bool {
        if event.at / 60_000 != self.minute {
            *self = Self { minute: event.at / 60_000, ok: 0, failed: 0 };
        }
        match classified(event.fate) {
            Some(true) => self.failed += 1,
            Some(false) => self.ok += 1,
            None => {}
        }
        self.ok + self.failed >= 5 && self.failed > self.ok
    }
}

/// The first row of the table in the SRE workbook, for an objective of 99 %: 14.4 times 1 % in both windows.
#[derive(Default)]
struct BurnRate {
    long: Recent,
    short: Recent,
}

impl Rule for BurnRate {
    fn see(&mut self, event: &Event) -> bool {
        self.long.forget(event.at, 3_600_000);
        self.short.forget(event.at, 300_000);
        if let Some(failed) = classified(event.fate) {
            self.long.add(event.at, failed);
            self.short.add(event.at, failed);
        }
        let burns = |recent: &Recent| recent.failed * 1_000 > recent.seen.len() * 144;
        burns(&self.long) && burns(&self.short)
    }
}
