//! Views, from the state alone.

use super::Engine;
use super::offers::{handed, link_note};
use super::session::OfferKind;
use crate::cause::{Cause, Class, Surface};
use crate::claude::ComponentStatus;
use crate::handoff::Stage;
use crate::input::{JobId, Millis};
use crate::outbox::EntryState;
use crate::output::Tone;
use crate::provider::{self, CUSTOM};
use crate::verdict::State;
use crate::view::{Evidence, FallbackRow, HandoffView, PromptRow, View};
use crate::words::Say;

/// Prompts shown at once.
const ROWS: usize = 100;
/// For this long after a recovery the popup says that Claude was down.
const RECENT_MS: Millis = 3 * 3_600_000;

impl Engine {
    /// Everything the popup shows.
    pub fn view(&self, now: Millis) -> View {
        let state = self.state();
        let (tone, headline, advice) = self.headline(state, now);
        View {
            state,
            tone,
            headline,
            since: self.since(),
            advice,
            evidence: self.evidence(),
            official: self.official(),
            prompts: self.prompt_rows(),
            saved: self.outbox.newest_first().count(),
            fallbacks: self.fallback_rows(),
        }
    }

    fn headline(&self, state: State, now: Millis) -> (Tone, Say, Option<Say>) {
        let personal = self.session.tabs.values().filter_map(|tab| tab.offer.as_ref()).max_by_key(|offer| offer.at);
        match state {
            _ if !self.session.online => (Tone::Grey, Say::new("verdict_offline"), Some(Say::new("advice_offline"))),
            State::Down => {
                let key = if self.session.official.as_ref().is_some_and(|official| official.api_up) {
                    "verdict_down_api_up"
                } else {
                    "verdict_down"
                };
                (Tone::Down, Say::new(key), Some(Say::new("advice_down")))
            }
            State::Suspected | State::Flapping => (Tone::Warn, Say::new("verdict_suspected"), Some(self.try_again())),
            State::Hiccup => (Tone::Warn, Say::new("verdict_hiccup"), Some(self.try_again())),
            State::Recovering => (Tone::Calm, Say::new("verdict_recovering"), Some(Say::new("advice_recovering"))),
            State::Clear | State::Blind => match personal {
                // Not Claude's fault, but what the person waits for all the same.
                Some(offer) => {
                    let (key, advice) = match offer.cause.class {
                        Class::UserLimit => ("verdict_limit", "advice_limit"),
                        Class::Session => ("verdict_session", "advice_session"),
                        Class::Challenge => ("verdict_challenge", "advice_challenge"),
                        Class::Account => ("verdict_account", "advice_account"),
                        Class::Region => ("verdict_region", "advice_account"),
                        Class::OwnNetwork if offer.kind == OfferKind::Refused => {
                            ("title_in_between", "what_in_between")
                        }
                        Class::OwnNetwork => ("verdict_own_network", "advice_offline"),
                        Class::ClientFault => ("title_refused", "advice_refused"),
                        Class::Unknown if offer.kind == OfferKind::OwnNetwork => {
                            ("verdict_own_network", "advice_offline")
                        }
                        Class::Unknown if offer.kind != OfferKind::Refused => ("verdict_unanswered", "advice_failed"),
                        _ => ("title_unknown", "what_unknown"),
                    };
                    (Tone::Grey, Say::new(key), Some(Say::new(advice)))
                }
                None if state == State::Blind => {
                    (Tone::Grey, Say::new("verdict_blind"), Some(Say::new("advice_blind")))
                }
                None => match self.session.recovered_at.filter(|at| now.saturating_sub(*at) < RECENT_MS) {
                    Some(at) => (Tone::Calm, Say::new("verdict_recovered").time(at), None),
                    None => (Tone::Calm, Say::new("verdict_clear"), None),
                },
            },
        }
    }

    /// What to do about a failure; only a prompt that is there is called saved.
    fn try_again(&self) -> Say {
        let open = self.outbox.newest_open().is_some();
        Say::new(if open { "advice_failed" } else { "advice_failed_page" })
    }

    fn evidence(&self) -> Vec<Evidence> {
        let mut lines: Vec<Evidence> = Vec::new();
        if let Some(incident) = &self.session.incident {
            lines.extend(
                incident
                    .evidence
                    .iter()
                    .rev()
                    .map(|(at, surface, cause)| Evidence { at: *at, say: witnessed(*surface, cause) }),
            );
            // The strongest first; among equals the newest.
            let strength = |say: &Say| match say.key.as_str() {
                "seen_status" | "seen_capacity" | "seen_broken" => 0,
                _ => 1,
            };
            lines.sort_by_key(|line| strength(&line.say));
        }
        let personal = self.session.tabs.values().filter_map(|tab| tab.offer.as_ref());
        lines.extend(
            personal
                .filter(|offer| !offer.cause.class.votes() && offer.cause.class != Class::Unknown)
                .map(|offer| Evidence { at: offer.at, say: witnessed(offer.surface, &offer.cause) }),
        );
        if self.session.set_aside > 0 {
            lines.push(Evidence { at: 0, say: Say::new("seen_damaged").count(u64::from(self.session.set_aside)) });
        }
        if self.session.made_room > 0 {
            lines.push(Evidence { at: 0, say: Say::new("seen_made_room").count(u64::from(self.session.made_room)) });
        }
        lines
    }

