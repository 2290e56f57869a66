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

use crate::codec::fields_and_rare;
use crate::input::{Millis, TabId};

/// Sends answered by a stream of which the tap told nothing.
pub const UNHEARD: u64 = 2;
/// Prompts that left by an unreadable way.
pub const UNREADABLE: u64 = 2;
/// Requests to API paths that no table knows. A page load is 20 to 40 requests, about half of them known.
pub const STRANGE: u64 = 10;
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

/// What is known of our own eyes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Of each [`Blindness`]: how often what speaks for it was seen in a row, and since when.
    rows: [(u64, Millis); 3],
    /// Where a page has begun and nothing in it was known yet.
    page: Option<TabId>,
}

fields_and_rare!(Sight:; rows, page);

impl Sight {
    /// A page has begun.
    pub fn hello(&mut self, tab: TabId) {
        self.clear(Blindness::Strange);
        self.page = Some(tab);
    }

    /// The tap is in place in a new page: it gets a new chance. True if that changes what is known.
    pub fn ready(&mut self) -> bool {
        let unheard = self.rows[Blindness::Unheard as usize].0 > 0;
        self.clear(Blindness::Unheard);
        unheard
    }

    /// A request leaves; true if that changes what is known.
    pub fn asked(&mut self, tab: TabId, look: Look, now: Millis) -> bool {
        let fresh = self.page == Some(tab);
        match look {
            Look::Readable => {
                self.clear(Blindness::Unreadable);
                self.began();
            }
            Look::Known if self.page.is_some() => self.began(),
            Look::Unreadable => self.add(Blindness::Unreadable, now),
            Look::Strange if fresh => {
                let (times, first) = self.rows[Blindness::Strange as usize];
                if times + 1 < STRANGE || now.abs_diff(first) >= STRANGE_MS {
                    self.add(Blindness::Strange, now);
                }
            }
            _ => return false,
        }
        true
    }

    /// A send that was answered by a stream has come to its end, and the tap told of it or did not.
    pub fn answered(&mut self, heard: bool, now: Millis) {
        if heard {
            self.clear(Blindness::Unheard);
        } else {
            self.add(Blindness::Unheard, now);
        }
    }

    /// Whether we are blind, why, and since when.
    pub fn blind(&self) -> Option<(Blindness, Millis)> {
        [(Blindness::Unheard, UNHEARD), (Blindness::Unreadable, UNREADABLE), (Blindness::Strange, STRANGE)]
            .into_iter()
            .find(|(why, least)| self.rows[*why as usize].0 >= *least)
            .map(|(why, _)| (why, self.rows[why as usize].1))
    }

    /// Something in the page is known.
    fn began(&mut self) {
        self.page = None;
        self.clear(Blindness::Strange);
    }

    fn clear(&mut self, why: Blindness) {
        self.rows[why as usize].0 = 0;
    }

    fn add(&mut self, why: Blindness, now: Millis) {
        let row = &mut self.rows[why as usize];
        if row.0 == 0 {
            row.1 = now;
        }
        row.0 += 1;
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
            for n in 0..STRANGE * 4 {
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
