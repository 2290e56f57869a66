//! Which notices a person gets: at most two for an incident, and only for what has lasted a minute.

use crate::codec::fields_and_rare;
use crate::input::Millis;
use crate::verdict::State;
use crate::words::Say;

/// A verdict, or a recovery, must have held this long. On the stress workload of the facts (blips of 15 s, doubled base
/// rates) every tested rule is wrong more than three times a year; a minute's wait is what they advise instead of a slower test.
pub const HOLD_MS: Millis = 60_000;

/// The name under which the shell tells that notices are allowed, beside the hosts.
pub const PERMISSION: &str = "notifications";

/// What a notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Claude is down.
    Down,
    /// Claude is back, and so many prompts wait to be put back.
    Back(u64),
    /// Prompts wait to be put back, so many: a limit is over, or there was no notice of what they waited for.
    Waiting(u64),
}

impl Notice {
    /// Its title, and what to do next.
    pub fn words(self) -> (Say, Say) {
        let (title, waiting) = match self {
            Self::Down => return (Say::new("title_down"), Say::new("notice_down")),
            Self::Back(waiting) => ("notice_title_back", waiting),
            Self::Waiting(waiting) => ("notice_title_waiting", waiting),
        };
        let text = match waiting {
            0 => Say::new("notice_back"),
            1 => Say::new("notice_waiting_one"),
            many => Say::new("notice_waiting").count(many),
        };
        (Say::new(title), text)
    }
}

/// What was said already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// The first failure of the incident that it is about.
    about: Millis,
    /// Notices given of it: none, the verdict, both.
    told: u32,
    /// Since when what is to be said next has held; 0 if it does not.
    since: Millis,
}

fields_and_rare!(Notices:; about, told, since);

impl Notices {
    /// Takes the state as it is now and tells whether something is to be said.
    pub fn step(&mut self, state: State, incident: Option<Millis>, now: Millis) -> Option<Notice> {
        let down = matches!(state, State::Down | State::Flapping);
        if incident.is_none() && self.told > 1 {
            // All was said of it.
            self.told = 0;
        }
        if let Some(incident) = incident.filter(|incident| down && *incident != self.about) {
            *self = Self { about: incident, told: 0, since: 0 };
        }
        let holds = match self.told {
            0 => down,
            1 => matches!(state, State::Clear | State::Recovering),
            _ => false,
        };
        if !holds {
            self.since = 0;
            return None;
        }
        if self.since == 0 {
            self.since = now;
        }
        if now.abs_diff(self.since) < HOLD_MS {
            return None;
        }
        self.since = 0;
        self.told += 1;
        Some(if self.told == 1 { Notice::Down } else { Notice::Back(0) })
    }

    /// Whether prompts that wait may have a notice by themselves: not beside those of an incident, of which there are two.
    pub const fn spares(&self) -> bool {
        self.told == 0
    }

    /// When it must be looked at again; 0 if nothing waits.
    pub fn due(&self) -> Millis {
        if self.since > 0 { self.since.saturating_add(HOLD_MS) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{HOLD_MS, Notice, Notices};
    use crate::verdict::State;

    const T: u64 = 1_772_451_420_000;

    /// Tells of every second what the last step before it was, and collects what is said.
    fn said(steps: &[(u64, State, u64)]) -> Vec<(u64, Notice)> {
        let mut notices = Notices::default();
        let mut said = Vec::new();
        for (index, (at, state, incident)) in steps.iter().enumerate() {
            let until = steps.get(index + 1).map_or(at + 200_000, |next| next.0);
            for now in (*at..until).step_by(1_000) {
                let incident = (*incident > 0).then_some(*incident);
                said.extend(notices.step(*state, incident, now).map(|notice| (now, notice)));
            }
        }
        said
    }

    #[test]
    fn a_verdict_and_a_recovery_that_hold_are_two_notices() {
        use State::{Clear, Down, Hiccup, Recovering, Suspected};
        let outage = [
            (T, Hiccup, T),
            (T + 30_000, Suspected, T),
            (T + 60_000, Down, T),
            (T + 600_000, Recovering, T),
            (T + 640_000, Clear, 0),
            (T + 9_000_000, Clear, 0),
        ];
        assert_eq!(said(&outage), [(T + 60_000 + HOLD_MS, Notice::Down), (T + 600_000 + HOLD_MS, Notice::Back(0))]);
    }

    #[test]
    fn what_does_not_hold_is_not_said() {
        use State::{Clear, Down, Recovering};
        assert_eq!(said(&[(T, Down, T), (T + HOLD_MS - 1_000, Recovering, T), (T + 900_000, Clear, 0)]), []);
        let relapse = [(T, Down, T), (T + 100_000, Recovering, T), (T + 130_000, Down, T), (T + 900_000, Down, T)];
        assert_eq!(said(&relapse), [(T + HOLD_MS, Notice::Down)], "a recovery that did not last is none");
    }

    #[test]
    fn up_and_down_again_is_never_more_than_two_for_one_incident() {
        let mut steps = Vec::new();
        for n in 0..40 {
            let state = if n % 2 == 0 { State::Flapping } else { State::Recovering };
            steps.push((T + n * 200_000, state, 7));
        }
        assert_eq!(said(&steps).len(), 2);
        steps.extend([(T + 90_000_000, State::Down, 8), (T + 99_000_000, State::Down, 8)]);
        assert_eq!(said(&steps).len(), 3, "another incident is told again");
    }

    #[test]
    fn a_clock_that_jumps_back_holds_nothing_up() {
        let mut notices = Notices::default();
        assert_eq!(notices.step(State::Down, Some(1), 1_000_000), None);
        assert_eq!(notices.step(State::Down, Some(1), 5), Some(Notice::Down));
    }
}
