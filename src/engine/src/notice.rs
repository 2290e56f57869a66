//! Which notices a person gets: at most two for an incident, and only for what has lasted a minute.

use crate::codec::{fields, variants};
use crate::input::Millis;
use crate::verdict::State;

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
    /// Claude is back.
    Back,
}

variants!(Notice: Down, Back);

/// What was said already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// The first failure of the incident that it is about.
    about: Option<Millis>,
    /// Notices given of it: none, the verdict, both.
    told: u32,
    /// What is to be said if it holds, and since when it has held.
    waiting: Option<(Notice, Millis)>,
}

fields!(Notices: about, told, waiting);

impl Notices {
    /// Takes the state as it is now and tells whether something is to be said.
    pub fn step(&mut self, state: State, incident: Option<Millis>, now: Millis) -> Option<Notice> {
        let down = matches!(state, State::Down | State::Flapping);
        if down && incident != self.about {
            *self = Self { about: incident, ..Self::default() };
        }
        let wanted = match (self.told, state) {
            (0, _) if down => Some(Notice::Down),
            (1, State::Clear | State::Recovering) => Some(Notice::Back),
            _ => None,
        };
        if wanted != self.waiting.map(|(notice, _)| notice) {
            self.waiting = wanted.map(|notice| (notice, now));
        }
        let (notice, _) = self.waiting.filter(|(_, since)| now.abs_diff(*since) >= HOLD_MS)?;
        self.waiting = None;
        self.told += 1;
        Some(notice)
    }

    /// When it must be looked at again.
    pub fn due(&self) -> Option<Millis> {
        self.waiting.map(|(_, since)| since.saturating_add(HOLD_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::{HOLD_MS, Notice, Notices};
    use crate::verdict::State;

    fn said(steps: &[(u64, State, Option<u64>)]) -> Vec<(u64, Notice)> {
        let mut notices = Notices::default();
        let mut said = Vec::new();
        for (at, state, incident) in steps {
            while let Some(due) = notices.due().filter(|due| due < at) {
                // The last state held until then.
                let held = steps.iter().rev().find(|(earlier, ..)| *earlier <= due).unwrap();
                said.extend(notices.step(held.1, held.2, due).map(|notice| (due, notice)));
            }
            said.extend(notices.step(*state, *incident, *at).map(|notice| (*at, notice)));
        }
        said
    }

    #[test]
    fn a_verdict_and_a_recovery_that_hold_are_two_notices() {
        use State::{Clear, Down, Hiccup, Recovering, Suspected};
        let outage = [
            (0, Hiccup, Some(0)),
            (30_000, Suspected, Some(0)),
            (60_000, Down, Some(0)),
            (600_000, Recovering, Some(0)),
            (640_000, Clear, None),
            (9_000_000, Clear, None),
        ];
        assert_eq!(said(&outage), [(60_000 + HOLD_MS, Notice::Down), (600_000 + HOLD_MS, Notice::Back)]);
    }

    #[test]
    fn what_does_not_hold_is_not_said() {
        use State::{Clear, Down, Recovering};
        assert_eq!(said(&[(0, Down, Some(0)), (HOLD_MS - 1, Recovering, Some(0)), (900_000, Clear, None)]), []);
        let relapse =
            [(0, Down, Some(0)), (100_000, Recovering, Some(0)), (130_000, Down, Some(0)), (900_000, Down, Some(0))];
        assert_eq!(said(&relapse), [(HOLD_MS, Notice::Down)], "a recovery that did not last is none");
    }

    #[test]
    fn up_and_down_again_is_never_more_than_two_for_one_incident() {
        let mut steps = Vec::new();
        for n in 0..40 {
            let state = if n % 2 == 0 { State::Flapping } else { State::Recovering };
            steps.push((n * 200_000, state, Some(7)));
        }
        assert_eq!(said(&steps).len(), 2);
        steps.extend([(90_000_000, State::Down, Some(8)), (99_000_000, State::Down, Some(8))]);
        assert_eq!(said(&steps).len(), 3, "another incident is told again");
    }

    #[test]
    fn a_clock_that_jumps_back_holds_nothing_up() {
        let mut notices = Notices::default();
        assert_eq!(notices.step(State::Down, Some(1), 1_000_000), None);
        assert_eq!(notices.step(State::Down, Some(1), 5), Some(Notice::Down));
    }
}