    fn official(&self) -> Option<Evidence> {
        let official = self.session.official.as_ref()?;
        let lag = self
            .session
            .incident
            .as_ref()
            .and_then(|incident| incident.official_at.map(|at| at.saturating_sub(incident.since) / 60_000));
        let say = match (&official.incident, official.claude) {
            (Some(name), _) => match lag.filter(|minutes| *minutes > 0) {
                Some(minutes) => Say::new("official_incident_lag").text(name.clone()).count(minutes),
                None => Say::new("official_incident").text(name.clone()),
            },
            (None, Some(ComponentStatus::Operational)) if self.session.incident.is_some() => {
                Say::new("official_green_but")
            }
            (None, Some(ComponentStatus::Operational)) => Say::new("official_green"),
            (None, Some(ComponentStatus::Degraded)) => Say::new("official_degraded"),
            (None, Some(ComponentStatus::PartialOutage)) => Say::new("official_partial"),
            (None, Some(ComponentStatus::MajorOutage)) => Say::new("official_major"),
            (None, Some(ComponentStatus::Maintenance)) => Say::new("official_maintenance"),
            (None, None) => Say::new("official_unknown"),
        };
        Some(Evidence { at: official.at, say })
    }

    fn prompt_rows(&self) -> Vec<PromptRow> {
        self.outbox
            .newest_first()
            .take(ROWS)
            .map(|entry| PromptRow {
                entry: entry.id.clone(),
                at: entry.at,
                state: entry.state,
                label: Say::new(match entry.state {
                    _ if entry.unstored => "state_for_now",
                    EntryState::NotSent => "state_not_sent",
                    EntryState::Unknown => "state_unknown",
                    EntryState::Confirmed => "state_confirmed",
                }),
                text: entry.text.clone(),
                attachments: entry.attachments.clone(),
                handoff: entry
                    .handed
                    .as_ref()
                    .map(|done| handed(&self.settings.name_of(&done.provider), done.way, done.verified)),
            })
            .collect()
    }

    /// The fallbacks in the user's order, then those that are switched off.
    fn fallback_rows(&self) -> Vec<FallbackRow> {
        let off = provider::CATALOGUE.iter().map(|known| known.id.to_owned());
        let chosen = &self.settings.fallbacks;
        chosen
            .iter()
            .cloned()
            .chain(off.filter(|id| !chosen.contains(id)))
            .map(|id| {
                let found = provider::find(&id);
                FallbackRow {
                    name: self.settings.name_of(&id),
                    enabled: chosen.contains(&id),
                    origin: found.map(|found| found.origin.to_owned()),
                    allowed: found.is_some_and(|found| self.allowed(found.origin)),
                    note: link_note(&id),
                    provider: id,
                }
            })
            .collect()
    }

    /// Everything the handoff page of one job shows; `None` if there is no such job (any more).
    pub fn handoff_view(&self, job: &JobId) -> Option<HandoffView> {
        let job = &self.session.jobs[self.job(job)?];
        let refused = job.stage == Stage::Refused;
        if !refused && job.stage != Stage::Deciding {
            return None;
        }
        let text = job.entry.as_ref().and_then(|entry| self.outbox.get(entry))?.text.clone();
        let name = self.settings.name_of(&job.provider);
        let origin = self.wanted_host(&job.provider, &text);
        let mut lines = Vec::new();
        if refused {
            let key = match job.provider.as_str() {
                _ if job.hinted => "handoff_not_typed",
                CUSTOM => "handoff_custom_long",
                _ => "handoff_refused",
            };
            lines.push(Say::new(key).text(name.clone()));
        } else {
            let key = if origin.is_some() { "handoff_ask" } else { "handoff_consent" };
            lines.push(Say::new(key).text(name.clone()));
            lines.push(Say::new(if origin.is_some() { "handoff_never_sends" } else { "page_handoff_promise" }));
        }
        if link_note(&job.provider).is_some() {
            lines.push(Say::new("note_link_sends"));
        }
        Some(HandoffView {
            job: job.id.clone(),
            name,
            origin: origin.map(str::to_owned),
            consent: !self.consented(),
            refused,
            text,
            lines,
        })
    }
}

/// What was seen, in words.
fn witnessed(surface: Surface, cause: &Cause) -> Say {
    let place = format!("surface_{}", surface.name());
    match cause.class {
        Class::Capacity => Say::new("seen_capacity").word(place),
        Class::Service => match cause.status {
            Some(200) if cause.strong => Say::new("seen_broken").word(place),
            Some(200) => Say::new("seen_cut").word(place),
            Some(status) => Say::new("seen_status").word(place).text(status.to_string()),
            None => Say::new("seen_silent").word(place),
        },
        Class::UserLimit => match cause.resets_at {
            Some(at) => Say::new("seen_limit_until").time(at),
            None => Say::new("seen_limit"),
        },
        Class::Session => Say::new("seen_session"),
        Class::Challenge => Say::new("seen_challenge"),
        Class::Region => Say::new("seen_region"),
        Class::Account => Say::new("seen_account"),
        Class::OwnNetwork => Say::new("seen_own_network").word(place),
        _ if cause.status == Some(200) => Say::new("seen_cut").word(place),
        _ => Say::new("seen_silent").word(place),
    }
}
