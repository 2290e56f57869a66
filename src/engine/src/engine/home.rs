//! Homecoming: what is put off, what waits once Claude is back, and whether it may go back into its thread.
//!
//! Nothing goes back by itself, and nothing twice: the user clicks, the tab that shows the thread is the one that is written
//! into, and only if its composer is empty; what is on its way to Claude, or was answered, does not go.

use super::Engine;
use super::session::{Offer, Pending};
use crate::claude::{SITE, thread};
use crate::handoff::JOB_LIFE_MS;
use crate::input::{EntryId, JobId, Millis};
use crate::notice::{Notice, PERMISSION};
use crate::outbox::{Entry, EntryState, NO_MORE, RIPE, TILL_ANSWER, TILL_BACK};
use crate::output::{Output, Target};
use crate::verdict::State;
use crate::view::HomeRow;
use crate::words::Say;

/// For this long after a recovery the prompts of the outage are offered by themselves.
const RECENT_MS: Millis = 3 * 3_600_000;

impl Engine {
    /// The user puts a prompt off, or does not want to be offered it any more.
    pub(super) fn put_off(&mut self, id: &EntryId, on: bool, now: Millis) {
        let Some(entry) = self.outbox.get_mut(id).filter(|entry| can_wait(entry) && entry.draft.is_none()) else {
            return;
        };
        entry.later = Some(match entry.limit {
            _ if !on => NO_MORE,
            Some(limit) if limit == TILL_ANSWER || limit > now => limit,
            _ => TILL_BACK,
        });
        // What is seen of Claude from now on is what it waits for.
        entry.touched = now;
        self.keep(id);
    }

    /// An incident is over, and its end was seen.
    pub(super) fn come_back(&mut self, since: Millis, now: Millis) {
        // One that comes again and again is one to its user.
        if self.session.back_at.saturating_add(RECENT_MS) <= now {
            self.session.back_since = since;
        }
        self.session.back_since = self.session.back_since.min(since);
        self.session.back_at = now;
    }

    /// What prompts were put off for has come: that is told once.
    pub(super) fn ripen(&mut self, now: Millis) {
        if !self.is_back() {
            return;
        }
        let ripe = self.outbox.ripen(self.session.judge.seen_at().unwrap_or_default(), now);
        if !ripe.is_empty() && self.session.notices.spares() && self.said().is_none() && self.allowed(PERMISSION) {
            self.outputs.push(Output::Notify(Notice::Waiting(self.waiting(now))));
        }
        self.keep_all(&ripe);
    }

    /// Stores what has changed.
    pub(super) fn keep_all(&mut self, changed: &[EntryId]) {
        for id in changed {
            self.keep(id);
        }
    }

    /// When the next limit ends that a prompt waits for; 0 if none does.
    pub(super) fn put_off_until(&self) -> Millis {
        let mut until = 0;
        for entry in self.outbox.put_off() {
            if let Some(at) = entry.later.filter(|at| *at > NO_MORE && (until == 0 || *at < until)) {
                until = at;
            }
        }
        until
    }

    /// How many prompts were put off until now.
    pub(super) fn waiting(&self, now: Millis) -> u64 {
        if !self.is_back() {
            return 0;
        }
        self.outbox.put_off().filter(|entry| is_ripe(entry, now)).count() as u64
    }

    /// The same, with those that wait for what is told just now: that Claude is back.
    pub(super) fn awaited(&self, now: Millis) -> u64 {
        let waits = |entry: &&Entry| entry.later == Some(TILL_BACK) || is_ripe(entry, now);
        self.outbox.put_off().filter(waits).count() as u64
    }

    /// Whether Claude can be gone on with, as far as is known.
    fn is_back(&self) -> bool {
        self.session.online && matches!(self.state(), State::Clear | State::Blind)
    }

    /// Whether a prompt may be put back: it was not answered, is not on its way, and its chat exists or can.
    pub(super) fn may_go_back(&self, id: &EntryId, now: Millis) -> bool {
        // A request whose end was never heard does not bar the way for ever.
        self.outbox.get(id).is_some_and(can_wait) && !self.is_on_its_way(id, now.saturating_sub(JOB_LIFE_MS))
    }

    /// Whether a prompt is on its way to Claude, and has been since no earlier than this.
    fn is_on_its_way(&self, id: &EntryId, since: Millis) -> bool {
        let open = |pending: &Pending| {
            pending.done_at.is_none() && pending.started >= since && pending.entry.as_ref() == Some(id)
        };
        self.session.requests.values().any(open)
    }

    /// Whether a card that blames Claude for its prompt is out of date: what was wrong is over since, and was seen to be, and the prompt
    /// can go back. That something else answers, a list perhaps, is no end of it.
    pub(super) fn can_go_back(&self, offer: &Offer) -> bool {
        offer.blames_claude()
            && self.session.online
            && self.state() == State::Clear
            && self.session.back_at > offer.at
            && offer.entry.as_ref().is_some_and(|id| self.may_go_back(id, JOB_LIFE_MS))
    }

