//! Scenario files: what breaks when, what the user does, and what must be true afterwards.

use crate::clock::now_ms;
use crate::fault::{Fault, Network};
use crate::status::StatusChange;
use crate::world::World;
use serde::Deserialize;
use serde::de::{self, Deserializer};
use std::path::{Path, PathBuf};
use std::{fmt, fs};
use understudy_engine::outbox::EntryState;
use understudy_engine::verdict::State;

/// A scenario, as read from `tests/scenarios/*.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// One line.
    pub title: String,
    /// What it shows, for a reader.
    pub shows: String,
    /// So many seconds of the story pass in one real second.
    #[serde(default = "one")]
    pub compression: f64,
    /// The clock time (UTC) at the story's second 0, when the steps carry clock times.
    #[serde(default)]
    pub starts: When,
    /// Whether the extension may ask claude.ai from its page, as it does by itself; without, the user's own requests are all it has.
    #[serde(default = "yes")]
    pub probes: bool,
    /// What the user does, in this order. Claude.ai is open in a tab and works when second 0 comes; the front-end's own retries are not
    /// listed.
    #[serde(default)]
    pub user: Vec<UserStep>,
    /// The timeline, in order of time.
    #[serde(default, rename = "at")]
    pub steps: Vec<Step>,
    /// What a person sees change, in order and complete: one change more is as wrong as one fewer. It begins with second 0, when
    /// Claude works and nothing is said.
    #[serde(default)]
    pub timeline: Vec<Sight>,
    /// What else must be true.
    #[serde(default, rename = "expect")]
    pub expects: Vec<Expect>,
}

/// One moment of the timeline. Its parts are carried out in the order in which they are listed here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Step {
    /// When: seconds since the start, or a clock time.
    pub time: When,
    /// What happens, for a reader and for the demo's story.
    pub say: String,
    /// Mends all earlier faults and the network first.
    pub clear: bool,
    /// Sets the network.
    pub network: Option<Network>,
    /// Signs the account in or out on the server's side.
    pub session: Option<Session>,
    /// Breaks these, in this order: the last one that matches a request decides.
    pub faults: Vec<Fault>,
    /// Publishes something on the status page.
    pub status: Option<StatusChange>,
}

/// A moment: seconds since the scenario's start, or a clock time (seconds since midnight).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// Seconds since the start.
    Seconds(f64),
    /// Seconds since midnight UTC; `"11:37"` or `"11:37:30"` in the file.
    Clock(u32),
}

/// Whether the account is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Session {
    /// Signed in.
    In,
    /// Signed out: every cookie handed out before is void.
    Out,
}

/// Something the user does, and when.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "UserStepText")]
pub struct UserStep {
    /// What.
    pub does: Deed,
    /// Not before this moment; without it, as soon as what came before it is over.
    pub time: Option<When>,
    /// Not before so many real seconds have passed since the deed before: evidence needs time, and the user has patience.
    pub wait: u32,
    /// The model that is chosen first.
    pub model: Option<String>,
}

/// In the file: `"send"`, or `{ time = "11:38", does = "send" }`.
#[derive(Deserialize)]
#[serde(untagged)]
enum UserStepText {
    Now(Deed),
    At(UserStepAt),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserStepAt {
    time: Option<When>,
    #[serde(default)]
    wait: u32,
    model: Option<String>,
    does: Deed,
}

impl From<UserStepText> for UserStep {
    fn from(text: UserStepText) -> Self {
        match text {
            UserStepText::Now(does) => Self { does, time: None, wait: 0, model: None },
            UserStepText::At(UserStepAt { time, wait, model, does }) => Self { does, time, wait, model },
        }
    }
}

/// Something the user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Loads the page again.
    Reload,
    /// Opens an older conversation.
    Load,
    /// Sends a prompt.
    Send,
    /// Sends a prompt and presses Stop while the answer comes.
    Stop,
    /// Uploads a file.
    Upload,
}

/// What a person sees from some moment on, until the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sight {
    /// It comes after so many of the user's deeds, and before the next one.
    pub after: usize,
    /// So many real seconds after that deed at the latest.
    #[serde(default = "soon")]
    pub within: u32,
    /// The verdict.
    pub state: State,
    /// The message key of the popup's headline.
    pub headline: String,
    /// The message key of the card's title; without it there is no card.
    pub card: Option<String>,
    /// The badge's text.
    #[serde(default)]
    pub badge: String,
}

