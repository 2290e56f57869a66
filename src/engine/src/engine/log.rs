//! What the engine notes beside its judgement: the incident log, our own sight, the user's word, notices.
//!
//! Nothing in here judges. The few hooks are called where observations are made and where a step ends; the log follows the
//! incident that is open from there.

use super::Engine;
use super::session::{Incident, Pending};
use crate::cause::{Cause, Class, Surface};
use crate::claude::{self, Endpoint};
use crate::codec::fields;
use crate::incident::{self, MAX_MODELS, MAX_RECORDS, MAX_REQUEST_IDS, Record, Word, incident_key};
use crate::input::{EntryId, Millis, TabId};
use crate::judge::VERDICT_LIFE_MS;
use crate::notice::{Notice, PERMISSION};
use crate::output::{Area, Output};
use crate::statistics::{WATCH_KEY, Watch};
use crate::verdict::State;
use crate::words::Say;

/// Observed minutes are stored this many at a time: what a closing browser can lose of them.
const FLUSH_MINUTES: u32 = 15;
/// A model fails alone from so many sends in a row on, if another one has answered meanwhile.
const ALONE: u32 = 2;
/// Longest name of a model, longest request id.
const MAX_NAME: usize = 64;

/// What of the log lies in lasting storage.
#[derive(Debug, Default)]
pub(super) struct Kept {
    ids: Vec<Millis>,
    months: Watch,
}

impl Kept {
    /// Takes in a stored value; false if it is ours and damaged.
    pub fn load(&mut self, key: &str, value: &str) -> bool {
        if key == WATCH_KEY {
            return Watch::parse(value).map(|watch| self.months = watch).is_some();
        }
        !key.starts_with(incident::PREFIX) || incident::stored_id(key, value).map(|id| self.ids.push(id)).is_some()
    }
}

/// What of the log is still on its way there.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// The incident that is open.
    open: Option<Record>,
    /// How far it had come when it was stored last; 0 if it never was.
    stored: u64,
    /// It ends because nothing was heard of it any more.
    silent: bool,
    /// Failed sends in a row.
    pub run: u32,
    models: Vec<Model>,
    /// The minute that was counted last, and whether as a bad one.
    minute: Millis,
    bad: bool,
    /// Minutes that are not stored yet, and the month they are of.
    month: u32,
    minutes: u32,
    bad_minutes: u32,
}

fields!(Log: open, stored, silent, run, models, minute, bad, month, minutes, bad_minutes);

/// How a model has done lately.
#[derive(Clone, Debug)]
struct Model {
    name: String,
    /// Failed sends in a row, and when the first of them failed.
    failed: u32,
    first: Millis,
    worked: Option<Millis>,
}

fields!(Model: name, failed, first, worked);

/// What the user said, and whether an incident has been open since: then it ends with that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub word: Word,
    pub at: Millis,
    bound: bool,
}

fields!(Said: word, at, bound);

