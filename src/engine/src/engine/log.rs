//! What the engine notes beside its judgement: the incident log, our own sight, the user's word, notices.
//!
//! Nothing in here judges. The few hooks are called where observations are made and where a step ends; the log follows the
//! incident that is open from there. All of it runs in the background, whose size counts: a record is a row of numbers
//! here ([`crate::incident::place`]), and gets its names in the pages.

use super::Engine;
use super::session::Pending;
use crate::cause::{Cause, Class, Surface};
use crate::claude::{self, Endpoint};
use crate::codec::fields;
use crate::incident::place::{
    CLASSES, CLOSED, DOWN, FAILURES, GREEN, HANDED, ID, LAST, LEFT, OFFERED, OFFICIAL, POSTED, RECOVERED, SENDS, SENT,
    SINCE, SURFACES, WORD,
};
use crate::incident::{self, MAX_RECORDS, MODEL, NUMBERS, REQUEST_ID, Record, TITLE, Word, incident_key};
use crate::input::{EntryId, Millis, TabId};
use crate::judge::VERDICT_LIFE_MS;
use crate::moment::Month;
use crate::notice::{Notice, PERMISSION};
use crate::output::{Area, Output};
use crate::statistics::{MAX_MONTHS, WATCH_KEY, Watch};
use crate::verdict::State;

/// Observed minutes are stored this many at a time: what a closing browser can lose of them.
const FLUSH_MINUTES: u64 = 15;
/// A model fails alone from so many sends in a row on, if another one has answered meanwhile.
const ALONE: u64 = 2;
/// Models followed at once.
const MAX_MODELS: usize = 8;

/// What of the log lies in lasting storage.
#[derive(Debug)]
pub(super) struct Kept {
    /// The number of the newest record.
    last: u64,
    /// Observed minutes: month, minutes, bad minutes, and so on; the first month of 0 ends them.
    months: [u64; ROOM],
}

/// Numbers of [`Kept::months`].
const ROOM: usize = MAX_MONTHS * 3;

impl Default for Kept {
    fn default() -> Self {
        Self { last: 0, months: [0; ROOM] }
    }
}

impl Kept {
    /// Takes in a stored value; false if it is ours and damaged.
    pub fn load(&mut self, key: &str, value: &str) -> bool {
        let record = incident::is_incident(key);
        if !record && key != WATCH_KEY {
            return true;
        }
        let Some((numbers, count)) = incident::numbers(value) else { return false };
        if !record {
            self.months = numbers;
            return count % 3 == 0;
        }
        // A number that no log comes to is damage, and the numbers after it would have an end.
        let sound = numbers[SINCE] > 0 && numbers[ID] < u64::from(u32::MAX) && incident_key(numbers[ID]) == key;
        if sound {
            self.last = self.last.max(numbers[ID]);
        }
        sound
    }
}

/// What of the log is still on its way there.
#[derive(Clone, Debug)]
pub(super) struct Log {
    /// The incident that is open, as it will be stored (none if it has no beginning), then the numbers below.
    n: [u64; COUNT],
    /// Its names, as they will be stored.
    texts: String,
    /// The models asked lately: failed sends in a row, and the time of the first of them; or 0, and of the last success.
    models: Vec<(String, u64, Millis)>,
}

fields!(Log: n, texts, models);

/// How far the open incident had come when it was stored last.
const STORED: usize = NUMBERS;
/// Whether it ends because nothing was heard of it any more.
const SILENT: usize = NUMBERS + 1;
/// Failed sends in a row.
const RUN: usize = NUMBERS + 2;
/// The minute that was counted last, and whether as a bad one.
const MINUTE: usize = NUMBERS + 3;
const BAD: usize = NUMBERS + 4;
/// Minutes that are not stored yet: the month they are of, all, the bad ones.
const FRESH: std::ops::Range<usize> = NUMBERS + 5..NUMBERS + 8;
const MONTH: usize = FRESH.start;
const FRESH_ALL: usize = MONTH + 1;
const FRESH_BAD: usize = MONTH + 2;
/// What the user said ([`Word`]), when, and whether an incident has been open since: then it ends with that.
const SAID: usize = NUMBERS + 8;
const SAID_AT: usize = NUMBERS + 9;
const BOUND: usize = NUMBERS + 10;
const COUNT: usize = NUMBERS + 11;

impl Default for Log {
    fn default() -> Self {
        Self { n: [0; COUNT], texts: String::new(), models: Vec::new() }
    }
}