/// What must be true at some moment. What is not named is not judged.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Expect {
    /// After so many of the user's deeds; without it, after all of them.
    pub after: Option<usize>,
    /// Not before this moment of the timeline.
    pub time: Option<When>,
    /// What is meant, for a reader.
    pub say: String,
    /// Whether another assistant is offered.
    pub offer: Option<bool>,
    /// The message key of what the popup tells of the official status page.
    pub official: Option<String>,
    /// The state of the newest saved prompt.
    #[serde(deserialize_with = "entry")]
    pub entry: Option<EntryState>,
    /// Whether the limit's reset time is shown.
    pub resets_at: Option<bool>,
}

impl Scenario {
    /// Reads a scenario from its text.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self = toml::from_str(text).map_err(|error| ScenarioError::Text(error.to_string()))?;
        if scenario.steps.iter().any(|step| scenario.seconds(step.time) < 0.0) {
            return Err(ScenarioError::Text("a step lies before the scenario's start".to_owned()));
        }
        let mut steps = std::mem::take(&mut scenario.steps);
        steps.sort_by(|a, b| scenario.seconds(a.time).total_cmp(&scenario.seconds(b.time)));
        scenario.steps = steps;
        Ok(scenario)
    }

    /// Reads a scenario file.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let text = fs::read_to_string(path).map_err(|error| ScenarioError::File(path.to_owned(), error.to_string()))?;
        Self::parse(&text).map_err(|error| match error {
            ScenarioError::Text(why) => ScenarioError::File(path.to_owned(), why),
            file @ ScenarioError::File(..) => file,
        })
    }

    /// Reads one of this repository's scenarios by its name, for example `overloaded-529`.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        Self::read(&Self::folder().join(format!("{name}.toml")))
    }

    /// Where this repository's scenarios are.
    pub fn folder() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scenarios"))
    }

    /// The names of this repository's scenarios, sorted.
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(Self::folder())
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// Seconds since the start at a moment.
    pub fn seconds(&self, when: When) -> f64 {
        match (when, self.starts) {
            (When::Seconds(seconds), _) => seconds,
            (When::Clock(clock), When::Clock(start)) => f64::from(clock) - f64::from(start),
            (When::Clock(clock), When::Seconds(_)) => f64::from(clock),
        }
    }

    /// The clock time at so many seconds since the start, `11:37:20`; without a clock, minutes and seconds.
    pub fn clock(&self, seconds: f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a scenario's length in seconds, never negative"
        )]
        let since = seconds.max(0.0) as u64;
        match self.starts {
            When::Clock(start) => {
                let at = u64::from(start) + since;
                format!("{:02}:{:02}:{:02}", at / 3_600 % 24, at / 60 % 60, at % 60)
            }
            When::Seconds(_) => format!("{:02}:{:02}", since / 60, since % 60),
        }
    }

    /// Seconds from the start to the last step.
    pub fn length(&self) -> f64 {
        self.steps.last().map_or(0.0, |step| self.seconds(step.time))
    }
}

impl Step {
    pub(crate) fn carry_out(&self, world: &World) {
        let network = self.network.clone().or_else(|| self.clear.then(Network::default));
        world.change(|state| {
            if self.clear {
                state.mend(|_| false);
            }
            if let Some(session) = self.session {
                state.claude.sign(session == Session::In);
            }
            for fault in &self.faults {
                state.arm(fault.clone());
            }
            if let Some(change) = &self.status {
                state.status.change(change, now_ms());
            }
        });
        if let Some(network) = network {
            world.network.send_replace(network);
        }
    }
}

