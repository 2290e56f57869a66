//! What the person is told and offered: cards and badge, from the state alone.

use super::session::{Dismissed, Offer, OfferKind};
use super::{Engine, Part};
use crate::cause::{Cause, Class, Surface};
use crate::claude::{self, Fault};
use crate::handoff::{Way, replaced};
use crate::input::{Act, EntryId, Millis, TabId};
use crate::json::numbered;
use crate::outbox::EntryState;
use crate::output::{Action, ActionKind, Badge, Card, Output, Tone};
use crate::provider::{self, CLAUDE, Link};
use crate::verdict::State;
use crate::words::Say;
use std::hash::{Hash, Hasher};

impl Engine {
    /// Something failed for a person in this tab.
    pub(super) fn offer(
        &mut self,
        tab: TabId,
        surface: Surface,
        cause: &Cause,
        kind: OfferKind,
        entry: Option<EntryId>,
        now: Millis,
    ) {
        // What fails beside the conversation (a list, a title, the account) is evidence, not worth an interruption.
        if !matches!(
            surface,
            Surface::Completion | Surface::Document | Surface::Bootstrap | Surface::Conversation | Surface::Login
        ) {
            return;
        }
        // Claude works then, and says so itself.
        if cause.class == Class::UserLimit && !self.settings.limits {
            return;
        }
        let Some(tab) = self.likely_tab(tab) else { return };
        let tab = self.session.tab(tab, now);
        // A failed send without its prompt may be the very prompt whose card was closed: that is told once it is known.
        let closed = |dismissed: &Dismissed| match entry {
            Some(_) => dismissed.entry == entry,
            None => dismissed.surface == surface,
        };
        if tab.dismissed.as_ref().is_some_and(closed) {
            return;
        }
        if let Some(shown) = &tab.offer {
            // A card about a prompt is not replaced by one about no prompt.
            if shown.entry.is_some() && entry.is_none() {
                return;
            }
        }
        let handed = tab.offer.take().filter(|old| old.entry == entry).and_then(|old| old.handed);
        tab.offer = Some(Offer { at: now, surface, cause: cause.clone(), kind, entry, handed });
        self.log_offer(cause, now);
        self.dirty = true;
    }

    /// The neutral check has said whose fault the silence is.
    pub(super) fn revise_offer(&mut self, tab: TabId, entry: Option<&EntryId>, kind: OfferKind) {
        let Some(tab) = self.likely_tab(tab) else { return };
        let offer = self.session.tabs.get_mut(&tab).and_then(|tab| tab.offer.as_mut());
        if let Some(offer) = offer.filter(|offer| offer.kind == OfferKind::Silent && offer.entry.as_ref() == entry) {
            offer.kind = kind;
            self.dirty = true;
        }
    }

    /// What the card was about has worked after all.
    pub(super) fn withdraw(&mut self, tab: TabId, surface: Surface, entry: Option<&EntryId>) {
        let Some(tab) = self.likely_tab(tab) else { return };
        let Some(tab) = self.session.tabs.get_mut(&tab) else { return };
        // What was closed may be told again once it has worked and fails anew.
        if tab.dismissed.as_ref().is_some_and(|dismissed| dismissed.surface == surface) {
            tab.dismissed = None;
            self.dirty = true;
        }
        let over = tab.offer.as_ref().is_some_and(|offer| match &offer.entry {
            Some(_) => surface == Surface::Completion && (offer.entry.as_ref() == entry || entry.is_some()),
            None => surface == Surface::Completion || surface == offer.surface,
        });
        if over {
            tab.offer = None;
            tab.dismissed = None;
            self.dirty = true;
        }
    }

    /// A handoff that started from a card has ended: the card says how.
    pub(super) fn tell_card(&mut self, entry: Option<&EntryId>, provider: &str, way: Way, verified: bool) {
        for tab in self.session.tabs.values_mut() {
            if let Some(offer) = tab.offer.as_mut().filter(|offer| offer.entry.as_ref() == entry) {
                offer.handed = Some((provider.to_owned(), way, verified));
                self.dirty = true;
            }
        }
    }