impl Engine {
    /// A vote against Claude has come in; its incident is open.
    pub(super) fn log_failure(&mut self, surface: Surface, cause: &Cause, now: Millis) {
        let Some(incident) = &self.session.incident else { return };
        let log = &mut self.session.log;
        log.n[SILENT] = 0;
        log.first(SINCE, incident.since);
        log.n[LAST] = now;
        log.n[FAILURES] += 1;
        log.n[SURFACES] |= 1 << surface as u64;
        log.n[CLASSES + cause.class as usize] += 1;
        if surface == Surface::Completion {
            log.n[SENDS] += 1;
            log.first(SENT, now);
            log.n[RUN] += 1;
        }
    }

    /// An offer is shown.
    pub(super) fn log_offer(&mut self, cause: &Cause, now: Millis) {
        let log = &mut self.session.log;
        if log.is_open() && cause.class.votes() {
            log.first(OFFERED, now);
        }
    }

    /// The incident is about to be closed because nothing new is heard of it.
    pub(super) fn log_silence(&mut self) {
        self.session.log.n[SILENT] = 1;
    }

    /// A prompt was taken to a fallback. (Called before that is noted with the prompt.)
    pub(super) fn log_handed(&mut self, entry: Option<&EntryId>, now: Millis) {
        let Some(entry) = entry.and_then(|id| self.outbox.get(id)) else { return };
        let log = &mut self.session.log;
        let again = entry.handed.as_ref().is_some_and(|handed| handed.at >= log.n[SINCE]);
        if log.is_open() && !again {
            log.n[HANDED] += 1;
            log.first(LEFT, now);
        }
    }

    /// A request leaves.
    pub(super) fn look(&mut self, tab: TabId, endpoint: &Endpoint<'_>, url: &str, now: Millis) {
        self.dirty |= self.session.sight.asked(tab, claude::look(endpoint, url), now);
    }

    /// A request has got its cause, and what follows from it for the judgement is done.
    pub(super) fn after_settling(&mut self, pending: &Pending, cause: &Cause, now: Millis) {
        self.log_request_id(pending, cause);
        if !pending.is_send() {
            return;
        }
        let fine = cause.class == Class::Ok;
        if pending.is_stream() && (fine || cause.class == Class::Unknown) && cause.transport.is_none() {
            // A recording brings the text itself, so an answer that is known to be whole was heard.
            self.session.sight.answered(pending.seq.is_some() || fine, now);
        }
        if fine {
            self.session.log.n[RUN] = 0;
            if self.session.log.n[BOUND] == 0 {
                // One good answer is what the word waited for.
                self.session.log.n[SAID] = 0;
            }
        }
        let entry = pending.entry.as_ref();
        if let Some(model) = entry.and_then(|id| self.outbox.get(id)).and_then(|entry| entry.model.as_deref()) {
            self.session.log.note_model(model, cause.class, now);
        }
    }

    /// The id under which the site may find a failed request again: from its headers, or from a body that came later.
    pub(super) fn log_request_id(&mut self, pending: &Pending, cause: &Cause) {
        if let Some(id) = cause.request_id.as_ref().or(pending.headers.request_id.as_ref())
            && cause.class.votes()
            && pending.counts()
            && (self.session.incident.is_some() || self.session.log.is_open())
        {
            self.session.log.note(REQUEST_ID, id);
            self.dirty = true;
        }
    }

    /// The model of a prompt, if that one alone fails.
    pub(super) fn fails_alone(&self, entry: Option<&EntryId>) -> Option<&str> {
        let asked = self.outbox.get(entry?)?.model.as_deref()?;
        let models = &self.session.log.models;
        let (_, failed, first) = models.iter().find(|(name, ..)| name == asked)?;
        let another = models.iter().any(|(_, failed, worked)| *failed == 0 && worked >= first);
        (*failed >= ALONE && another).then_some(asked)
    }

    /// The user speaks against the verdict.
    pub(super) fn say(&mut self, word: Word, now: Millis) {
        let log = &mut self.session.log;
        log.n[BOUND] = u64::from(self.session.incident.is_some());
        // Where nothing has failed, "it works" contradicts nobody but an earlier word.
        log.n[SAID] = if log.n[BOUND] > 0 || word == Word::Down { word as u64 } else { 0 };
        log.n[SAID_AT] = now;
        if log.is_open() {
            log.n[WORD] = log.n[SAID];
        }
    }

    /// Failed sends in a row.
    pub(super) fn run(&self) -> u64 {
        self.session.log.n[RUN]
    }

    /// What the user has said, and when.
    pub(super) fn said(&self) -> Option<(Word, Millis)> {
        let log = &self.session.log;
        let word = if log.n[SAID] == Word::Works as u64 { Word::Works } else { Word::Down };
        (log.n[SAID] > 0).then_some((word, log.n[SAID_AT]))
    }