impl Engine {
    /// A vote against Claude has come in; its incident is open.
    pub(super) fn log_failure(&mut self, surface: Surface, cause: &Cause, now: Millis) {
        let Some(since) = self.session.incident.as_ref().map(|incident| incident.since) else { return };
        let log = &mut self.session.log;
        log.silent = false;
        let open = log.open.get_or_insert_with(|| Record { id: since, since, ..Record::default() });
        open.last = now;
        open.failures = open.failures.saturating_add(1);
        if surface == Surface::Completion {
            open.failed_sends = open.failed_sends.saturating_add(1);
            open.sent.get_or_insert(now);
            log.run = log.run.saturating_add(1);
        }
        if !open.surfaces.contains(&surface) {
            open.surfaces.push(surface);
        }
        match open.classes.iter_mut().find(|(class, _)| *class == cause.class) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => open.classes.push((cause.class, 1)),
        }
    }

    /// The incident is about to be closed because nothing new is heard of it.
    pub(super) fn log_silence(&mut self) {
        self.session.log.silent = true;
    }

    /// The status page was read.
    pub(super) fn log_official(&mut self, read: &claude::Official, now: Millis) {
        let Some(open) = self.session.log.open.as_mut().filter(|open| open.official.is_none()) else { return };
        let post = read.incidents.iter().find(|post| post.touches_claude_ai);
        if !read.says_down() && post.is_none() {
            open.green.get_or_insert(now);
            return;
        }
        open.official = Some(now);
        open.posted = post.and_then(|post| post.created_at.or(post.updated_at));
        open.title = post.map(|post| post.name.clone());
    }

    /// A prompt was taken to a fallback. (Called before that is noted with the prompt.)
    pub(super) fn log_handed(&mut self, entry: Option<&EntryId>, now: Millis) {
        let Some(open) = &mut self.session.log.open else { return };
        let Some(entry) = entry.and_then(|id| self.outbox.get(id)) else { return };
        if entry.handed.as_ref().is_none_or(|handed| handed.at < open.since) {
            open.handed = open.handed.saturating_add(1);
            open.left.get_or_insert(now);
        }
    }

    /// A request leaves.
    pub(super) fn look(&mut self, tab: TabId, endpoint: &Endpoint<'_>, url: &str, now: Millis) {
        let before = self.session.sight.clone();
        self.session.sight.asked(tab, claude::look(endpoint, url), now);
        self.dirty |= self.session.sight != before;
    }

    /// A request has got its cause, and what follows from it for the judgement is done.
    pub(super) fn after_settling(&mut self, pending: &Pending, cause: &Cause, now: Millis) {
        self.log_request_id(pending, cause);
        if !pending.is_send() {
            return;
        }
        if pending.is_stream() && matches!(cause.class, Class::Ok | Class::Unknown) && cause.transport.is_none() {
            // A recording brings the text itself, so an answer that is known to be whole was heard.
            self.session.sight.answered(pending.seq.is_some() || cause.class == Class::Ok, now);
        }
        if cause.class == Class::Ok {
            self.session.log.run = 0;
            // One good answer is what the word waited for.
            self.session.said = self.session.said.filter(|said| said.bound || said.word == Word::Works);
        }
        let model = pending.entry.as_ref().and_then(|id| self.outbox.get(id)).and_then(|entry| entry.model.as_deref());
        if let Some(name) = model.and_then(plain) {
            self.session.log.note_model(name, cause.class, now);
        }
    }

    /// The id under which the site may find a failed request again: from its headers, or from a body that came later.
    pub(super) fn log_request_id(&mut self, pending: &Pending, cause: &Cause) {
        if cause.class.votes()
            && let Some(open) = &mut self.session.log.open
            && let Some(id) = cause.request_id.as_deref().or(pending.headers.request_id.as_deref()).and_then(plain)
            && open.request_ids.len() < MAX_REQUEST_IDS
            && !open.request_ids.contains(&id)
        {
            open.request_ids.push(id);
            self.dirty = true;
        }
    }

    /// The model of a prompt, if that one alone fails.
    pub(super) fn fails_alone(&self, entry: Option<&EntryId>) -> Option<&str> {
        let asked = self.outbox.get(entry?)?.model.as_deref()?;
        let models = &self.session.log.models;
        let model = models.iter().find(|model| model.name == asked && model.failed >= ALONE)?;
        let works = |other: &Model| other.failed == 0 && other.worked.is_some_and(|at| at >= model.first);
        models.iter().any(works).then_some(model.name.as_str())
    }

    /// The user speaks against the verdict.
    pub(super) fn say(&mut self, word: Word, now: Millis) {
        let bound = self.session.incident.is_some();
        if let Some(open) = &mut self.session.log.open {
            open.word = Some(word);
        }
        // Where nothing has failed, "it works" contradicts nobody but an earlier word.
        self.session.said = (bound || word == Word::Down).then_some(Said { word, at: now, bound });
    }

    /// The state that the user's word makes; recovery is proven by answers, not by words.
    pub(super) fn said_state(&self) -> Option<State> {
        let recovering = self.session.incident.as_ref().is_some_and(|incident| incident.recovering_at.is_some());
        match self.session.said?.word {
            Word::Works => Some(State::Clear),
            Word::Down if recovering => None,
            Word::Down => Some(State::Down),
        }
    }

    /// Follows the incident to where it stands at the end of a step, and stores what is new about it.
    pub(super) fn keep_log(&mut self, now: Millis) {
        self.count_minute(now);
        if let Some(said) = &mut self.session.said {
            let open = self.session.incident.is_some();
            let over = if said.bound { !open } else { now.abs_diff(said.at) >= VERDICT_LIFE_MS };
            said.bound |= open;
            if over && !open {
                self.session.said = None;
                self.dirty = true;
            }
        }
        self.follow_log(now);
        self.notice(now);
    }

    fn follow_log(&mut self, now: Millis) {
        let Some(mut open) = self.session.log.open.take() else { return };
        if let Some(incident) = &self.session.incident {
            open.down = open.down.or(incident.down_at);
            open.recovered = incident.recovering_at;
        } else {
            open.closed = true;
            if !std::mem::take(&mut self.session.log.silent) {
                open.recovered = open.recovered.or(Some(now));
            }
        }
        if open.offered.is_none() {
            let offers = self.session.tabs.values().filter_map(|tab| tab.offer.as_ref());
            let concerned = offers.filter(|offer| offer.at >= open.since && offer.cause.class.votes());
            open.offered = concerned.map(|offer| offer.at).min();
        }
        let come = come(&open);
        if open.counts() && come != self.session.log.stored {
            if self.session.log.stored == 0 {
                while self.kept.ids.contains(&open.id) {
                    open.id += 1;
                }
                self.kept.ids.push(open.id);
            }
            self.session.log.stored = come;
            self.dirty = true;
            self.persist(Area::Local, incident_key(open.id), Some(open.write()));
            while self.kept.ids.len() > MAX_RECORDS {
                let oldest = self.kept.ids.iter().copied().min().unwrap_or_default();
                self.kept.ids.retain(|id| *id != oldest);
                self.persist(Area::Local, incident_key(oldest), None);
            }
        }
        if open.closed {
            self.session.log.stored = 0;
            self.dirty = true;
        } else {
            self.session.log.open = Some(open);
        }
    }

    /// Counts the minutes in which something was seen of Claude, and the bad ones among them.
    fn count_minute(&mut self, now: Millis) {
        let incident = self.session.incident.as_ref();
        let seen =
            self.session.judge.seen_at() == Some(now) || incident.is_some_and(|incident| incident.last_failure == now);
        if !seen {
            return;
        }
        let counts = incident.is_some_and(|incident: &Incident| incident.down_at.is_some())
            || self.session.log.open.as_ref().is_some_and(Record::counts);
        let month = crate::moment::Month::of(now).0;
        let log = &mut self.session.log;
        if log.minutes > 0 && (log.minutes >= FLUSH_MINUTES || log.month != month) {
            self.kept.months.add(log.month, log.minutes, log.bad_minutes);
            (log.minutes, log.bad_minutes) = (0, 0);
            self.dirty = true;
            let json = self.kept.months.write();
            self.persist(Area::Local, WATCH_KEY.to_owned(), Some(json));
        }
        let log = &mut self.session.log;
        log.month = month;
        if now / 60_000 != log.minute {
            (log.minute, log.bad) = (now / 60_000, false);
            log.minutes += 1;
            self.dirty = true;
        }
        if counts && !log.bad {
            log.bad = true;
            log.bad_minutes += 1;
            self.dirty = true;
        }
    }

    /// The observed minutes up to now, for receipts: those that are stored and those that are still to be.
    pub fn watch(&self) -> Watch {
        let (mut watch, log) = (self.kept.months.clone(), &self.session.log);
        watch.add(log.month, log.minutes, log.bad_minutes);
        watch
    }

    /// Notices, where they are allowed. Who has spoken of the incident knows of it.
    fn notice(&mut self, now: Millis) {
        if !self.allowed(PERMISSION) || self.session.said.is_some() {
            return;
        }
        let mut notices = self.session.notices.clone();
        let told = notices.step(self.state(), self.since(), now);
        if notices != self.session.notices {
            self.session.notices = notices;
            self.dirty = true;
        }
        if let Some(notice) = told {
            let (title, text) = match notice {
                Notice::Down => ("title_down", "notice_down"),
                Notice::Back => ("notice_title_back", "notice_back"),
            };
            self.outputs.push(Output::Notify { title: Say::new(title), text: Say::new(text) });
        }
    }

    /// When a notice, or the end of the user's word, is due.
    pub(super) fn log_due(&self) -> impl Iterator<Item = Millis> + use<> {
        let word = self.session.said.filter(|said| !said.bound).map(|said| said.at.saturating_add(VERDICT_LIFE_MS));
        self.session.notices.due().into_iter().chain(word)
    }

    /// Deletes the log; the incident that is open begins a new one.
    pub(super) fn forget_log(&mut self) {
        for id in std::mem::take(&mut self.kept).ids {
            self.persist(Area::Local, incident_key(id), None);
        }
        self.persist(Area::Local, WATCH_KEY.to_owned(), None);
        self.session.log = Log { models: std::mem::take(&mut self.session.log.models), ..Log::default() };
    }
}