    /// The cards that the pages show, by their tabs.
    pub fn cards(&self) -> Vec<(TabId, Card)> {
        let offers = self.session.tabs.iter().filter_map(|(id, tab)| Some((*id, tab.offer.as_ref()?)));
        offers.map(|(id, offer)| (id, self.card(offer))).collect()
    }

    pub(super) fn refresh_cards(&mut self) {
        let changed: Vec<(TabId, Option<Card>)> = self
            .session
            .tabs
            .iter()
            .map(|(id, tab)| (*id, tab.offer.as_ref().map(|offer| self.card(offer))))
            .filter(|(id, card)| self.session.tabs.get(id).is_some_and(|tab| tab.shown != seen(card.as_ref())))
            .collect();
        for (id, card) in changed {
            if let Some(tab) = self.session.tabs.get_mut(&id) {
                tab.shown = seen(card.as_ref());
                self.dirty = true;
                self.outputs.push(Output::Card { tab: id, card });
            }
        }
    }

    fn card(&self, offer: &Offer) -> Card {
        let entry = offer.entry.as_ref().and_then(|id| self.outbox.get(id));
        let back = self.can_go_back(offer);
        let (title, what) = if back { (Say::new("title_back"), Say::new("what_back")) } else { self.told(offer) };
        let mut lines = vec![what];
        let tone = match (self.state(), offer.blames_claude()) {
            _ if back => Tone::Calm,
            (State::Down, true) => Tone::Down,
            (_, true) => Tone::Warn,
            _ => Tone::Grey,
        };
        if let Some(entry) = entry {
            lines.push(match entry.state {
                _ if entry.lost => Say::new("saved_lost"),
                _ if entry.unstored => Say::new("saved_for_now"),
                EntryState::NotSent => Say::new("saved_not_sent"),
                EntryState::Unknown => Say::new("saved_unknown"),
                EntryState::Confirmed => Say::new("saved_confirmed"),
            });
        }
        if let Some((provider, way, verified)) = &offer.handed {
            lines.push(handed(&self.settings.name_of(provider), *way, *verified));
        }
        lines.extend(entry.and_then(|entry| replaced(entry.unheld)));
        let mut actions = Vec::new();
        if back {
            actions.push(Action {
                label: Say::new("action_put_back"),
                kind: ActionKind::Primary,
                act: Act::HandOff { provider: CLAUDE.id.to_owned(), entry: offer.entry.clone(), copied: false },
                note: None,
            });
        }
        // Offline or in a dead network nothing else would answer either.
        if !matches!(offer.kind, OfferKind::Offline | OfferKind::OwnNetwork) {
            for (index, id) in self.on_card().into_iter().enumerate() {
                let (key, kind) = match index {
                    0 if !back => ("action_continue", ActionKind::Primary),
                    // Seen without pointing at it: the words of the incident are in the note.
                    _ if self.in_trouble(id) => ("action_troubled", ActionKind::Secondary),
                    _ => ("action_name", ActionKind::Secondary),
                };
                actions.push(Action {
                    label: Say::new(key).text(self.settings.name_of(id)),
                    kind,
                    act: Act::HandOff { provider: id.to_owned(), entry: offer.entry.clone(), copied: false },
                    note: self.warning(id).or_else(|| link_note(id)),
                });
            }
            lines.extend(self.troubled());
        }
        if let Some(entry) = entry {
            actions.push(Action {
                label: Say::new("action_copy"),
                kind: if actions.is_empty() { ActionKind::Primary } else { ActionKind::Secondary },
                act: Act::Copy { entry: entry.id.clone() },
                note: None,
            });
        }
        actions.push(Action {
            label: Say::new("action_close"),
            kind: ActionKind::Close,
            act: Act::Dismiss {},
            note: None,
        });
        Card {
            id: [offer.entry.as_deref().unwrap_or("page"), "-", offer.surface.name()].concat(),
            tone,
            title,
            lines,
            actions,
        }
    }

