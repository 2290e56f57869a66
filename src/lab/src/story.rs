//! A scenario as data, for whoever plays it without a server: what each part of claude.ai answers from when on, and what the status
//! page says. The website's playground is made of these (`www/stories.json`).

use crate::fault::{Effect, Fault, Link};
use crate::scenario::{Scenario, When};
use crate::shape::render;
use crate::status::StatusPage;
use serde_json::{Value, json};

impl Scenario {
    /// The story of this name, on the day that begins at `midnight` (milliseconds); scenarios without a clock begin at noon.
    ///
    /// `None` for a scenario with a fault that is more than an answer, no answer, or a dead network.
    pub fn story(&self, name: &str, midnight: u64) -> Option<Value> {
        let starts = if let When::Clock(clock) = self.starts { clock } else { NOON };
        let start = midnight + 1_000 * u64::from(starts);
        let mut page = StatusPage::new(start);
        let green = page.json(SUMMARY)?.to_string();
        let mut steps = Vec::new();
        for step in &self.steps {
            let at = start + millis(self.seconds(step.time));
            let faults: Option<Vec<Value>> = step.faults.iter().map(|fault| told(fault, at)).collect();
            let status = step.status.as_ref().and_then(|change| {
                page.change(change, at);
                page.json(SUMMARY)
            });
            steps.push(json!({
                "at": at,
                "say": step.say,
                "clear": step.clear,
                "dead": step.network.as_ref().map(|network| network.state != Link::Up),
                "faults": faults?,
                "status": status.map(|summary| summary.to_string()),
            }));
        }
        Some(
            json!({"id": name, "title": self.title, "shows": self.shows.trim().replace('\n', " "), "start": start, "green": green, "steps": steps}),
        )
    }
}

fn told(fault: &Fault, now: u64) -> Option<Value> {
    let Effect::Answer(answer) = &fault.effect else { return None };
    let (head, body, _) = render(answer, "req_011CSHoEeqs5C35K2UUqR7Fy", now);
    Some(json!({
        "parts": fault.on.parts.iter().map(|part| part.name()).collect::<Vec<_>>(),
        "skip": fault.skip,
        "every": fault.every,
        "status": head.status,
        "type": head.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value),
        "body": String::from_utf8_lossy(&body),
    }))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hours, never negative")]
fn millis(seconds: f64) -> u64 {
    (seconds * 1_000.0) as u64
}

/// Seconds since midnight.
const NOON: u32 = 43_200;
/// Where the status page has all of it.
const SUMMARY: &str = "/api/v2/summary.json";
