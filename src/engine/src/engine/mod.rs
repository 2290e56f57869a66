//! The engine itself: inputs in, outputs out.

mod commands;
mod handoffs;
mod health;
mod home;
mod log;
mod offers;
mod probes;
mod session;
mod traffic;
mod views;

use crate::cause::{Cause, Class, Surface};
use crate::handoff::normalised;
use crate::incident::{self, Word};
use crate::input::{Act, EntryId, Input, JobId, Millis, Place, TabId};
use crate::json::Json;
use crate::judge;
use crate::left;
use crate::outbox::{DAY_MS, Entry, HEAD, LEFT, Outbox, Typed};
use crate::output::{ASIDE, Area, ENTRY, Output, SENT, TEXT, begun_key, entry_key, sent_key, text_key};
use crate::provider::{CLAUDE, Settings};
use crate::text::UserText;
use crate::verdict::State;
pub(crate) use offers::fingerprint;
use session::{Dismissed, Incident, Official, Session};

/// Which browser the shell runs in; techniques differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Chrome, Edge, Brave, Opera.
    Chromium,
    /// Firefox.
    Firefox,
}

/// What does not change while the engine lives.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The browser.
    pub platform: Platform,
}

/// What the shell found in the stores: strings as they were persisted, possibly damaged.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// `storage.session["engine"]`.
    pub session: Option<String>,
    /// The keys and values of `storage.local` that a start needs ([`crate::needed_at_start`]), or all.
    pub local: Vec<(String, String)>,
}

/// Key of the engine's snapshot in `storage.session`.
const SESSION_KEY: &str = "engine";
/// Key of the settings in `storage.local`.
const SETTINGS_KEY: &str = "settings";
/// Key of the fallbacks that the user has agreed to in `storage.local`: their ids, or the address of one of the user's own, a line each.
pub const AGREED_KEY: &str = "agreed";
/// What was good so long ago proves nothing now: as long as a verdict is held to be true without news. An idle page is not
/// blind before that.
const HEALTH_LIFE_MS: Millis = judge::VERDICT_LIFE_MS;

/// What of Claude fails.
enum Part<'a> {
    /// All of it, or more than one of the others.
    All,
    /// The path to a session; whoever is in may stay in.
    SignIn,
    /// Uploads alone.
    Uploads,
    /// One model, while another one answers.
    Model(&'a str),
}

/// Decides what failures mean and what happens to prompts. Sans I/O.
///
/// Four kinds of call, and no other order:
/// 1. **start** with [`Engine::restore`] (a first start is a restore from nothing);
/// 2. **mutate** with [`Engine::handle`], which never fails and never blocks. The texts of prompts lie in the store until they are
///    needed: before each input ask which ones that is with [`Engine::wants`] (also after a restore), read them there, and
///    [`Engine::give`] them;
/// 3. **drain** with [`Engine::poll`] until it returns `None`, carrying out each output in order (also after a restore). What could not
///    be stored is told at once, with an [`Input::Unstored`] in between;
/// 4. **look** with [`Engine::view`] and [`Engine::handoff_view`], at any time.
///
/// Time is the `now` of each call. It may jump in both directions.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    session: Session,
    outbox: Outbox,
    settings: Settings,
    /// What is stored of the incident log.
    kept: log::Kept,
    /// The log of what left, as it is stored.
    left: String,
    /// The fallbacks that the user has agreed to, as it is stored: see [`AGREED_KEY`].
    agreed: String,
    outputs: Vec<Output>,
    /// Handoffs that go on as soon as their text is at hand: a script was at work when the background died.
    resumed: Vec<JobId>,
    /// Whether the session differs from what was persisted last.
    dirty: bool,
}