    /// The title and the sentence of what happened.
    pub(super) fn told(&self, offer: &Offer) -> (Say, Say) {
        let cause = &offer.cause;
        let alone = self.fails_alone(offer.entry.as_ref()).filter(|_| cause.class.votes());
        let what = match (offer.kind, cause.class) {
            (OfferKind::Offline, _) => "what_offline",
            (OfferKind::OwnNetwork, _) => "what_own_network",
            (OfferKind::Silent, _) => "what_silent",
            (OfferKind::Slow, _) => "what_slow",
            (OfferKind::Cut, _) => "what_cut",
            (OfferKind::NoAnswer, _) => "what_no_answer",
            _ if alone.is_some() => "what_model",
            (_, Class::Capacity) => "what_capacity",
            (OfferKind::Broken, Class::Service) => "what_broken",
            (_, Class::Service) if cause.status == Some(429) => "what_rate",
            (_, Class::Service) if signs_in(offer.surface) => "what_login",
            (_, Class::Service) => "what_service",
            (_, Class::UserLimit) if cause.resets_at.is_some() => "what_limit_until",
            (_, Class::UserLimit) => "what_limit",
            (_, Class::Session) if offer.entry.is_none() => "advice_session",
            (_, Class::Session) => "what_session",
            (_, Class::Account) => "what_account",
            (_, Class::Challenge) => "what_challenge",
            (_, Class::Region) => "what_region",
            (_, Class::OwnNetwork) => "what_in_between",
            (_, Class::ClientFault) => match claude::fault(cause) {
                Some(Fault::TooLong) => "what_too_long",
                Some(Fault::Gone) => "what_gone",
                Some(Fault::ModelGone) => "what_model_gone",
                _ => "what_refused",
            },
            _ => "what_unknown",
        };
        let down = self.state() == State::Down;
        let title = match (offer.kind, cause.class) {
            (OfferKind::Offline, _) => "title_offline",
            (OfferKind::OwnNetwork, _) => "title_own_network",
            (OfferKind::Silent, _) => "title_silent",
            (OfferKind::Slow, _) => "title_slow",
            (OfferKind::Cut | OfferKind::NoAnswer, _) | (_, Class::Service | Class::Capacity) if down => {
                if matches!(self.part(), Part::SignIn) { "verdict_down_login" } else { "title_down" }
            }
            _ if alone.is_some() => "title_model",
            (OfferKind::Cut, _) | (OfferKind::Broken, Class::Service) => "title_cut",
            (OfferKind::NoAnswer, _) => "title_silent",
            (_, Class::Capacity) => "title_capacity",
            (_, Class::Service) if offer.surface == Surface::Completion => "title_failed",
            (_, Class::Service) if signs_in(offer.surface) => "title_login",
            (_, Class::Service) => "title_not_loading",
            (_, Class::UserLimit) => "title_limit",
            (_, Class::Session) => "title_session",
            (_, Class::Account) => "title_account",
            (_, Class::Challenge) => "title_challenge",
            (_, Class::Region) => "title_region",
            (_, Class::OwnNetwork) => "title_in_between",
            (_, Class::ClientFault) => "title_refused",
            _ => "title_unknown",
        };
        // The sentences that have a parameter have one of these; to the others it makes no difference.
        let (mut title, mut what) = (Say::new(title), Say::new(what));
        if let Some(model) = alone {
            (title, what) = (title.text(model), what.text(model));
        } else if let Some(at) = cause.resets_at {
            what = what.time(at);
        } else if cause.class == Class::Service {
            what = what.text(cause.status.map_or_else(|| "?".to_owned(), |status| numbered("", status.into())));
        }
        (title, what)
    }