    /// The state that the user's word makes; recovery is proven by answers, not by words.
    pub(super) fn said_state(&self) -> Option<State> {
        let recovering = self.session.incident.as_ref().is_some_and(|incident| incident.recovering_at.is_some());
        match self.said()?.0 {
            Word::Works => Some(State::Clear),
            Word::Down => (!recovering).then_some(State::Down),
        }
    }

    /// Follows the incident to where it stands at the end of a step, and stores what is new about it.
    pub(super) fn keep_log(&mut self, now: Millis) {
        if now != self.session.weighed_at {
            self.count_minute(now);
        }
        self.follow_log(now);
        self.notice(now);
    }

    fn follow_log(&mut self, now: Millis) {
        if self.session.incident.is_none() && !self.session.log.is_open() && self.session.log.n[SAID] == 0 {
            // Most days there is nothing to follow.
            return;
        }
        let log = &mut self.session.log;
        let official = self.session.official.as_ref();
        if let Some(incident) = &self.session.incident {
            log.n[BOUND] |= u64::from(log.n[SAID] > 0);
            log.n[RECOVERED] = incident.recovering_at.unwrap_or_default();
            if let Some(at) = incident.down_at {
                log.first(DOWN, at);
            }
            if let Some(official) = official {
                if !official.speaks_of_claude() {
                    log.first(GREEN, official.at);
                } else if log.first(OFFICIAL, official.at) {
                    log.n[POSTED] = official.posted.unwrap_or_default();
                    if let Some(title) = &official.incident {
                        log.note(TITLE, title);
                    }
                }
            }
        } else {
            if log.n[SAID] > 0 && (log.n[BOUND] > 0 || now.abs_diff(log.n[SAID_AT]) >= VERDICT_LIFE_MS) {
                log.n[SAID] = 0;
                self.dirty = true;
            }
            log.n[CLOSED] = 1;
            if log.n[SILENT] == 0 {
                log.first(RECOVERED, now);
            }
        }
        if !log.is_open() {
            log.forget();
            return;
        }
        let come = log.come();
        let (counts, closed) = (log.counts(), log.n[CLOSED] > 0);
        if counts && come != log.n[STORED] {
            log.n[STORED] = come;
            let new = log.n[ID] == 0;
            if new {
                self.kept.last += 1;
                log.n[ID] = self.kept.last;
            }
            let (id, json) = (log.n[ID], incident::write(&log.n[..NUMBERS], &log.texts));
            self.persist(Area::Local, incident_key(id), Some(json));
            if new && id > MAX_RECORDS {
                self.persist(Area::Local, incident_key(id - MAX_RECORDS), None);
            }
            self.dirty = true;
        }
        if closed {
            self.session.log.forget();
            self.dirty = true;
        }
    }

    /// Counts the minutes in which something was seen of Claude, and the bad ones among them.
    fn count_minute(&mut self, now: Millis) {
        let failed = self.session.incident.as_ref().map(|incident| incident.last_failure);
        if self.session.judge.seen_at() != Some(now) && failed != Some(now) {
            return;
        }
        let bad = failed.is_some() && self.session.log.counts();
        let month = u64::from(Month::of(now).0);
        // Only what changes is borrowed to be changed: the rest of the snapshot is as it was written before.
        let n = |at: usize| self.session.log.n[at];
        let (full, minute) = (n(FRESH_ALL) >= FLUSH_MINUTES || n(MONTH) != month, now / 60_000);
        if full {
            if n(FRESH_ALL) > 0 {
                add(&mut self.kept.months, &self.session.log.n[FRESH]);
                let json = incident::write(&self.kept.months, "");
                self.persist(Area::Local, WATCH_KEY.to_owned(), Some(json));
            }
            let log = &mut self.session.log;
            log.n[MONTH] = month;
            log.n[FRESH_ALL] = 0;
            log.n[FRESH_BAD] = 0;
            self.dirty = true;
        }
        if minute != self.session.log.n[MINUTE] {
            let log = &mut self.session.log;
            log.n[MINUTE] = minute;
            log.n[BAD] = 0;
            log.n[FRESH_ALL] += 1;
            self.dirty = true;
        }
        if bad && self.session.log.n[BAD] == 0 {
            let log = &mut self.session.log;
            log.n[BAD] = 1;
            log.n[FRESH_BAD] += 1;
            self.dirty = true;
        }
    }

    /// The observed minutes up to now, for receipts: those that are stored and those that are still to be.
    pub fn watch(&self) -> Watch {
        Watch::of_rows(&[self.kept.months.as_slice(), &self.session.log.n[FRESH]].concat())
    }

    /// The incident that is open, as far as it has come: what is stored of it may be some failures behind. For pages.
    pub fn open_record(&self) -> Option<Record> {
        let log = &self.session.log;
        Record::parse(&incident::write(&log.n[..NUMBERS], &log.texts)).filter(Record::counts)
    }