impl Engine {
    /// A start, from whatever the stores held. Damaged values are set aside, not deleted.
    pub fn restore(config: Config, stored: Stored, now: Millis) -> Self {
        let session = stored.session.as_deref().and_then(Session::read);
        let known = session.is_some();
        let mut engine = Self {
            config,
            session: session.unwrap_or_default(),
            outbox: Outbox::default(),
            settings: Settings::default(),
            kept: log::Kept::default(),
            left: String::new(),
            agreed: String::new(),
            outputs: Vec::new(),
            resumed: Vec::new(),
            dirty: false,
        };
        let mut texts = Vec::new();
        for json in std::mem::take(&mut engine.session.temporary_entries) {
            if let Some(entry) = Entry::parse(&json) {
                engine.outbox.load(entry);
            }
        }
        for (key, value) in stored.local {
            let damaged = if key == SETTINGS_KEY {
                Json::parse(&value)
                    .and_then(Settings::read)
                    .map(|settings| engine.settings = settings.cleaned())
                    .is_none()
            } else if key == left::KEY {
                let sound = left::is_log(&value);
                if sound {
                    engine.left.clone_from(&value);
                }
                !sound
            } else if key == AGREED_KEY {
                engine.agreed.clone_from(&value);
                false
            } else if key.starts_with(ENTRY) {
                Entry::parse(&value).map(|entry| engine.outbox.load(entry)).is_none()
            } else if let Some(id) = key.strip_prefix(TEXT) {
                texts.push((id.to_owned(), value));
                continue;
            } else {
                !engine.kept.load(&key, &value)
            };
            if damaged {
                engine.session.set_aside = engine.session.set_aside.saturating_add(1);
                engine.dirty = true;
                engine.persist(Area::Local, [ASIDE, &key].concat(), Some(value));
                engine.persist(Area::Local, key, None);
            }
        }
        engine.take_in(texts);
        if !known {
            // The browser was started: its tabs have numbers that others had.
            engine.leave_pages(None);
        }
        engine.session.judge.allow(engine.settings.probes, now);
        engine.resume_jobs(now);
        if known {
            // The life before has done what followed from it. What is due is found out with the event that this start is for, which
            // may say that nothing is to be asked.
            engine.store();
        } else {
            engine.finish(now);
        }
        engine
    }

    /// Brings what is stored into the form that it has today: texts at their own keys, each with its entry.
    fn take_in(&mut self, texts: Vec<(EntryId, String)>) {
        for (id, text) in texts {
            if self.outbox.get(&id).is_none() {
                self.outbox.found(&id, &UserText::new(text));
                self.keep(&id);
            }
        }
        for id in self.outbox.ids() {
            if self.outbox.get(&id).is_some_and(|entry| !entry.apart && !entry.unstored && !entry.temporary) {
                self.keep(&id);
            }
        }
    }

    /// The page in this tab has begun a new life, or all have.
    #[inline(never)]
    fn leave_pages(&mut self, tab: Option<TabId>) {
        for id in self.outbox.ids() {
            if self.outbox.leave_page(&id, tab) {
                self.keep(&id);
            }
        }
    }

    /// Which texts the engine must be given before it is told this; without an input, before anything.
    ///
    /// What earlier inputs needed is let go of here.
    pub fn wants(&mut self, input: Option<&Input>) -> Vec<EntryId> {
        if !matches!(input, Some(Input::Unstored { .. })) {
            self.outbox.rest();
        }
        let mut wanted: Vec<&EntryId> = Vec::new();
        let of_job = |id: &JobId| self.job(id).and_then(|index| self.session.jobs[index].entry.as_ref());
        match input {
            None => wanted.extend(self.resumed.iter().filter_map(of_job)),
            Some(Input::Act { act, .. }) => match act {
                Act::HandOff { entry: Some(entry), .. } | Act::PutBack { entry, .. } | Act::Copy { entry } => {
                    wanted.push(entry);
                }
                Act::Decided { job, .. } => wanted.extend(of_job(job)),
                _ => {}
            },
            Some(Input::Opened { job, .. } | Input::Filled { job, .. }) => wanted.extend(of_job(job)),
            Some(Input::TabComplete { tab }) => {
                let here = self.session.jobs.iter().filter(|job| job.tab.is_none_or(|known| known == *tab));
                wanted.extend(here.filter_map(|job| job.entry.as_ref()));
            }
            Some(Input::Unstored { key }) => {
                wanted.extend(of_key(key).and_then(|id| self.outbox.get(id)).map(|entry| &entry.id));
            }
            Some(_) => {}
        }
        let missing = |id: &&EntryId| self.outbox.get(id).is_some_and(|entry| entry.text.is_none());
        wanted.into_iter().filter(missing).cloned().collect()
    }