    /// The badge at `now`.
    pub fn badge(&self, now: Millis) -> Badge {
        let offline = !self.session.online;
        let offered = || self.session.tabs.values().filter_map(|tab| tab.offer.as_ref());
        let waiting = self.waiting(now);
        let (offers, kept) = (offered().next().is_some(), offered().any(|offer| offer.entry.is_some()));
        let (text, tone, title) = match self.state_at(now) {
            _ if offline => ("off", Tone::Grey, "badge_offline"),
            State::Down => ("down", Tone::Down, "badge_down"),
            State::Suspected | State::Hiccup if matches!(self.part(), Part::Uploads | Part::Model(_)) => {
                ("!", Tone::Warn, "badge_part")
            }
            State::Suspected | State::Flapping => ("!", Tone::Warn, "badge_suspected"),
            State::Hiccup => ("!", Tone::Warn, "badge_hiccup"),
            State::Recovering => ("up?", Tone::Calm, "badge_recovering"),
            _ if waiting > 0 => return waits(waiting),
            _ if kept => ("1", Tone::Grey, "badge_offer"),
            _ if offers => ("!", Tone::Grey, "badge_refused"),
            State::Blind if self.session.sight.blind().is_some() => ("?", Tone::Grey, "badge_unseen"),
            // An idle page is not blind; but what it showed hours ago is no health either.
            State::Blind if self.is_old(now) => ("", Tone::Grey, "badge_old"),
            // A page of Claude is open and nothing was ever seen of it: grey, and it says so.
            State::Blind if !self.session.tabs.is_empty() => ("?", Tone::Grey, "badge_blind"),
            State::Blind => ("", Tone::Grey, "badge_nothing"),
            State::Clear => ("", Tone::Calm, "badge_clear"),
        };
        Badge { text: text.to_owned(), tone, title: Say::new(title) }
    }

    pub(super) fn refresh_badge(&mut self, now: Millis) {
        let badge = self.badge(now);
        if self.session.badge != fingerprint(&badge) {
            self.session.badge = fingerprint(&badge);
            self.dirty = true;
            self.outputs.push(Output::Badge(badge));
        }
    }
}

/// The badge where prompts wait to be put back.
fn waits(count: u64) -> Badge {
    let title = if count == 1 { Say::new("badge_waiting_one") } else { Say::new("badge_waiting").count(count) };
    // At most four characters have room.
    Badge { text: numbered("", count.min(99)), tone: Tone::Calm, title }
}

/// Whether this is the path to a session: signing in, and what every page begins with.
pub(super) const fn signs_in(surface: Surface) -> bool {
    matches!(surface, Surface::Login | Surface::Bootstrap | Surface::Account)
}

/// Where the prompt went, and whether it was seen there.
pub(super) fn handed(name: &str, way: Way, verified: bool) -> Say {
    let key = match way {
        Way::Link | Way::LinkOnly if verified => "handed_verified_link",
        Way::Typed if verified => "handed_verified",
        Way::Typed | Way::Link => "handed_link",
        Way::LinkOnly => "handed_link_only",
        Way::Clipboard => "handed_clipboard",
        Way::Empty => "handed_empty",
    };
    Say::new(key).text(name)
}

/// What a person must know of a provider's link before the click.
pub(super) fn link_note(id: &str) -> Option<Say> {
    let sends = provider::find(id)?.link == Link::Sends;
    sends.then(|| Say::new("note_link_sends"))
}

/// What is on screen: nothing is 0.
fn seen(card: Option<&Card>) -> u64 {
    card.map_or(0, fingerprint)
}

/// FNV-1a, 64 bits: enough to tell whether what is shown has changed, and eight bytes in the snapshot.
pub(crate) fn fingerprint(value: &impl Hash) -> u64 {
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    value.hash(&mut hasher);
    hasher.finish()
}
