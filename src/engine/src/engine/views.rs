//! Views, from the state alone.

use super::home::put_off_words;
use super::offers::{handed, link_note, signs_in};
use super::session::{Offer, OfferKind};
use super::{Engine, Part};
use crate::cause::{Cause, Class, Surface};
use crate::claude::{self, ComponentStatus, Fault};
use crate::context::Budget;
use crate::handoff::{Stage, TYPED_UNITS, normalised, replaced, unheld};
use crate::incident::Word;
use crate::input::{Act, EntryId, JobId, Millis};
use crate::order;
use crate::outbox::EntryState;
use crate::output::Tone;
use crate::provider::{self, CLAUDE, CUSTOM, CUSTOM_BUDGET, Provider, Template};
use crate::sight::Blindness;
use crate::text::UserText;
use crate::verdict::State;
use crate::view::{Diagnosis, Evidence, FallbackRow, HandoffView, PromptRow, View};
use crate::words::Say;

/// Prompts shown at once: all that are kept, and of those that nobody has answered the newest ones.
const ROWS: usize = crate::outbox::MAX_ENTRIES;
/// For this long after a recovery the popup says that Claude was down.
const RECENT_MS: Millis = 3 * 3_600_000;
/// From this age on health is told with the time of its last sign: few read an answer for longer.
const FRESH_MS: Millis = 10 * 60_000;

impl Engine {
    /// Everything the popup shows.
    pub fn view(&self, now: Millis) -> View {
        let state = self.state_at(now);
        let (tone, headline, advice) = self.headline(state, now);
        let blind = self.session.sight.blind().filter(|_| state == State::Blind);
        let said = self.said().filter(|(word, _)| *word == Word::Down);
        View {
            state,
            tone,
            headline,
            since: self.since().or(said.map(|(_, at)| at)).or(blind.map(|(_, since)| since)),
            advice,
            evidence: self.evidence(),
            official: self.official(),
            diagnosis: self.diagnosis(state),
            words: self.words(state),
            prompts: self.prompt_rows(now),
            home: self.home_rows(now),
            waiting: self.waiting(now),
            saved: self.outbox.newest_first().count(),
            fallbacks: self.fallback_rows(),
            troubled: self.troubled(),
        }
    }

    fn headline(&self, state: State, now: Millis) -> (Tone, Say, Option<Say>) {
        // A card that says itself that it is over is no news.
        let offers = self.session.tabs.values().filter_map(|tab| tab.offer.as_ref());
        let personal = offers.filter(|offer| !self.can_go_back(offer)).max_by_key(|offer| offer.at);
        let told = |tone: Tone, key: &str, advice: &str| (tone, Say::new(key), Some(Say::new(advice)));
        // A page that shows nothing but green while claude.ai fails is not believed about the API either.
        let api_up =
            self.session.official.as_ref().is_some_and(|official| official.api_up && official.speaks_of_claude());
        let said = self.said().map(|(word, _)| word);
        let judged = self.session.incident.as_ref().is_some_and(|incident| incident.down_at.is_some());
        match state {
            _ if !self.session.online => told(Tone::Grey, "verdict_offline", "advice_offline"),
            State::Clear if said == Some(Word::Works) => told(Tone::Calm, "verdict_said_works", "advice_said"),
            State::Down if said == Some(Word::Down) && !judged => {
                told(Tone::Down, "verdict_said_down", "advice_said_down")
            }
            State::Down => match self.part() {
                Part::SignIn => told(Tone::Down, "verdict_down_login", "advice_login"),
                _ if api_up => told(Tone::Down, "verdict_down_api_up", "advice_down"),
                _ => told(Tone::Down, "verdict_down", "advice_down"),
            },
            State::Hiccup | State::Suspected | State::Flapping => match self.part() {
                Part::Uploads => told(Tone::Warn, "verdict_uploads", "advice_uploads"),
                Part::SignIn => told(Tone::Warn, "title_login", "advice_login"),
                Part::Model(model) => (Tone::Warn, Say::new("title_model").text(model), Some(Say::new("advice_model"))),
                Part::All => {
                    let key = if state == State::Hiccup { "verdict_hiccup" } else { "verdict_suspected" };
                    (Tone::Warn, Say::new(key), Some(Say::new(self.next_step(personal))))
                }
            },
            State::Recovering => told(Tone::Calm, "verdict_recovering", "advice_recovering"),
            State::Clear | State::Blind => match personal {
                // Not Claude's fault, but what the person waits for all the same.
                Some(offer) => {
                    let key = match (offer.kind, offer.cause.class) {
                        (OfferKind::Cut, _) => "verdict_cut",
                        (OfferKind::Slow, _) => "verdict_slow",
                        (OfferKind::OwnNetwork | OfferKind::Offline, _) => "verdict_own_network",
                        (_, Class::UserLimit) => "verdict_limit",
                        (_, Class::Session) => "verdict_session",
                        (_, Class::Challenge) => "verdict_challenge",
                        (_, Class::Account) => "verdict_account",
                        (_, Class::Region) => "verdict_region",
                        (_, Class::OwnNetwork) => "verdict_in_between",
                        (_, Class::ClientFault) => "verdict_refused",
                        (OfferKind::Refused | OfferKind::Broken, Class::Unknown) => "title_unknown",
                        _ => "verdict_unanswered",
                    };
                    let step = match offer.cause.resets_at {
                        Some(at) if key == "verdict_limit" => Say::new("advice_limit_until").time(at),
                        _ => Say::new(self.next_step(Some(offer))),
                    };
                    (Tone::Grey, Say::new(key), Some(step))
                }
                None => match self.session.sight.blind().filter(|_| state == State::Blind) {
                    Some((Blindness::Unheard, _)) => told(Tone::Grey, "verdict_unheard", "advice_unheard"),
                    Some(_) => told(Tone::Grey, "verdict_unread", "advice_unread"),
                    None => self.health(state, now),
                },
            },
        }
    }

