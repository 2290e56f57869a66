//! Whether what should be seen is seen. Blind is not green, and an idle page is not blind.
//!
//! Three ways to go blind, each told by something that does happen, never by silence:
//! - **unheard**: the browser tells of sends that were answered by a stream, and the tap says nothing of them (it is not in
//!   the page, or another script has taken its place). [`UNHEARD`] in a row: one may be a page that is just being left.
//! - **unreadable**: prompts leave by the way that cannot be read (gRPC; see [`crate::claude::look`]). [`UNREADABLE`] in a
//!   row without a readable one between.
//! - **strange**: a page has begun, at least [`STRANGE`] requests to API paths that no table knows have gone by over at
//!   least [`STRANGE_MS`], and not one that the table knows. Every page of today's claude.ai begins with known ones, so a
//!   page that has begun well is never blind in this way, however long it idles and whatever it polls.

use crate::codec::fields;
use crate::input::{Millis, TabId};

/// Sends answered by a stream of which the tap told nothing.
pub const UNHEARD: u32 = 2;
/// Prompts that left by an unreadable way.
pub const UNREADABLE: u32 = 2;
/// Requests to API paths that no table knows. A page load is 20 to 40 requests, about half of them known.
pub const STRANGE: u32 = 10;
/// … over this long. The known requests of a page load come within seconds; this allows for a very slow network.
pub const STRANGE_MS: Millis = 120_000;

/// Why nothing is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blindness {
    /// The tap does not hear the answers.
    Unheard,
    /// Prompts leave by a way that cannot be read.
    Unreadable,
    /// Nothing in the page is known.
    Strange,
}

/// What a request means for sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A request that the table knows and that tells of health.
    Known,
    /// A prompt that can be read.
    Readable,
    /// A prompt that cannot.
    Unreadable,
    /// An API path that no table knows.
    Strange,
    /// Anything else.
    Nothing,
}

/// How often something was seen in a row, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Row {
    times: u32,
    first: Millis,
    last: Millis,
}

fields!(Row: times, first, last);

impl Row {
    fn add(&mut self, now: Millis) {
        if self.times == 0 {
            self.first = now;
        }
        self.times = self.times.saturating_add(1);
        self.last = now;
    }
}

/// What is known of our own eyes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    unheard: Row,
    unreadable: Row,
    strange: Row,
    /// The page that has begun last, until something in it is known.
    page: Option<TabId>,
}

fields!(Sight: unheard, unreadable, strange, page);

impl Sight {
    /// A page has begun.
    pub fn hello(&mut self, tab: TabId) {
        self.strange = Row::default();
        self.page = Some(tab);
    }

    /// The tap is in place in a new page: it gets a new chance.
    pub fn ready(&mut self) {
        self.unheard = Row::default();
    }

    /// A request leaves.
    pub fn asked(&mut self, tab: TabId, look: Look, now: Millis) {
        match look {
            Look::Known | Look::Readable => {
                self.strange = Row::default();
                self.page = None;
                if look == Look::Readable {
                    self.unreadable = Row::default();
                }
            }
            Look::Unreadable => self.unreadable.add(now),
            Look::Strange if self.page == Some(tab) => self.strange.add(now),
            Look::Strange | Look::Nothing => {}
        }
    }

    /// A send that was answered by a stream has come to its end, and the tap told of it or did not.
    pub fn answered(&mut self, heard: bool, now: Millis) {
        if heard {
            self.unheard = Row::default();
        } else {
            self.unheard.add(now);
        }
    }

    /// Whether we are blind, why, and since when.
    pub fn blind(&self) -> Option<(Blindness, Millis)> {
        if self.unheard.times >= UNHEARD {
            Some((Blindness::Unheard, self.unheard.first))
        } else if self.unreadable.times >= UNREADABLE {
            Some((Blindness::Unreadable, self.unreadable.first))
        } else if self.strange.times >= STRANGE && self.strange.last.abs_diff(self.strange.first) >= STRANGE_MS {
            Some((Blindness::Strange, self.strange.first))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Blindness, Look, STRANGE, STRANGE_MS, Sight};

    #[test]
    fn a_tap_that_says_nothing_is_found_at_the_second_answer() {
        let mut sight = Sight::default();
        sight.answered(false, 10);
        assert_eq!(sight.blind(), None);
        sight.answered(false, 20);
        assert_eq!(sight.blind(), Some((Blindness::Unheard, 10)));
        sight.answered(true, 30);
        assert_eq!(sight.blind(), None);
        sight.answered(false, 40);
        sight.ready();
        sight.answered(false, 50);
        assert_eq!(sight.blind(), None, "a reload is a new chance");
    }

    #[test]
    fn prompts_that_cannot_be_read_are_not_health() {
        let mut sight = Sight::default();
        sight.asked(1, Look::Unreadable, 10);
        sight.asked(1, Look::Known, 15);
        assert_eq!(sight.blind(), None);
        sight.asked(1, Look::Unreadable, 20);
        assert_eq!(sight.blind(), Some((Blindness::Unreadable, 10)), "healthy lists do not hide it");
        sight.asked(1, Look::Readable, 30);
        assert_eq!(sight.blind(), None);
    }

    #[test]
    fn a_redesign_is_found_and_an_idle_page_is_not_blind() {
        let mut sight = Sight::default();
        let flood = |sight: &mut Sight, tab| {
            for n in 0..u64::from(STRANGE) * 4 {
                sight.asked(tab, Look::Strange, 1_000 + n * STRANGE_MS / 8);
            }
        };
        flood(&mut sight, 1);
        assert_eq!(sight.blind(), None, "no page has begun");
        sight.hello(1);
        sight.asked(1, Look::Known, 500);
        flood(&mut sight, 1);
        assert_eq!(sight.blind(), None, "a page that has begun well idles and polls what it likes");
        sight.hello(1);
        flood(&mut sight, 2);
        assert_eq!(sight.blind(), None, "another tab says nothing of this one");
        flood(&mut sight, 1);
        assert_eq!(sight.blind(), Some((Blindness::Strange, 1_000)));
        sight.asked(1, Look::Known, 9_000_000);
        assert_eq!(sight.blind(), None);
        sight.hello(1);
        for _ in 0..STRANGE * 2 {
            sight.asked(1, Look::Strange, 1_000);
        }
        assert_eq!(sight.blind(), None, "a burst at once may still be followed by what is known");
    }
}
