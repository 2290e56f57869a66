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
        // In quarters of whole minutes, for the axis.
        let from = (self.broken() - BEFORE) / TEN_MINUTES * TEN_MINUTES;
        let to = self.steps.last().map_or(0, |step| step.at) + AFTER;
        (from, from + (to - from).next_multiple_of(4 * TEN_MINUTES))
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
                let since = fault.met.checked_sub(fault.skip);
                fault.met += 1;
                if since.is_some_and(|since| since % fault.every.max(1) == 0) {
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
const AFTER: Millis = 13 * 60_000;
const TEN_MINUTES: Millis = 10 * 60_000;
/// What a scenario leaves broken.
const LASTS: Millis = 30 * 60_000;

#[cfg(test)]
mod tests {
    use super::stories;

    #[test]
    fn faults_come_in_turn_and_end() {
        let mut story = stories().swap_remove(0);
        assert_eq!(story.id, "2026-03-02");
        let broken = story.broken();
        assert!(story.meets("completion", broken - 1).is_none());
        // Two of three answer 500; every third send from the third on meets the overload protection.
        let met: Vec<_> = (0..7).map(|n| story.meets("completion", broken + n).map(|wrong| wrong.status)).collect();
        assert_eq!(met, [500, 500, 529, 500, 500, 529, 500].map(Some));
        assert_eq!(story.meets("document", broken).map(|wrong| wrong.status), Some(500));
        assert!(story.meets("telemetry", broken).is_none());
        let (from, to) = story.span();
        assert!(story.meets("completion", to).is_none(), "service is back");
        assert_eq!((to - from) % (40 * 60_000), 0, "the axis has whole minutes");
        assert_eq!(story.said(broken - 1), Some("Claude works."));
    }

    #[test]
    fn every_story_breaks_and_ends() {
        let stories = stories();
        assert_eq!(stories.len(), 4);
        for mut story in stories {
            let (from, to) = story.span();
            let middle = story.broken() + 60_000;
            assert!(from < story.broken() && middle < to);
            let parts = ["completion", "list", "document"];
            assert!(story.dead(middle) || parts.iter().any(|part| story.meets(part, middle).is_some()), "{}", story.id);
            assert!(!story.dead(to) && parts.iter().all(|part| story.meets(part, to).is_none()), "{}", story.id);
        }
    }
}
