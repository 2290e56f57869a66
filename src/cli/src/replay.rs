//! `understudy replay`: a trace through the judge of the extension, open loop.
//!
//! One JSON object a line. Requests that came without an HTTP status have the class `own-network`: whose fault that is,
//! the neutral origin says, which answers at once as the trace last said it would. Nothing in a trace answers a probe: the
//! judge waits for none, and with `--no-probe` it is the one that was never allowed to ask.

use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};
use understudy_engine::judge::{Judge, Posted, Seen, Way};
use understudy_engine::moment::clock;
use understudy_engine::verdict::State;
use understudy_engine::{Class, Millis, Surface};

/// One line of a trace.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Line {
    /// A request has ended.
    Request { t: Millis, surface: Surface, class: Class, model: Option<String>, turn: Option<u64> },
    /// What a neutral origin would answer from now on.
    Neutral { t: Millis, up: bool },
    /// What the browser says of its connection.
    Online { t: Millis, up: bool },
    /// What the status page says from now on.
    Status { t: Millis, component: Component, incident: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Component {
    Operational,
    DegradedPerformance,
    PartialOutage,
    MajorOutage,
}

/// A change of the verdict.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Milliseconds, as in the trace.
    pub t: Millis,
    /// The name of the state.
    pub state: &'static str,
    /// The surfaces that failed and have not worked since.
    pub surfaces: Vec<&'static str>,
}

/// What can be wrong with a trace: the line, counted from 1, and what.
#[derive(Debug)]
pub struct Trouble {
    /// The line.
    pub line: usize,
    /// In words.
    pub what: String,
}

/// Longest line that is read: a line of a trace has about a hundred bytes.
const LINE: u64 = 64 * 1_024;

/// Every change of verdict in a trace.
pub fn replay(mut trace: impl BufRead, probing: bool) -> Result<Vec<Change>, Trouble> {
    let mut replay = Replay {
        judge: Judge::new(probing),
        neutral: true,
        posted: Posted { bad: false, monitoring: false },
        told: State::Blind,
        changes: Vec::new(),
    };
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let read = io::Read::take(&mut trace, LINE).read_until(b'\n', &mut text);
        let read = read.map_err(|error| Trouble { line, what: error.to_string() })?;
        if read == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let parsed = serde_json::from_slice(&text).map_err(|error| Trouble { line, what: plain(&error) })?;
        replay.line(parsed);
    }
    Ok(replay.changes)
}

/// One object a line, or a page to read.
pub fn print(changes: &[Change], json: bool, out: &mut dyn Write) -> io::Result<()> {
    for change in changes {
        if json {
            serde_json::to_writer(&mut *out, change)?;
            out.write_all(b"\n")?;
        } else {
            writeln!(out, "{}  {:<10} {}", clock(change.t), change.state, change.surfaces.join(", "))?;
        }
    }
    Ok(())
}

struct Replay {
    judge: Judge,
    neutral: bool,
    posted: Posted,
    told: State,
    changes: Vec<Change>,
}

impl Replay {
    fn line(&mut self, line: Line) {
        let (Line::Request { t, .. } | Line::Neutral { t, .. } | Line::Online { t, .. } | Line::Status { t, .. }) =
            line;
        self.wait_until(t);
        match line {
            Line::Request { surface, class, model, turn, .. } => {
                let way = if class == Class::OwnNetwork { Way::Silent } else { Way::Answered };
                // Titles and uploads fail for reasons of their own.
                let worth = if matches!(surface, Surface::Title | Surface::Upload) { 0.25 } else { 1.0 };
                self.judge.observe(&Seen { surface, class, worth, way, model: model.as_deref(), turn }, t);
            }
            Line::Neutral { up, .. } => self.neutral = up,
            Line::Online { up, .. } => self.judge.online(up),
            Line::Status { component, incident, .. } => {
                self.posted = Posted { bad: incident || component != Component::Operational, monitoring: false };
                self.judge.posted(self.posted, t);
            }
        }
        self.settle(t);
    }

    /// What falls due in between.
    fn wait_until(&mut self, t: Millis) {
        while let Some(due) = self.judge.wake().filter(|due| *due < t) {
            self.settle(due);
            // A wish that is not used up by being granted would turn in circles.
            if self.judge.wake().is_some_and(|next| next <= due) {
                break;
            }
        }
        self.judge.tick(t);
    }

    fn settle(&mut self, now: Millis) {
        self.judge.tick(now);
        if self.judge.asks(now) {
            self.judge.neutral(self.neutral, now);
            if self.neutral {
                self.judge.posted(self.posted, now);
            }
        }
        let state = self.judge.state();
        if self.told != state {
            self.told = state;
            let surfaces = self.judge.failing().map(Surface::name).collect();
            self.changes.push(Change { t: now, state: state.name(), surfaces });
        }
    }
}

/// What serde says, without the place inside the line: a trace is read line by line.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |at| text[..at].to_owned())
}