impl Default for When {
    fn default() -> Self {
        Self::Seconds(0.0)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = When;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("seconds since the start, or a clock time such as \"11:37\"")
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<When, E> {
                Ok(When::Seconds(seconds))
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<When, E> {
                let seconds = i32::try_from(seconds).map_err(|_| E::custom("too many seconds"))?;
                Ok(When::Seconds(f64::from(seconds)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<When, E> {
                let numbers: Result<Vec<u32>, _> = text.split(':').map(str::parse).collect();
                match numbers.as_deref() {
                    Ok([hour @ 0..=23, minute @ 0..=59]) => Ok(When::Clock(hour * 3_600 + minute * 60)),
                    Ok([hour @ 0..=23, minute @ 0..=59, second @ 0..=59]) => {
                        Ok(When::Clock(hour * 3_600 + minute * 60 + second))
                    }
                    _ => Err(E::custom(format!("{text:?} is no clock time"))),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

// The engine's names, found by the engine's own spelling: what it can read back itself is its own affair.

fn entry<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EntryState>, D::Error> {
    named(&String::deserialize(deserializer)?, &ENTRY_STATES, EntryState::name).map(Some)
}

fn named<T: Copy, E: de::Error>(name: &str, all: &[T], name_of: fn(T) -> &'static str) -> Result<T, E> {
    all.iter().copied().find(|one| name_of(*one) == name).ok_or_else(|| E::custom(format!("{name:?} is not known")))
}

const ENTRY_STATES: [EntryState; 3] = [EntryState::NotSent, EntryState::Unknown, EntryState::Confirmed];

/// Why a scenario cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScenarioError {
    /// The text is wrong.
    Text(String),
    /// The file is missing, or its text is wrong.
    File(PathBuf, String),
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(why) => write!(formatter, "{why}"),
            Self::File(path, why) => write!(formatter, "{}: {why}", path.display()),
        }
    }
}

impl std::error::Error for ScenarioError {}

/// A busy machine with two browsers needs no longer for what happens at once.
const fn soon() -> u32 {
    20
}

const fn yes() -> bool {
    true
}

const fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Effect;
    use crate::shape::Shape;

    #[test]
    fn reads_clock_times_and_seconds() {
        let text = "title = \"t\"\nshows = \"s\"\nstarts = \"11:35\"\n[[at]]\ntime = \"11:49\"\n[[at]]\ntime = 2.5\n";
        let scenario = Scenario::parse(text).unwrap();
        let times: Vec<f64> = scenario.steps.iter().map(|step| scenario.seconds(step.time)).collect();
        assert_eq!(times, [2.5, 840.0]);
        assert_eq!(scenario.clock(840.0), "11:49:00");
        assert!((scenario.length() - 840.0).abs() < f64::EPSILON);
    }

    #[test]
    fn reads_faults_as_they_are_written() {
        let text = "title = \"t\"\nshows = \"s\"\n[[at]]\n[[at.faults]]\non = { parts = [\"completion\"] }\n\
                    effect = { answer = { shape = \"overloaded\" } }\ntimes = 2\n[[at.faults]]\non = { path = \"/new\", method = \"GET\" }\neffect = \"reset\"\n";
        let scenario = Scenario::parse(text).unwrap();
        assert_eq!(scenario.steps[0].faults[0].effect, Effect::shape(Shape::Overloaded));
        assert_eq!(scenario.steps[0].faults[1].effect, Effect::Reset);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let head = "title = \"t\"\nshows = \"s\"\n";
        for wrong in [
            "colour = 1\n",
            "[[at]]\nfault = []\n",
            "[[at]]\ntime = \"25:00\"\n",
            "[[at]]\n[[at.faults]]\non = {}\neffect = \"explode\"\n",
            "[[at]]\n[[at.faults]]\non = { surfaces = [] }\neffect = \"reset\"\n",
            "[[at]]\n[[at.faults]]\non = {}\neffect = { stream-error = { after = 1, kind = \"x\", kid = 2 } }\n",
            "user = [\"dance\"]\n",
            "user = [{ time = 1, does = \"send\", twice = true }]\n",
            "[[timeline]]\nafter = 1\nstate = \"broken\"\nheadline = \"x\"\n",
            "[[timeline]]\nafter = 1\nstate = [\"down\", \"clear\"]\nheadline = \"x\"\n",
            "[[timeline]]\nstate = \"down\"\nheadline = \"x\"\n",
            "[[expect]]\nentry = \"lost\"\n",
        ] {
            assert!(Scenario::parse(&format!("{head}{wrong}")).is_err(), "{wrong}");
        }
        assert!(
            Scenario::parse("title = \"t\"\nshows = \"s\"\nstarts = \"11:00\"\n[[at]]\ntime = \"10:00\"\n").is_err()
        );
    }
}