impl Log {
    fn note_model(&mut self, name: String, class: Class, now: Millis) {
        let index = self.models.iter().position(|model| model.name == name).unwrap_or_else(|| {
            if self.models.len() >= MAX_MODELS {
                self.models.remove(0);
            }
            self.models.push(Model { name, failed: 0, first: now, worked: None });
            self.models.len() - 1
        });
        let model = &mut self.models[index];
        if class == Class::Ok {
            model.failed = 0;
            model.worked = Some(now);
        } else if class.votes() {
            if model.failed == 0 || now.abs_diff(model.first) >= VERDICT_LIFE_MS {
                (model.failed, model.first) = (0, now);
            }
            model.failed = model.failed.saturating_add(1);
            if let Some(open) = &mut self.open
                && open.models.len() < MAX_MODELS
                && !open.models.contains(&model.name)
            {
                open.models.push(model.name.clone());
            }
        }
    }
}

/// How far an incident has come, as far as that is worth a write: its first failed send, the offer, the verdict, the
/// status page's silence and its post, its first request id, its recovery, its end, a handoff, the user's word. Of failed sends every doubling is written as well, so
/// that a browser that is closed in the middle loses less than half of what was counted.
fn come(record: &Record) -> u64 {
    let marks = [
        true,
        record.sent.is_some(),
        record.offered.is_some(),
        record.down.is_some(),
        record.green.is_some(),
        record.official.is_some(),
        !record.request_ids.is_empty(),
        record.recovered.is_some(),
        record.closed,
        record.word.is_some(),
        record.word == Some(Word::Down),
    ];
    let marks = marks.into_iter().fold(0, |all, mark| all << 1 | u64::from(mark));
    marks << 40
        | u64::from(record.failed_sends.checked_ilog2().map_or(0, |log| log + 1)) << 32
        | u64::from(record.handed)
}

/// A name of the site's own, if it is one.
fn plain(name: &str) -> Option<String> {
    let fits = !name.is_empty()
        && name.len() <= MAX_NAME
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'));
    fits.then(|| name.to_owned())
}
