//! The stories of the playground: the scenarios of the tests, as `src/lab` tells them (`www/stories.json`).

use serde::Deserialize;
use understudy_cli::accuracy::rng::Rng;
use understudy_cli::accuracy::workload::{Fate, Weather, millis};
use understudy_engine::{Millis, Surface};

/// What breaks when.
#[derive(Clone, Debug, Deserialize)]
pub struct Story {
    /// The scenario's name.
    pub id: String,
    /// One line.
    pub title: String,
    /// What it shows.
    pub shows: String,
    /// What the status page says as long as all is well.
    pub green: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, Deserialize)]
struct Step {
    at: Millis,
    say: String,
    clear: bool,
    dead: Option<bool>,
    faults: Vec<Fault>,
    status: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Fault {
    parts: Vec<String>,
    skip: u32,
    every: u32,
    #[serde(flatten)]
    answer: Wrong,
    #[serde(skip)]
    met: u32,
}

/// A failing answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Wrong {
    /// The HTTP status.
    pub status: u16,
    /// `content-type`
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The body.
    pub body: String,
}

/// All of them. What has no end in its scenario ends after half an hour.
pub fn stories() -> Vec<Story> {
    let mut stories: Vec<Story> = serde_json::from_str(include_str!("../../../www/stories.json")).unwrap_or_default();
    for story in &mut stories {
        let broken = story.broken();
        if !story.steps.iter().any(|step| step.clear) {
            let say = "Everything works again.".to_owned();
            story.steps.push(Step {
                at: broken + LASTS,
                say,
                clear: true,
                dead: Some(false),
                faults: Vec::new(),
                status: None,
            });
        }
    }
    stories
}

impl Story {
    /// When it begins to break.
    pub fn broken(&self) -> Millis {
        let first = self.steps.iter().find(|step| !step.faults.is_empty() || step.dead == Some(true));
        first.map_or(0, |step| step.at)
    }

    /// Whether nothing of it is Claude's.
    pub fn innocent(&self) -> bool {
        self.steps.iter().all(|step| step.faults.is_empty())
    }

    /// The stretch of time that is played.
    pub fn span(&self) -> (Millis, Millis) {
        (self.broken() - BEFORE, self.steps.last().map_or(0, |step| step.at) + AFTER)
    }

    /// What has happened last, in words.
    pub fn said(&self, at: Millis) -> Option<&str> {
        self.steps.iter().rev().find(|step| step.at <= at).map(|step| step.say.as_str())
    }

    /// What the status page says from when on.
    pub fn posts(&self) -> impl Iterator<Item = (Millis, &str)> {
        self.steps.iter().filter_map(|step| Some((step.at, step.status.as_deref()?)))
    }

    /// Whether nothing at all answers.
    pub fn dead(&self, at: Millis) -> bool {
        self.steps.iter().rev().filter(|step| step.at <= at).find_map(|step| step.dead).unwrap_or(false)
    }

    /// What a request meets.
    pub fn meets(&mut self, part: &str, at: Millis) -> Option<Wrong> {
        let mut wrong = None;
        for step in self.steps.iter_mut().filter(|step| step.at <= at) {
            if step.clear {
                wrong = None;
            }
            for fault in &mut step.faults {
                if !fault.parts.is_empty() && !fault.parts.iter().any(|one| one == part) {
                    continue;
                }
                let past = fault.met.checked_sub(fault.skip);
                fault.met += 1;
                if past.is_some_and(|past| past % fault.every.max(1) == 0) {
                    wrong = Some(fault.answer.clone());
                }
            }
        }
        wrong
    }
}

/// A story as the weather of one person's day.
pub struct Day {
    /// The story.
    pub story: Story,
    /// What each request met, in the order in which they were asked for.
    pub met: Vec<Option<Wrong>>,
}

impl Weather for Day {
    fn fate(&mut self, surface: Option<Surface>, t: f64, _: &mut Rng) -> (Fate, f64) {
        let at = self.story.span().0 + millis(t);
        let part = surface.map_or("telemetry", Surface::name);
        let wrong = self.story.meets(part, at);
        let fate = match &wrong {
            _ if self.story.dead(at) => Fate::Silent,
            None => Fate::Ok,
            Some(Wrong { status: 429, .. }) => Fate::Limit,
            Some(Wrong { status: 401, .. }) => Fate::Session,
            Some(_) => Fate::Error,
        };
        self.met.push(wrong);
        (fate, 0.0)
    }
}

/// Claude works for so long first …
const BEFORE: Millis = 15 * 60_000;
/// … and so long afterwards.
const AFTER: Millis = 15 * 60_000;
/// What a scenario leaves broken.
const LASTS: Millis = 30 * 60_000;