    /// Gives the engine what is stored at [`text_key`] of an entry; `None` if there is nothing, or it could not be read. Whether it
    /// is the text that was stored.
    pub fn give(&mut self, id: &str, text: Option<String>) -> bool {
        let Some(entry) = self.outbox.get_mut(id) else { return false };
        if !entry.apart {
            return true;
        }
        // Of a draft the text is stored first: it may be a newer one than its facts know.
        let sound = |text: &UserText| entry.print == 0 || entry.print == text.print() || entry.draft.is_some();
        let text = text.map(UserText::new).filter(sound);
        let lost = text.is_none();
        entry.text = entry.text.take().or(text);
        if entry.lost != lost {
            entry.lost = lost;
            let id = entry.id.clone();
            self.keep(&id);
        }
        for job in std::mem::take(&mut self.resumed) {
            self.resume(job);
        }
        !lost
    }

    /// Takes one thing that happened at `now`.
    pub fn handle(&mut self, input: Input, now: Millis) {
        let told = !matches!(input, Input::Tick);
        // What comes too late for a handoff is not heard, whenever it was last looked after.
        self.age_jobs(now);
        match input {
            Input::Request(request) => self.on_request(request, now),
            Input::Tap { tab, fact } => self.on_fact(tab, fact, now),
            Input::Hello { tab: page, online } => {
                self.browser_says(online);
                let tab = self.session.tab(page, now);
                // A new page life: the tap has not spoken yet, and no card is on screen.
                tab.hello = now;
                tab.tap = false;
                tab.streams.clear();
                tab.shown = 0;
                tab.probe = None;
                self.session.forget_numbers(page);
                self.session.sight.hello(page);
                self.leave_pages(Some(page));
                self.dirty = true;
            }
            Input::Draft { tab, url, text } => self.on_draft(tab, &url, &text, now),
            Input::Connectivity { online } => {
                self.browser_says(online);
                self.dirty = true;
            }
            Input::Status(answer) => self.on_status(answer.as_ref(), now),
            Input::Health { provider, body } => self.on_health(&provider, body.as_deref(), now),
            Input::Heard { entry, title, begun } => self.on_heard(&entry, title.as_ref(), begun),
            Input::Permissions { origins } => {
                if self.session.allowed != origins {
                    self.session.allowed = origins;
                    self.dirty = true;
                }
            }
            Input::Unstored { key } => self.on_unstored(&key),
            Input::Act { from, act } => self.on_act(&from, act, now),
            Input::Opened { job, tab } => self.on_opened(&job, tab, now),
            Input::Filled { job, report } => self.on_filled(&job, &report, now),
            Input::TabComplete { tab } => self.on_tab_complete(tab, now),
            Input::TabClosed { tab } => {
                self.dirty |= self.session.tabs.remove(&tab).is_some();
                self.drop_jobs_of(tab);
            }
            Input::Noticed => self.on_noticed(now),
            Input::Tick => {}
        }
        // Most of what a page requests changes nothing, and nothing is due: then there is nothing to find out either.
        let due = self.session.wake.is_some_and(|at| at <= now) || self.outbox.has_old(self.keeps(), now);
        // What one request was found to be is for a report, and no news where it changes nothing.
        let news = |output: &Output| !matches!(output, Output::Observed { .. });
        if told && !due && !self.dirty && !self.outputs.iter().any(news) {
            return;
        }
        self.settle_requests(now);
        self.age(now);
        self.finish(now);
    }

    /// The next thing to do, if any.
    pub fn poll(&mut self) -> Option<Output> {
        if self.outputs.is_empty() { None } else { Some(self.outputs.remove(0)) }
    }