    /// What is said where nothing fails: what works, and since when nothing more was seen of it.
    fn health(&self, state: State, now: Millis) -> (Tone, Say, Option<Say>) {
        let recovered = self.session.recovered_at.filter(|at| now.saturating_sub(*at) < RECENT_MS);
        let say = match (self.session.judge.seen_at(), recovered) {
            (Some(at), _) if state == State::Blind && self.is_old(now) => {
                return (Tone::Grey, Say::new("verdict_old").time(at), Some(Say::new("advice_blind")));
            }
            _ if state == State::Blind => {
                return (Tone::Grey, Say::new("verdict_blind"), Some(Say::new("advice_blind")));
            }
            (Some(at), _) if now.saturating_sub(at) >= FRESH_MS => Say::new("verdict_seen").time(at),
            (_, Some(at)) => Say::new("verdict_recovered").time(at),
            _ => Say::new("verdict_clear"),
        };
        (Tone::Calm, say, None)
    }

    /// What to do next about what the newest card is about: each shape of failure has its own.
    fn next_step(&self, offer: Option<&Offer>) -> &'static str {
        // Only a prompt that is there is called saved.
        let kept = offer.map_or_else(|| self.outbox.newest_open().is_some(), |offer| offer.entry.is_some());
        let failed = if kept { "advice_failed" } else { "advice_failed_page" };
        let Some(offer) = offer else { return failed };
        if self.fails_alone(offer.entry.as_ref()).is_some() && offer.cause.class.votes() {
            return "advice_model";
        }
        match (offer.kind, offer.cause.class) {
            (OfferKind::Offline | OfferKind::OwnNetwork, _) => "advice_offline",
            (OfferKind::Slow, _) => "advice_slow",
            (OfferKind::Cut, _) => "advice_cut",
            (_, Class::Capacity) => "advice_capacity",
            (OfferKind::Broken, Class::Service) => "advice_broken",
            (_, Class::Service) if offer.cause.status == Some(429) => "advice_rate",
            (_, Class::Service) if signs_in(offer.surface) => "advice_login",
            (_, Class::UserLimit) => "advice_limit",
            (_, Class::Session) => "advice_session",
            (_, Class::Challenge) => "advice_challenge",
            (_, Class::Account) => "advice_account",
            (_, Class::Region) => "advice_region",
            (_, Class::OwnNetwork) => "advice_in_between",
            (_, Class::ClientFault) => match claude::fault(&offer.cause) {
                Some(Fault::TooLong) => "advice_too_long",
                Some(Fault::Gone) => "advice_gone",
                Some(Fault::ModelGone) => "advice_model",
                _ => "advice_refused",
            },
            _ => failed,
        }
    }

    /// What the user can say: never what we say already.
    fn words(&self, state: State) -> Vec<(Say, Act)> {
        let mut words = Vec::new();
        let incident = self.session.incident.is_some() || self.said().is_some();
        if incident && state != State::Clear {
            words.push((Say::new("action_it_works"), Act::Say { down: false }));
        }
        if !matches!(state, State::Down | State::Flapping) && self.session.online {
            words.push((Say::new("action_it_is_down"), Act::Say { down: true }));
        }
        words
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
            order::by(&mut lines, |line| strength(&line.say));
            if incident.asked > 0 {
                let say = Say::new("seen_asked").count(incident.asked.into());
                lines.push(Evidence { at: incident.asked_at, say });
            }
        }
        lines.splice(0..0, self.explained());
        let personal = self.session.tabs.values().filter_map(|tab| tab.offer.as_ref());
        lines.extend(
            personal
                .filter(|offer| !offer.cause.class.votes() && offer.cause.class != Class::Unknown)
                .map(|offer| Evidence { at: offer.at, say: witnessed(offer.surface, &offer.cause) }),
        );
        if let Some((why, since)) = self.session.sight.blind() {
            let key = match why {
                Blindness::Unheard => "seen_unheard",
                Blindness::Unreadable => "seen_unreadable",
                Blindness::Strange => "seen_strange",
            };
            lines.push(Evidence { at: since, say: Say::new(key) });
        }
        if self.session.set_aside > 0 {
            lines.push(Evidence { at: 0, say: Say::new("seen_damaged").count(u64::from(self.session.set_aside)) });
        }
        if self.session.made_room > 0 {
            lines.push(Evidence { at: 0, say: Say::new("seen_made_room").count(u64::from(self.session.made_room)) });
        }
        lines
    }

    /// What contradicts each other, or the eye, said first: the user's word, the status page against what was seen here,
    /// Claude's API beside the web app.
    fn explained(&self) -> Vec<Evidence> {
        let mut lines = Vec::new();
        if let Some((word, at)) = self.said() {
            let key = if word == Word::Works { "seen_said_works" } else { "seen_said_down" };
            lines.push(Evidence { at, say: Say::new(key) });
        }
        let (Some(official), Some(incident)) = (&self.session.official, &self.session.incident) else { return lines };
        let mut explain = |say: Say| lines.push(Evidence { at: official.at, say });
        let green = official.claude == Some(ComponentStatus::Operational) && !official.speaks_of_claude();
        match self.run() {
            _ if incident.recovering_at.is_some() => {
                if official.speaks_of_claude() {
                    explain(Say::new("seen_official_lags"));
                }
                return lines;
            }
            0 => {}
            1 if green => explain(Say::new("seen_green_but_one")),
            sends if green => explain(Say::new("seen_green_but").count(sends)),
            _ => {}
        }
        if official.api_up {
            explain(Say::new("seen_api_up"));
        }
        lines
    }

    /// What fails and what does not, while an incident is open.
    fn diagnosis(&self, state: State) -> Option<Diagnosis> {
        let incident = self.session.incident.as_ref()?;
        let judge = &self.session.judge;
        let seen = |surfaces: &[Surface]| {
            let worst = surfaces.iter().map(|surface| judge.surface(*surface)).max_by_key(|state| *state as u8);
            worst.filter(|worst| *worst != State::Clear || surfaces.iter().any(|surface| judge.tried(*surface)))
        };
        Some(Diagnosis {
            parts: PARTS.iter().map(|(key, surfaces)| (Say::new(key), seen(surfaces))).collect(),
            models: judge.models().map(|(name, state)| (name.to_owned(), Some(state))).collect(),
            api_up: self.session.official.as_ref().is_some_and(|official| official.api_up),
            lag: self.lag(),
            down: incident.down_at.is_some() && matches!(state, State::Down | State::Flapping),
        })
    }

    /// Whole minutes from the first failure here to the status page's post; 0 if that was as early, or is not there.
    fn lag_minutes(&self) -> u64 {
        let (Some(official), Some(incident)) = (&self.session.official, &self.session.incident) else { return 0 };
        // The post's own time is the true one: we may have read it later.
        let posted = official.posted.or(incident.official_at).filter(|_| official.speaks_of_claude());
        posted.map_or(0, |at| at.saturating_sub(incident.since) / 60_000)
    }

    /// The same beside the verdict, in a few words that change but once.
    fn lag(&self) -> Option<Say> {
        let (official, incident) = (self.session.official.as_ref()?, self.session.incident.as_ref()?);
        match self.lag_minutes() {
            0 if !official.speaks_of_claude() && incident.recovering_at.is_none() => Some(Say::new("official_not_yet")),
            0 => None,
            minutes => Some(Say::new("official_later").count(minutes)),
        }
    }

    /// What the status page says, and how far it is behind what was seen here.
    fn official(&self) -> Option<Evidence> {
        let official = self.session.official.as_ref()?;
        let incident = self.session.incident.as_ref();
        let since = |at: Millis| incident.map_or(0, |incident| at.saturating_sub(incident.since) / 60_000);
        let lag = self.lag_minutes();
        let say = match (&official.incident, official.claude) {
            (Some(name), _) if lag > 0 => Say::new("official_incident_lag").text(name.clone()).count(lag),
            (Some(name), _) => Say::new("official_incident").text(name.clone()),
            (None, Some(ComponentStatus::Operational)) if incident.is_some() => match since(official.at) {
                0 => Say::new("official_green_but"),
                minutes => Say::new("official_green_for").count(minutes),
            },
            (None, Some(ComponentStatus::Operational)) => Say::new("official_green"),
            (None, Some(ComponentStatus::Degraded)) => Say::new("official_degraded"),
            (None, Some(ComponentStatus::PartialOutage)) => Say::new("official_partial"),
            (None, Some(ComponentStatus::MajorOutage)) => Say::new("official_major"),
            (None, Some(ComponentStatus::Maintenance)) => Say::new("official_maintenance"),
            (None, None) => Say::new("official_unknown"),
        };
        Some(Evidence { at: official.at, say })
    }

    fn prompt_rows(&self, now: Millis) -> Vec<PromptRow> {
        self.outbox
            .newest_first()
            .take(ROWS)
            .map(|entry| PromptRow {
                entry: entry.id.clone(),
                at: entry.at,
                state: entry.state,
                label: Say::new(match entry.state {
                    _ if entry.lost => "state_lost",
                    _ if entry.unstored => "state_for_now",
                    _ if entry.draft.is_some() => "state_draft",
                    EntryState::NotSent => "state_not_sent",
                    EntryState::Unknown => "state_unknown",
                    EntryState::Confirmed => "state_confirmed",
                }),
                head: entry.head.clone(),
                chars: entry.chars,
                text: entry.text.clone().filter(|_| entry.temporary || entry.unstored),
                attachments: entry.attachments.clone(),
                inside: entry.inside,
                title: entry.title.clone(),
                back: entry.state != EntryState::Confirmed && !entry.temporary,
                put_off: put_off_words(entry, now),
                may_wait: self.may_wait(entry, now),
                elsewhere: entry
                    .handed
                    .as_ref()
                    .filter(|done| done.provider != CLAUDE.id)
                    .map(|done| self.settings.name_of(&done.provider)),
                place: [entry.conversation.clone(), entry.human_message.clone(), entry.parent.clone()],
                handoff: entry
                    .handed
                    .as_ref()
                    .map(|done| handed(&self.settings.name_of(&done.provider), done.way, done.verified)),
            })
            .collect()
    }

    /// The fallbacks that are offered, the healthy ones first, each kind in the user's order; then those that are switched off.
    fn fallback_rows(&self) -> Vec<FallbackRow> {
        let (chosen, never) = (&self.settings.fallbacks, &self.settings.never);
        let off = provider::CATALOGUE.iter().map(|known| known.id);
        let off = off.filter(|id| ![chosen, never].iter().any(|list| list.iter().any(|other| other == id)));
        self.ranked()
            .into_iter()
            .chain(off)
            .map(|id| {
                let found = provider::find(id);
                FallbackRow {
                    name: self.settings.name_of(id),
                    enabled: chosen.iter().any(|other| other == id),
                    origin: found.and_then(Provider::pattern),
                    allowed: found.is_some_and(|found| self.may_type(found)),
                    note: link_note(id),
                    warning: self.warning(id),
                    provider: id.to_owned(),
                }
            })
            .collect()
    }

    /// The prompt whose text [`Self::handoff_view`] shows, to be given before.
    pub fn prompt_of(&self, job: &JobId) -> Option<EntryId> {
        self.session.jobs[self.job(job)?].entry.clone()
    }

    /// Everything the handoff page of one job shows; `None` if there is no such job (any more), or its text is not at hand.
    pub fn handoff_view(&self, job: &JobId) -> Option<HandoffView> {
        self.handoff_view_of(job, None)
    }

    /// The same, if this text were to go.
    pub fn handoff_view_of(&self, job: &JobId, text: Option<&UserText>) -> Option<HandoffView> {
        let job = &self.session.jobs[self.job(job)?];
        let refused = job.stage == Stage::Refused;
        if !refused && job.stage != Stage::Deciding {
            return None;
        }
        let entry = job.entry.as_ref().and_then(|entry| self.outbox.get(entry))?;
        let prompt = entry.text.as_ref()?;
        let text = text.or(job.text.as_ref()).unwrap_or(prompt).clone();
        let linked = self.custom_room(&job.provider, prompt);
        let (first, found) = (!self.agreed(&job.provider), provider::find(&job.provider));
        let by_hand = refused
            || match found {
                // Where Understudy never types, there is the link or nothing.
                Some(found) => found.editor.is_none() && found.filling_link(&normalised(text.reveal())).is_none(),
                None => self.custom_room(CUSTOM, &text).is_none(),
            };
        let name = self.settings.name_of(&job.provider);
        let origin = self.wanted_host(&job.provider, &text);
        let mut lines = Vec::new();
        if by_hand {
            let key = match found {
                _ if job.hinted => "handoff_not_typed",
                None => "handoff_custom_long",
                Some(found) if found.editor.is_none() => "handoff_by_clipboard",
                Some(_) => "handoff_refused",
            };
            lines.push(Say::new(key).text(name.clone()));
        } else if origin.is_some() || !self.consented() {
            let key = if origin.is_some() { "handoff_ask" } else { "handoff_consent" };
            lines.push(Say::new(key).text(name.clone()));
            // The first time the page says that by itself.
            let promise = if origin.is_some() { "handoff_never_sends" } else { "page_handoff_promise" };
            lines.extend((!first).then(|| Say::new(promise)));
        }
        lines.extend(link_note(&job.provider).filter(|_| !first));
        lines.extend(replaced(unheld(&text)));
        Some(HandoffView {
            job: job.id.clone(),
            provider: job.provider.clone(),
            name,
            home: self.home(&job.provider),
            first,
            typed: !by_hand && (origin.is_some() || found.is_some_and(|found| self.may_type(found))),
            origin,
            consent: !self.consented(),
            refused,
            by_hand,
            text,
            lines,
            prompt: prompt.clone(),
            chosen: !job.asks && (job.text.is_some() || job.along > 0),
            conversation: entry.conversation.clone(),
            message: entry.human_message.clone(),
            parent: entry.parent.clone(),
            along: self.settings.along,
            budget: linked.map_or(Budget::Units(TYPED_UNITS), Budget::Encoded),
        })
    }

    /// How much room, percent-encoded, the user's own address has for a text that fits into it.
    fn custom_room(&self, id: &str, text: &UserText) -> Option<usize> {
        let template = Template::parse(&self.settings.custom_url).ok().filter(|_| id == CUSTOM)?;
        let room = CUSTOM_BUDGET.saturating_sub(template.len_for(""));
        (template.len_for(&normalised(text.reveal())) <= CUSTOM_BUDGET).then_some(room)
    }
}

/// The parts of claude.ai as people know them, and the surfaces of each.
const PARTS: [(&str, &[Surface]); 5] = [
    ("part_sending", &[Surface::Completion]),
    ("part_login", &[Surface::Login, Surface::Bootstrap, Surface::Account]),
    ("part_pages", &[Surface::Document]),
    ("part_lists", &[Surface::List, Surface::Conversation]),
    ("part_uploads", &[Surface::Upload]),
];

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
        Class::OwnNetwork if cause.transport.is_none() => Say::new("seen_in_between").word(place),
        Class::OwnNetwork => Say::new("seen_own_network").word(place),
        Class::ClientFault => Say::new("seen_refused").word(place),
        _ if cause.status == Some(200) => Say::new("seen_cut").word(place),
        _ => Say::new("seen_silent").word(place),
    }
}