    /// Notices, where they are allowed. Who has spoken of the incident knows of it.
    fn notice(&mut self, now: Millis) {
        if self.session.log.n[SAID] > 0 || !self.allowed(PERMISSION) {
            return;
        }
        let (state, since) = (self.state(), self.since());
        let due = self.session.notices.due();
        let told = self.session.notices.step(state, since, now);
        self.dirty |= due != self.session.notices.due();
        let told = told.map(|notice| match notice {
            Notice::Back(_) => Notice::Back(self.awaited(now)),
            other => other,
        });
        self.outputs.extend(told.map(Output::Notify));
    }

    /// The next wake-up, if a notice, the end of the user's word or of a limit is due before it.
    pub(super) fn log_due(&self, next: Option<Millis>, now: Millis) -> Option<Millis> {
        let log = &self.session.log;
        let word =
            if log.n[SAID] > 0 && log.n[BOUND] == 0 { log.n[SAID_AT].saturating_add(VERDICT_LIFE_MS) } else { 0 };
        let mut next = next;
        for due in [word, self.session.notices.due(), self.put_off_until()] {
            if due > now && next.is_none_or(|next| due < next) {
                next = Some(due);
            }
        }
        next
    }

    /// Deletes the log; the incident that is open begins a new one.
    pub(super) fn forget_log(&mut self) {
        for id in self.kept.last.saturating_sub(MAX_RECORDS)..=self.kept.last {
            self.persist(Area::Local, incident_key(id), None);
        }
        self.persist(Area::Local, WATCH_KEY.to_owned(), None);
        self.kept.months = [0; ROOM];
        self.session.log.n[FRESH].fill(0);
        self.session.log.forget();
    }
}

impl Log {
    fn is_open(&self) -> bool {
        self.n[SINCE] > 0
    }

    /// Whether it is worth keeping: it has a verdict, or a send has failed.
    fn counts(&self) -> bool {
        self.n[SENT] | self.n[DOWN] > 0
    }

    fn forget(&mut self) {
        // With how far it had come.
        self.n[..=STORED].fill(0);
        self.texts.clear();
    }

    /// Notes when something was first so; true if it was not before.
    fn first(&mut self, place: usize, at: Millis) -> bool {
        let first = self.n[place] == 0;
        if first {
            self.n[place] = at;
        }
        first
    }

    fn note(&mut self, kind: char, text: &str) {
        if self.is_open() {
            incident::note(&mut self.texts, kind, text);
        }
    }

    fn note_model(&mut self, model: &str, class: Class, now: Millis) {
        let fine = class == Class::Ok;
        if !fine && !class.votes() {
            return;
        }
        if !fine {
            self.note(MODEL, model);
        }
        let Some((_, failed, first)) = self.models.iter_mut().find(|(name, ..)| name == model) else {
            // Somebody who tries nine models within a day begins anew.
            if self.models.len() >= MAX_MODELS {
                self.models.clear();
            }
            self.models.push((model.to_owned(), u64::from(!fine), now));
            return;
        };
        if fine || *failed == 0 || now.abs_diff(*first) >= VERDICT_LIFE_MS {
            (*failed, *first) = (0, now);
        }
        *failed += u64::from(!fine);
    }

    /// How far an incident has come, as far as that is worth a write: its first failed send, the offer, the verdict, the
    /// status page's silence and its post, a first name (model, request id), its recovery, its end, a handoff, the user's
    /// word. Of failed sends every doubling is written as well, so that a browser that is closed in the middle loses less
    /// than half of what was counted.
    fn come(&self) -> u64 {
        let marks = self.n[SENT..=CLOSED].iter().fold(1, |marks, at| marks << 1 | u64::from(*at > 0));
        let sends = u64::from(self.n[SENDS].leading_zeros());
        ((marks << 8 | sends) << 2 | self.n[WORD]) << 16 | self.n[HANDED] << 1 | u64::from(self.texts.is_empty())
    }
}

/// Adds minutes to those of their month, or begins a new one in place of nothing or of the oldest.
fn add(months: &mut [u64; ROOM], fresh: &[u64]) {
    let mut at = 0;
    while months[at] != fresh[0] && months[at] != 0 {
        at += 3;
        if at == ROOM {
            for place in 3..ROOM {
                months[place - 3] = months[place];
            }
            at -= 3;
            (months[at], months[at + 1], months[at + 2]) = (0, 0, 0);
        }
    }
    months[at] = fresh[0];
    months[at + 1] = months[at + 1].saturating_add(fresh[1]);
    months[at + 2] = months[at + 2].saturating_add(fresh[2]);
}