    /// The settings in force, for the options page.
    pub fn settings(&self) -> Settings {
        self.settings.clone()
    }

    /// What left this browser, the newest first; for the options page.
    pub fn left(&self) -> Vec<left::Left> {
        left::read(&self.left)
    }

    /// The verdict as it was when something last happened. See also [`Self::state_at`].
    pub fn state(&self) -> State {
        if let Some(state) = self.said_state() {
            return state;
        }
        match self.session.judge.state() {
            // What should be seen is not: that is not health.
            State::Clear if self.session.sight.blind().is_some() => State::Blind,
            // "Down" is said of Claude, not of a part that one can go on without.
            State::Down | State::Flapping if matches!(self.part(), Part::Uploads | Part::Model(_)) => State::Suspected,
            state => state,
        }
    }

    /// The verdict at `now`: health has an age.
    pub fn state_at(&self, now: Millis) -> State {
        match self.state() {
            State::Clear if self.is_old(now) => State::Blind,
            state => state,
        }
    }

    /// Whether what was good is so long ago that it proves nothing now.
    fn is_old(&self, now: Millis) -> bool {
        self.session.judge.seen_at().is_some_and(|at| now.saturating_sub(at) >= HEALTH_LIFE_MS)
    }

    /// What of Claude fails, where it is not all of it.
    fn part(&self) -> Part<'_> {
        let Some(incident) = &self.session.incident else { return Part::All };
        let all = |known: fn(&Surface) -> bool| incident.failing.iter().all(known);
        if incident.failing.is_empty() {
            Part::All
        } else if all(|surface| *surface == Surface::Upload) {
            Part::Uploads
        } else if all(|surface| offers::signs_in(*surface)) {
            Part::SignIn
        } else if all(|surface| *surface == Surface::Completion)
            && let Some(model) = self.outbox.newest_sent().and_then(|newest| self.fails_alone(Some(&newest.id)))
        {
            Part::Model(model)
        } else {
            Part::All
        }
    }

    /// The first failure of the incident that is open.
    pub fn since(&self) -> Option<Millis> {
        self.session.incident.as_ref().map(|incident| incident.since)
    }

    /// The surfaces that failed in this incident and have not worked since.
    pub fn failing(&self) -> Vec<Surface> {
        self.session.incident.as_ref().map(|incident| incident.failing.clone()).unwrap_or_default()
    }

    fn on_act(&mut self, from: &Place, act: Act, now: Millis) {
        if let Place::Card { tab } = from
            && !self.has_button(*tab, &act)
        {
            return;
        }
        self.dirty = true;
        match act {
            Act::HandOff { provider, entry, copied } => self.hand_off(&provider, entry, None, copied, now),
            Act::PutBack { entry, text, copied } => self.hand_off(CLAUDE.id, Some(entry), text, copied, now),
            Act::Later { entry, on } => self.put_off(&entry, on, now),
            Act::Copy { entry } => {
                if let Some(text) = self.outbox.get(&entry).and_then(|entry| entry.text.clone()) {
                    let text = UserText::new(normalised(text.reveal()));
                    self.outputs.push(Output::Copy { to: from.clone(), text });
                }
            }
            // As in a composer: no tab has a number below that of a text which stands in none.
            Act::Write { field, text } => self.on_typed(LEFT - 1 - TabId::from(field), None, &text, now),
            Act::Dismiss {} => {
                if let Place::Card { tab } = from {
                    let tab = self.session.tab(*tab, now);
                    tab.dismissed =
                        tab.offer.take().map(|offer| Dismissed { entry: offer.entry, surface: offer.surface });
                }
            }
            Act::Decided { job, granted } => self.on_decided(&job, granted, from.own_tab(), now),
            Act::Choose { job, text, along, copied } => self.on_choose(&job, text, along, copied),
            Act::PasteByHand { job } => self.on_paste_by_hand(&job, from.own_tab(), now),
            Act::Forget { entry } if entry == incident::LOG => self.forget_log(),
            Act::Forget { entry } if entry == left::KEY => {
                self.left.clear();
                self.persist(Area::Local, left::KEY.to_owned(), None);
            }
            Act::Forget { entry } => {
                if self.outbox.forget(&entry) {
                    self.unkeep(&entry);
                }
            }
            // What is stored is not the engine's business.
            Act::Seal {} => {}
            Act::ForgetAll {} => {
                for id in self.outbox.ids() {
                    self.outbox.forget(&id);
                    self.unkeep(&id);
                }
            }
            Act::Say { down } => self.say(if down { Word::Down } else { Word::Works }, now),
            Act::Configure { settings } => {
                self.settings = settings.cleaned();
                self.session.judge.allow(self.settings.probes, now);
                if !self.settings.limits {
                    for tab in self.session.tabs.values_mut() {
                        tab.offer.take_if(|offer| offer.cause.class == Class::UserLimit);
                    }
                }
                let json = self.settings.write();
                self.persist(Area::Local, SETTINGS_KEY.to_owned(), Some(json));
            }
        }
    }

    /// Whether the card in this tab has such a button now. A page that is not what it should be can press no other.
    fn has_button(&self, tab: TabId, act: &Act) -> bool {
        let offer = self.session.tabs.get(&tab).and_then(|tab| tab.offer.as_ref());
        offer.is_some_and(|offer| match act {
            Act::HandOff { provider, entry, .. } => {
                let back = provider == CLAUDE.id && self.can_go_back(offer);
                *entry == offer.entry && (back || self.settings.fallbacks.iter().any(|known| known == provider))
            }
            Act::Copy { entry } => Some(entry) == offer.entry.as_ref(),
            Act::Dismiss {} => true,
            _ => false,
        })
    }

    fn browser_says(&mut self, online: bool) {
        self.dirty |= self.session.online != online;
        self.session.online = online;
        self.session.judge.online(online);
    }

    /// What the judge has made of it: the incident follows the run that is open.
    fn follow(&mut self, now: Millis) {
        let Some(run) = self.session.judge.run() else {
            if let Some(incident) = self.session.incident.take() {
                self.dirty = true;
                self.session.official = None;
                self.forget_health();
                self.session.recovered_at = self.session.judge.recovered_at();
                if incident.recovering_at.is_none() && self.session.judge.seen_at() != Some(now) {
                    self.log_silence();
                } else {
                    self.come_back(incident.since, now);
                }
                // A card about a page, in whichever tab, is out of date, open or closed. One with a prompt waits for its user, and
                // stays closed for this prompt: the page may send it again by itself, and a list that loads is no answer to it.
                for tab in self.session.tabs.values_mut() {
                    tab.dismissed.take_if(|closed| closed.entry.is_none());
                    if tab.offer.as_ref().is_some_and(|offer| offer.entry.is_none() && offer.blames_claude()) {
                        tab.offer = None;
                    }
                }
            }
            return;
        };
        let incident = self.session.incident.get_or_insert_with(|| Incident::new(now));
        incident.since = run.since;
        incident.last_failure = run.last;
        incident.down_at = run.down_at;
        incident.recovering_at = run.recovering_at;
        incident.failing = self.session.judge.failing().collect();
        self.dirty = true;
    }

    /// A failure that counts: a line of evidence.
    fn failed(&mut self, surface: Surface, cause: &Cause, now: Millis) {
        self.follow(now);
        if let Some(incident) = &mut self.session.incident {
            incident.note(surface, cause, now);
        }
        self.log_failure(surface, cause, now);
        self.ask_status(now);
    }

    /// How long a prompt is kept that was answered.
    fn keeps(&self) -> Millis {
        u64::from(self.settings.keep) * DAY_MS
    }

    /// Ages what nothing new is heard of.
    fn age(&mut self, now: Millis) {
        if !self.session.judge.rests() {
            self.session.judge.tick(now);
        }
        if self.session.judge.run().is_none() {
            self.follow(now);
        }
        let open = self.session.incident.is_some();
        for tab in self.session.tabs.values_mut() {
            if tab.offer.as_ref().is_some_and(|offer| offer.is_over(open, now)) {
                tab.offer = None;
                self.dirty = true;
            }
        }
        for entry in self.outbox.prune(self.keeps(), now) {
            self.dirty |= entry.unstored || entry.temporary;
            self.unkeep(&entry.id);
        }
        self.age_jobs(now);
        self.age_health(now);
    }

    /// One request to the official status page: neutral check and second opinion in one.
    fn ask_status(&mut self, now: Millis) {
        if !self.session.judge.rests() && self.session.judge.asks(now) {
            self.dirty = true;
            self.outputs.push(Output::FetchStatus { url: crate::claude::STATUS_URL, timeout_ms: 3_000 });
        }
    }

    fn on_status(&mut self, answer: Option<&crate::StatusAnswer>, now: Millis) {
        self.dirty = true;
        self.settle_unanswered(answer.is_some(), now);
        let Some(read) =
            answer.filter(|answer| answer.status == 200).and_then(|answer| crate::claude::parse_status(&answer.body))
        else {
            return;
        };
        let seen = Official::of(&read, now);
        let posted = judge::Posted { bad: seen.speaks_of_claude(), monitoring: seen.monitoring };
        self.session.official = Some(seen);
        if let Some(incident) = &mut self.session.incident {
            if posted.bad {
                incident.official_at.get_or_insert(now);
            }
            self.session.judge.posted(posted, now);
            self.follow(now);
        }
    }

    fn persist(&mut self, area: Area, key: String, value: Option<String>) {
        self.outputs.push(Output::Persist { area, key, value });
    }

    /// Something is being typed. Of a temporary chat nothing is written down.
    fn on_draft(&mut self, tab: TabId, url: &str, text: &UserText, now: Millis) {
        let Some(place) = crate::claude::place(url) else { return };
        let known = |id: &str| self.session.temporary_chats.iter().any(|chat| chat == id);
        if place.temporary || place.conversation.is_some_and(known) {
            return;
        }
        self.on_typed(tab, place.conversation, text, now);
    }

    fn on_typed(&mut self, tab: TabId, conversation: Option<&str>, text: &UserText, now: Millis) {
        match self.outbox.typed(tab, conversation, text, now) {
            Some(Typed::Kept(id)) => self.keep(&id),
            Some(Typed::Gone(id)) => self.unkeep(&id),
            None => {}
        }
    }

    /// What a page has of a prompt that was not answered. The prompt may be gone by now, and then that is of no use either.
    fn on_heard(&mut self, id: &str, title: Option<&UserText>, begun: Option<UserText>) {
        let Some(entry) = self.outbox.get_mut(id).filter(|entry| !entry.temporary && !entry.unstored) else { return };
        let id = entry.id.clone();
        let title = title.and_then(|title| crate::claude::title(title.reveal()));
        let told =
            title.map(|title| UserText::new(title).beginning(HEAD)).filter(|title| entry.title.as_ref() != Some(title));
        if told.is_some() {
            entry.title = told;
            self.keep(&id);
        }
        if let Some(begun) = begun.filter(|begun| !begun.is_blank()) {
            self.persist(Area::Local, begun_key(&id), Some(begun.reveal().to_owned()));
        }
    }

    /// Stores one entry where it belongs: a temporary chat's prompt never reaches lasting storage. The text goes first, and once.
    fn keep(&mut self, id: &EntryId) {
        match self.outbox.get_mut(id) {
            Some(entry) if !entry.temporary => {
                // Unless the store says otherwise.
                entry.unstored = false;
                let json = entry.write();
                let text = entry.text.as_ref().filter(|_| !entry.apart).map(|text| text.reveal().to_owned());
                entry.apart = true;
                if text.is_some() {
                    self.persist(Area::Local, text_key(id), text);
                }
                self.persist(Area::Local, entry_key(id), Some(json));
            }
            _ => self.dirty = true,
        }
    }

    /// Removes one that is gone from the outbox. Its text first: one without its entry would come back.
    pub(super) fn unkeep(&mut self, id: &EntryId) {
        self.persist(Area::Local, text_key(id), None);
        self.persist(Area::Local, begun_key(id), None);
        self.persist(Area::Local, sent_key(id), None);
        self.persist(Area::Local, entry_key(id), None);
    }

    /// The store is full. Prompts that were answered make room, the oldest first; where there is none, the prompt stays with the
    /// session, and the person is told that it will not outlive the browser.
    fn on_unstored(&mut self, key: &str) {
        if let Some(entry) = key.strip_prefix(SENT).and_then(|id| self.outbox.get_mut(id)) {
            // The prompt counts; what was attached to it stays behind, as a file does whose text is not known, and that is said.
            entry.inside = false;
            let id = entry.id.clone();
            return self.keep(&id);
        }
        let Some(entry) = of_key(key).and_then(|id| self.outbox.get_mut(id)) else { return };
        entry.unstored = true;
        entry.apart = entry.text.is_none();
        let id = entry.id.clone();
        self.dirty = true;
        // The facts of a text that found no room wait with it.
        let facts = entry_key(&id);
        self.outputs.retain(|output| !matches!(output, Output::Persist { key, .. } if *key == facts));
        let room = self.outbox.oldest_confirmed(&id);
        if let Some(answered) = room {
            self.outbox.forget(&answered);
            self.session.made_room = self.session.made_room.saturating_add(1);
            self.unkeep(&answered);
            self.keep(&id);
        }
    }

    /// Everything that follows from the new state: cards, badge, wake-up, snapshot. What is stored goes out first.
    fn finish(&mut self, now: Millis) {
        self.ripen(now);
        self.keep_log(now);
        self.refresh_cards();
        self.refresh_badge(now);
        self.refresh_wake(now);
        self.store();
    }

    /// The snapshot, where anything has changed, and everything else that is to be stored, before all that is to be done.
    fn store(&mut self) {
        if self.dirty {
            self.dirty = false;
            self.session.temporary_entries = self.outbox.only_here();
            let text = self.session.write();
            self.persist(Area::Session, SESSION_KEY.to_owned(), Some(text));
        }
        // What is to be stored goes out before anything that a person or another program could notice.
        let mut first = 0;
        for at in 0..self.outputs.len() {
            if matches!(self.outputs.get(at), Some(Output::Persist { .. })) {
                let output = self.outputs.remove(at);
                self.outputs.insert(first, output);
                first += 1;
            }
        }
    }

    fn refresh_wake(&mut self, now: Millis) {
        self.ask_status(now);
        self.ask_claude(now);
        self.ask_health(now);
        let judge = self.session.judge.wake();
        let requests = self.session.requests.values().filter_map(session::Pending::deadline);
        let jobs = self.session.jobs.iter().map(|job| job.at.saturating_add(crate::handoff::JOB_LIFE_MS));
        let next = requests.chain(jobs).chain(judge).chain(self.probe_due(now)).filter(|at| *at > now).min();
        // The age of health can wait for an alarm that is set already, and be looked at then.
        let pending = self.session.wake.filter(|at| *at > now);
        let next = self.log_due(next, now).or(pending).or_else(|| {
            let old = self.session.judge.seen_at()?.saturating_add(HEALTH_LIFE_MS);
            (old > now).then_some(old)
        });
        if next != self.session.wake {
            self.session.wake = next;
            self.dirty = true;
            if let Some(at) = next {
                self.outputs.push(Output::WakeAt { at });
            }
        }
    }

    /// The tab a request without one most likely belongs to: the claude.ai page that started last.
    fn likely_tab(&self, tab: TabId) -> Option<TabId> {
        if tab >= 0 {
            return Some(tab);
        }
        self.session.tabs.iter().max_by_key(|(_, tab)| tab.hello).map(|(id, _)| *id)
    }
}

/// The entry that a key in `storage.local` belongs to.
fn of_key(key: &str) -> Option<&str> {
    key.strip_prefix(ENTRY).or_else(|| key.strip_prefix(TEXT))
}