    /// Whether a page in which a prompt failed stands there as it was then.
    pub(super) fn failed_here(&self, entry: &Entry) -> bool {
        let about = |told: Option<&EntryId>| told == Some(&entry.id);
        self.session.tabs.values().any(|page| {
            page.hello <= entry.at
                && (page.offer.as_ref().is_some_and(|offer| about(offer.entry.as_ref()))
                    || page.dismissed.as_ref().is_some_and(|closed| about(closed.entry.as_ref())))
        })
    }

    /// The prompt stands in its thread again: cards that offered just that have nothing more to say.
    pub(super) fn close_recovered(&mut self, entry: Option<&EntryId>) {
        let done = |offer: &Offer| offer.entry.as_ref() == entry && self.can_go_back(offer);
        let tabs: Vec<_> = self
            .session
            .tabs
            .iter()
            .filter(|(_, tab)| tab.offer.as_ref().is_some_and(done))
            .map(|(id, _)| *id)
            .collect();
        for id in tabs {
            if let Some(tab) = self.session.tabs.get_mut(&id) {
                tab.offer = None;
            }
        }
    }

    /// A notice was clicked: the thread that was left, if it is but one, else Claude.
    pub(super) fn on_noticed(&mut self, now: Millis) {
        let mut only: Option<String> = None;
        let mut several = false;
        for thread in self.outbox.newest_first().filter(|entry| self.is_left(entry, now)).filter_map(thread_of) {
            several |= only.as_ref().is_some_and(|other| *other != thread);
            only = Some(thread);
        }
        let url = only.filter(|_| !several).unwrap_or_else(|| [SITE, "/"].concat());
        self.outputs.push(Output::Open { job: JobId::new(), target: Target::Thread { url, at: None }, tab: None });
    }

    /// Whether an outage or a limit has left a prompt behind, and Claude is back.
    fn is_left(&self, entry: &Entry, now: Millis) -> bool {
        let of_outage =
            self.session.back_at.saturating_add(RECENT_MS) > now && entry.touched >= self.session.back_since;
        let wanted = entry.later != Some(NO_MORE) && !entry.is_put_back() && entry.draft.is_none();
        self.is_back() && (is_ripe(entry, now) || (of_outage && wanted && self.may_go_back(&entry.id, now)))
    }

    /// What was left behind, for the popup: the newest first.
    pub(super) fn home_rows(&self, now: Millis) -> Vec<HomeRow> {
        let row =
            |entry: &Entry| HomeRow { entry: entry.id.clone(), thread: thread_of(entry), put_off: is_ripe(entry, now) };
        self.outbox.newest_first().filter(|entry| self.is_left(entry, now)).map(row).collect()
    }

    /// Whether there is something that a prompt can be put off for.
    pub(super) fn may_wait(&self, entry: &Entry, now: Millis) -> bool {
        let told = || {
            let mut offers = self.session.tabs.values().filter_map(|tab| tab.offer.as_ref());
            offers.any(|offer| offer.entry.as_ref() == Some(&entry.id) && !self.can_go_back(offer))
        };
        let limited = entry.limit.is_some_and(|limit| limit == TILL_ANSWER || limit > now);
        can_wait(entry)
            && entry.draft.is_none()
            && entry.later.is_none_or(|later| later == NO_MORE)
            && !entry.is_put_back()
            && (limited || !self.is_back() || told())
    }
}

/// Whether a prompt is one that can be put back at all: in place of a temporary chat's, which is gone, any other would keep it.
fn can_wait(entry: &Entry) -> bool {
    entry.state != EntryState::Confirmed && !entry.temporary
}

/// Whether what a prompt was put off for has come.
fn is_ripe(entry: &Entry, now: Millis) -> bool {
    can_wait(entry) && entry.later.is_some_and(|later| later == RIPE || (later > NO_MORE && later <= now))
}

/// What a prompt waits for, in words.
pub(super) fn put_off_words(entry: &Entry, now: Millis) -> Option<Say> {
    match entry.later? {
        TILL_BACK => Some(Say::new("later_back")),
        TILL_ANSWER => Some(Say::new("later_answer")),
        NO_MORE => None,
        _ if is_ripe(entry, now) => Some(Say::new("later_ripe")),
        at => Some(Say::new("later_until").time(at)),
    }
}

/// The page of the thread that a prompt belongs to; none if it was to begin one and never did.
pub(super) fn thread_of(entry: &Entry) -> Option<String> {
    let missing = entry.first && entry.state == EntryState::NotSent;
    entry.conversation.as_deref().filter(|_| !missing).map(thread)
}
