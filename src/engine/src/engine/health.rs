//! The fallbacks' own health: when it is asked for, and what it does to their order.

use super::Engine;
use super::session::{Fallback, OfferKind};
use crate::health::{self, Condition};
use crate::input::Millis;
use crate::output::Output;
use crate::provider;
use crate::words::Say;

/// While an incident lasts, no status page is asked more often, in milliseconds.
const AGAIN_MS: Millis = 5 * 60_000;
/// The offer stands already and waits for nobody: an answer that takes longer than this comes too late to help.
const TIMEOUT_MS: u32 = 5_000;
/// Fallbacks on the card.
const ON_CARD: usize = 4;
/// For so long a handoff that found nothing counts against its fallback, in milliseconds.
const MISSED_MS: Millis = 3_600_000;

impl Engine {
    /// On suspicion only: an incident is open, and somebody is being offered a way out of it. Then each offered fallback that
    /// has a feed is asked once, and again at the earliest five minutes later, when something else has woken us.
    pub(super) fn ask_health(&mut self, now: Millis) {
        let asked = self.session.asked_fallbacks;
        let offers = |kind: OfferKind| !matches!(kind, OfferKind::Offline | OfferKind::OwnNetwork);
        let offered = self.session.tabs.values().any(|tab| tab.offer.as_ref().is_some_and(|offer| offers(offer.kind)));
        if self.session.incident.is_none() || !offered || (asked > 0 && now.abs_diff(asked) < AGAIN_MS) {
            return;
        }
        self.session.asked_fallbacks = now;
        self.dirty = true;
        for id in &self.settings.fallbacks {
            if let Some(found) = provider::find(id)
                && let Some(feed) = found.feed
            {
                let (provider, url) = (found.id, feed.url);
                self.outputs.push(Output::FetchHealth { provider, url, timeout_ms: TIMEOUT_MS });
            }
        }
    }

    /// What a status page has answered. Nothing waits for it, and what cannot be read is unknown.
    pub(super) fn on_health(&mut self, provider: &str, body: Option<&str>, now: Millis) {
        // The incident may be over by now.
        let Some(found) = provider::find(provider).filter(|_| self.session.asked_fallbacks > 0) else { return };
        let (Some(feed), Some(body)) = (found.feed, body) else { return };
        let read = health::read(feed, body, now);
        let known = self.fallback(found.id);
        (known.condition, known.title, known.since) = (read.condition, read.title, read.since);
        self.dirty = true;
    }

    /// The incident is over: what the fallbacks were like in it is of no interest any more.
    pub(super) fn forget_health(&mut self) {
        self.session.asked_fallbacks = 0;
        for known in &mut self.session.fallbacks {
            known.condition = Condition::Unknown;
        }
    }

    /// What a handoff has found at a fallback.
    pub(super) fn note_missed(&mut self, provider: &str, missed: bool, now: Millis) {
        if missed || self.known(provider).is_some() {
            self.fallback(provider).missed = missed.then_some(now);
        }
    }

    fn fallback(&mut self, provider: &str) -> &mut Fallback {
        let known = &mut self.session.fallbacks;
        let at = known.iter().position(|known| known.provider == provider).unwrap_or(known.len());
        if at == known.len() {
            known.push(Fallback {
                provider: provider.to_owned(),
                condition: Condition::Unknown,
                title: String::new(),
                since: None,
                missed: None,
            });
        }
        &mut known[at]
    }

    fn known(&self, id: &str) -> Option<&Fallback> {
        self.session.fallbacks.iter().find(|known| known.provider == id)
    }

    /// The offered fallbacks, health before preference: those that nothing is known against come first, then those where the
    /// last handoff found nothing, then those that are in an incident; each kind in the user's order.
    pub(super) fn ranked(&self) -> Vec<&str> {
        let mut ranked = Vec::new();
        for rank in 0..4 {
            for id in &self.settings.fallbacks {
                if self.rank(id) == rank {
                    ranked.push(id.as_str());
                }
            }
        }
        ranked
    }

    /// Those of the card: the one that comes first, and the user's first ones behind it, in trouble or not.
    pub(super) fn on_card(&self) -> Vec<&str> {
        let chosen = &self.settings.fallbacks;
        let mut shown = Vec::new();
        for id in self.ranked() {
            let early = chosen.iter().take(ON_CARD).any(|chosen| chosen == id);
            if shown.is_empty() || (early && shown.len() < ON_CARD) {
                shown.push(id);
            }
        }
        shown
    }

    #[inline(never)]
    fn rank(&self, id: &str) -> u32 {
        match self.known(id) {
            Some(known) if known.condition == Condition::Down => 3,
            Some(known) if known.condition == Condition::Degraded => 2,
            Some(known) if known.missed.is_some() => 1,
            _ => 0,
        }
    }

    /// A handoff that found nothing is forgotten after an hour.
    pub(super) fn age_health(&mut self, now: Millis) {
        for known in &mut self.session.fallbacks {
            if known.missed.is_some_and(|at| now.abs_diff(at) >= MISSED_MS) {
                known.missed = None;
                self.dirty = true;
            }
        }
    }

    /// Whether a fallback is in an incident of its own.
    pub(super) fn in_trouble(&self, id: &str) -> bool {
        self.rank(id) > 1
    }

    /// Why a fallback does not come first.
    pub(super) fn warning(&self, id: &str) -> Option<Say> {
        let known = self.known(id).filter(|_| self.rank(id) > 0)?;
        Some(match (self.rank(id), known.since) {
            (1, _) => Say::new("warn_missed"),
            _ if known.title.is_empty() => Say::new("warn_trouble"),
            (_, Some(since)) => Say::new("warn_incident_since").text(known.title.as_str()).time(since),
            (_, None) => Say::new("warn_incident").text(known.title.as_str()),
        })
    }

    /// Several fallbacks in incidents of their own, in one line.
    pub(super) fn troubled(&self) -> Option<Say> {
        let (mut names, mut several) = (String::new(), false);
        for id in &self.settings.fallbacks {
            if self.in_trouble(id) {
                if !names.is_empty() {
                    several = true;
                    names.push_str(", ");
                }
                names.push_str(&self.settings.name_of(id));
            }
        }
        several.then(|| Say::new("others_in_trouble").text(names))
    }
}
