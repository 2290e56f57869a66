//! Prompts, kept until the server's terminal event for that very request.

use crate::claude::Send;
use crate::handoff::{Way, unheld};
use crate::input::{EntryId, Millis, TabId};
use crate::json::{Json, Writer, numbered};
use crate::provider::CLAUDE;
use crate::search::before;
use crate::text::UserText;
use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// What we know of a saved prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// The server answered that it did not take it, or was never reached.
    NotSent,
    /// Dispatched, no answer seen to its end: sending it again may double it.
    Unknown,
    /// The answer came to its end.
    Confirmed,
}

impl EntryState {
    /// The name in stored data, and the end of its message key (`state_not_sent`, …).
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Unknown => "unknown",
            Self::Confirmed => "confirmed",
        }
    }
}

/// A saved prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one prompt, in no order")]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// When it was sent first.
    pub at: Millis,
    /// When its state was last touched.
    pub touched: Millis,
    /// Its state.
    pub state: EntryState,
    /// The beginning of the text, at most [`HEAD`] characters.
    pub head: UserText,
    /// The length of the text, in Unicode scalar values.
    pub chars: usize,
    /// How many of them no editor holds: see [`crate::handoff::unheld`].
    pub unheld: usize,
    /// The fingerprint of the text ([`UserText::print`]); 0 where it is not known.
    pub print: u64,
    /// The text, while it is at hand. It lies at a key of its own ([`crate::text_key`]).
    pub text: Option<UserText>,
    /// Whether it lies there: then it need not stay at hand.
    pub apart: bool,
    /// It was looked for there, and was not there or is another one.
    pub lost: bool,
    /// The names of its attachments.
    pub attachments: Vec<String>,
    /// Whether the text of one of them is kept with it: see [`crate::sent_key`].
    pub inside: bool,
    /// The title of its conversation, as its page had it.
    pub title: Option<UserText>,
    /// The conversation's UUID.
    pub conversation: Option<String>,
    /// The message's UUID, which the server adopts.
    pub human_message: Option<String>,
    /// The UUID of the message that it follows: the conversation as it stood.
    pub parent: Option<String>,
    /// The model asked last.
    pub model: Option<String>,
    /// Requests that carried it, automatic retries included.
    pub attempts: u32,
    /// The first message of its chat, which may not exist if it failed.
    pub first: bool,
    /// From a temporary chat: never written to lasting storage.
    pub temporary: bool,
    /// The lasting store was full: it is kept until the browser is closed, and no longer.
    pub unstored: bool,
    /// Where it was taken last.
    pub handed: Option<Handed>,
    /// Typed and never sent: the tab whose composer it was read from, [`LEFT`] once it does not stand there any more, [`NO_PAGE`] where
    /// that cannot be known.
    pub draft: Option<TabId>,
    /// When the usage limit ends that refused it last; [`TILL_ANSWER`] if Claude did not say.
    pub limit: Option<Millis>,
    /// Put off: from when on it waits to be put back, or one of [`TILL_BACK`], [`TILL_ANSWER`], [`RIPE`] and [`NO_MORE`].
    pub later: Option<Millis>,
    /// The fingerprint of the text that was taken along last, if it is another one than the prompt's.
    pub went: Option<u64>,
}

/// In [`Entry::later`]: it waits until Claude is back.
pub const TILL_BACK: Millis = 0;
/// It waits until Claude has answered a prompt: nothing else proves the end of a limit whose time is not known.
pub const TILL_ANSWER: Millis = 1;
/// What it waited for has come, and that was told.
pub const RIPE: Millis = 2;
/// The user does not want to be offered it again.
pub const NO_MORE: Millis = 3;

/// The tab of a draft that stands in no composer.
pub const LEFT: TabId = -1;

/// The tab of a draft whose page is gone or has begun a new life: what stands in its composer now is not known, and what is typed there
/// need not be the same.
pub const NO_PAGE: TabId = TabId::MIN;

impl Entry {
    /// A prompt of which nothing more is known.
    #[inline(never)]
    fn new(id: EntryId, at: Millis, text: &UserText) -> Self {
        Self {
            id,
            at,
            touched: at,
            state: EntryState::Unknown,
            head: text.beginning(HEAD),
            chars: text.chars(),
            unheld: unheld(text),
            print: text.print(),
            text: Some(text.clone()),
            apart: false,
            lost: false,
            attachments: Vec::new(),
            inside: false,
            title: None,
            conversation: None,
            human_message: None,
            parent: None,
            model: None,
            attempts: 1,
            first: false,
            temporary: false,
            unstored: false,
            handed: None,
            draft: None,
            limit: None,
            later: None,
            went: None,
        }
    }

    /// Whether it stands in Claude's composer by our own writing, as far as that was seen.
    pub fn is_put_back(&self) -> bool {
        self.handed.as_ref().is_some_and(|handed| handed.provider == CLAUDE.id && handed.verified)
    }

    /// Another text stands there now, and is to be stored.
    fn hold(&mut self, text: &UserText) {
        (self.head, self.chars, self.print) = (text.beginning(HEAD), text.chars(), text.print());
        self.unheld = unheld(text);
        (self.text, self.apart, self.lost) = (Some(text.clone()), false, false);
    }

    /// Whether it goes by itself one day: what was answered, and what was typed.
    fn is_mortal(&self) -> bool {
        self.state == EntryState::Confirmed || self.draft.is_some()
    }

    /// Whether it was kept long enough; of what vanished from its composer, a day's worth is.
    fn is_old(&self, keep: Millis, now: Millis) -> bool {
        let keep = if self.draft == Some(LEFT) { DAY_MS } else { keep };
        self.is_mortal() && now.saturating_sub(self.touched) > keep
    }

    /// Whether it lives in the session, and nowhere else.
    fn is_only_here(&self) -> bool {
        self.temporary || self.unstored
    }

    /// Whether it is to be put back later, or waits for that.
    fn is_put_off(&self) -> bool {
        self.later.is_some_and(|later| later != NO_MORE)
    }

    /// What is stored at the entry's own key: everything but the text, which is written once.
    pub fn write(&self) -> String {
        self.written().finish()
    }

    /// The same with the text, where that lies nowhere else.
    pub fn whole(&self) -> String {
        let mut json = self.written();
        if !self.apart {
            json.maybe("text", self.text.as_ref().map(UserText::reveal));
        }
        json.finish()
    }

    fn written(&self) -> Writer {
        let mut json = Writer::new();
        json.text("id", &self.id);
        json.number("at", self.at);
        json.number("touched", self.touched);
        json.text("state", self.state.name());
        json.text("head", self.head.reveal());
        json.number("chars", self.chars as u64);
        json.number("print", self.print);
        if self.unheld > 0 {
            json.number("unheld", self.unheld as u64);
        }
        if !self.attachments.is_empty() {
            json.texts("attachments", &self.attachments);
        }
        if self.inside {
            json.truth("inside", true);
        }
        json.maybe("title", self.title.as_ref().map(UserText::reveal));
        json.maybe("conversation", self.conversation.as_deref());
        json.maybe("human_message", self.human_message.as_deref());
        json.maybe("parent", self.parent.as_deref());
        json.maybe("model", self.model.as_deref());
        json.number("attempts", self.attempts.into());
        if self.first {
            json.truth("first", true);
        }
        if self.temporary {
            json.truth("temporary", true);
        }
        if self.unstored {
            json.truth("unstored", true);
        }
        if self.lost {
            json.truth("lost", true);
        }
        if let Some(handed) = &self.handed {
            json.object("handed", handed.written());
        }
        if let Some(tab) = self.draft {
            json.number("draft", tab.cast_unsigned().wrapping_add(1));
        }
        for (name, number) in [("limit", self.limit), ("later", self.later), ("went", self.went)] {
            if let Some(number) = number {
                json.number(name, number);
            }
        }
        json
    }

    /// Reads a stored entry, also one that holds its text itself. Only the text or its beginning is indispensable: whatever else
    /// cannot be read has a cautious default.
    pub fn parse(text: &str) -> Option<Self> {
        let mut json = Json::parse(text)?;
        let at = json.take("at").number().unwrap_or_default();
        let text = json.take("text").text().map(UserText::new);
        let head = json.take("head").text().map(UserText::new);
        let head = text.as_ref().map(|text| text.beginning(HEAD)).or(head)?;
        let (chars, print) = match &text {
            Some(text) => (text.chars(), text.print()),
            None => (
                json.take("chars").number().unwrap_or_else(|| head.chars()),
                json.take("print").number().unwrap_or_default(),
            ),
        };
        Some(Self {
            id: json.take("id").text()?,
            at,
            touched: json.take("touched").number().unwrap_or(at),
            state: match json.take("state").text().as_deref() {
                Some("not-sent") => EntryState::NotSent,
                Some("confirmed") => EntryState::Confirmed,
                _ => EntryState::Unknown,
            },
            apart: text.is_none(),
            head,
            chars,
            unheld: text.as_ref().map(unheld).or_else(|| json.take("unheld").number()).unwrap_or_default(),
            print,
            text,
            lost: json.take("lost").truth().unwrap_or_default(),
            attachments: json.take("attachments").texts().unwrap_or_default(),
            inside: json.take("inside").truth().unwrap_or_default(),
            title: json.take("title").text().map(UserText::new),
            conversation: json.take("conversation").text(),
            human_message: json.take("human_message").text(),
            parent: json.take("parent").text(),
            model: json.take("model").text(),
            attempts: json.take("attempts").number().unwrap_or(1),
            first: json.take("first").truth().unwrap_or_default(),
            temporary: json.take("temporary").truth().unwrap_or_default(),
            unstored: json.take("unstored").truth().unwrap_or_default(),
            handed: Handed::read(json.take("handed")),
            draft: json.take("draft").number::<u64>().map(|tab| tab.wrapping_sub(1).cast_signed()),
            limit: json.take("limit").number(),
            later: json.take("later").number(),
            went: json.take("went").number(),
        })
    }
}

/// A handoff that is over, as kept with its prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// The provider's id.
    pub provider: String,
    /// When.
    pub at: Millis,
    /// How.
    pub way: Way,
    /// Whether the same text was read back from the composer.
    pub verified: bool,
}

impl Handed {
    fn written(&self) -> Writer {
        let mut json = Writer::new();
        json.text("provider", &self.provider);
        json.number("at", self.at);
        json.text("way", self.way.name());
        json.truth("verified", self.verified);
        json
    }

    fn read(mut json: Json) -> Option<Self> {
        Some(Self {
            provider: json.take("provider").text()?,
            at: json.take("at").number()?,
            way: Way::named(&json.take("way").text()?),
            verified: json.take("verified").truth()?,
        })
    }
}

/// The same prompt in the same conversation within this time is the same turn sent again (the site's own retries come
/// within a few minutes; its longest schedule is ten attempts from 5 s, each 1.5 times later).
const SAME_TURN_MS: Millis = 10 * 60_000;

/// Bytes that a draft must have to be known again in a longer text.
const TELLING: usize = 20;

/// A composer is empty this soon after what stood in it was sent: the page empties it at once, and is read half a second after the key.
const JUST_SENT_MS: Millis = 10_000;

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// It is to be stored.
    Kept(EntryId),
    /// It is not needed any more, and was let go.
    Gone(EntryId),
}

/// Characters of a prompt that are kept beside its facts: more than a row of the popup shows.
pub const HEAD: usize = 200;

/// Milliseconds of a day.
pub const DAY_MS: Millis = 24 * 3_600_000;

/// Confirmed prompts are kept while there are no more entries than this; the oldest go first. One that was not answered never goes
/// by itself: where there is no room for it, the store says so.
pub const MAX_ENTRIES: usize = 200;

/// All saved prompts, the oldest first.
#[derive(Debug, Default)]
pub struct Outbox {
    entries: Entries,
}

/// The entries, and what every event asks of all of them: found out once, until one of them could have changed.
#[derive(Debug, Default)]
struct Entries {
    list: Vec<Entry>,
    marks: Cell<Option<Marks>>,
}

/// See [`Entries`].
#[derive(Clone, Copy, Debug, PartialEq)]
struct Marks {
    /// When the one was touched that will be let go first: of those that are kept for as long as the user wants, and of those that
    /// are kept for a day.
    oldest: Millis,
    oldest_left: Millis,
    /// Whether one lives in the session only.
    only_here: bool,
    /// Whether one is put off.
    put_off: bool,
    /// Whether the text of one is at hand that lies in the store.
    at_hand: bool,
}

impl Entries {
    #[inline(never)]
    fn marks(&self) -> Marks {
        if let Some(marks) = self.marks.get() {
            return marks;
        }
        let mut marks =
            Marks { oldest: Millis::MAX, oldest_left: Millis::MAX, only_here: false, put_off: false, at_hand: false };
        for entry in &self.list {
            if entry.is_mortal() {
                let left = entry.draft == Some(LEFT);
                let oldest = if left { &mut marks.oldest_left } else { &mut marks.oldest };
                *oldest = entry.touched.min(*oldest);
            }
            marks.only_here |= entry.is_only_here();
            marks.put_off |= entry.is_put_off();
            marks.at_hand |= entry.apart && entry.text.is_some();
        }
        self.marks.set(Some(marks));
        marks
    }
}

impl Deref for Entries {
    type Target = Vec<Entry>;

    fn deref(&self) -> &Vec<Entry> {
        &self.list
    }
}

impl DerefMut for Entries {
    fn deref_mut(&mut self) -> &mut Vec<Entry> {
        self.marks.set(None);
        &mut self.list
    }
}

impl Outbox {
    /// Takes in a stored entry. Of two with one id, the store has an older state than the session: the later one counts.
    pub fn load(&mut self, entry: Entry) {
        if self.get(&entry.id).is_some_and(|known| known.touched >= entry.touched) {
            return;
        }
        self.forget(&entry.id);
        let place = self.entries.partition_point(|known| (known.at, &known.id) <= (entry.at, &entry.id));
        self.entries.insert(place, entry);
    }

    /// A prompt has just been dispatched. Returns its entry: a new one, or the one of the turn it repeats.
    pub fn dispatched(
        &mut self,
        send: &Send,
        conversation: Option<&str>,
        temporary: bool,
        now: Millis,
    ) -> Option<&Entry> {
        if send.prompt.is_blank() && send.attachments.is_empty() {
            return None;
        }
        let (print, chars) = (send.prompt.print(), send.prompt.chars());
        let same = |entry: &Entry| {
            let back = entry.handed.as_ref().is_some_and(|handed| handed.provider == CLAUDE.id);
            // What waits is this prompt whenever it is sent at last, and what was put back into a new chat is sent in that one.
            let awaited = back || entry.is_put_off();
            entry.state != EntryState::Confirmed
                && entry.draft.is_none()
                && (entry.conversation.as_deref() == conversation || (entry.first && back))
                && (entry.print, entry.chars) == (print, chars)
                && (awaited || now.abs_diff(entry.touched) < SAME_TURN_MS)
        };
        if let Some(index) = self.entries.iter().rposition(same) {
            let entry = &mut self.entries[index];
            entry.attempts = entry.attempts.saturating_add(1);
            entry.state = EntryState::Unknown;
            entry.touched = now;
            // Here it is again, whatever has become of the one that was stored.
            entry.apart &= !entry.lost;
            entry.lost = false;
            entry.text = Some(send.prompt.clone());
            entry.conversation = conversation.map(str::to_owned);
            entry.later = None;
            entry.handed.take_if(|handed| handed.provider == CLAUDE.id);
            if send.human_message.is_some() {
                entry.human_message.clone_from(&send.human_message);
            }
            if send.parent.is_some() {
                entry.parent.clone_from(&send.parent);
            }
            if send.model.is_some() {
                entry.model.clone_from(&send.model);
            }
            return Some(&self.entries[index]);
        }
        let mut entry = Entry::new(self.fresh_id(now), now, &send.prompt);
        entry.attachments.clone_from(&send.attachments);
        entry.conversation = conversation.map(str::to_owned);
        entry.human_message.clone_from(&send.human_message);
        entry.parent.clone_from(&send.parent);
        entry.model.clone_from(&send.model);
        entry.first = send.first;
        entry.inside = send.inside && !temporary;
        entry.temporary = temporary;
        self.entries.push(entry);
        self.entries.last()
    }

    /// A composer was changed by hand. Returns what became of its draft, if that has changed.
    ///
    /// A draft belongs to its conversation and its page in a tab; in another life of the page it is known by all that it was,
    /// which is the beginning of what stands there now. A preamble that two prompts have in common makes them no one draft.
    /// A composer that was emptied may have been sent, cleared or lost: what stood in it is kept for a day, unless it is a prompt now.
    pub fn typed(&mut self, tab: TabId, conversation: Option<&str>, text: &UserText, now: Millis) -> Option<Typed> {
        let print = text.print();
        let here = |entry: &&Entry| entry.conversation.as_deref() == conversation;
        let mine = |entry: &&Entry| {
            let head = entry.head.reveal();
            let again = || {
                entry.print == print
                    || head.len() >= TELLING
                        // The cheap half first: most drafts begin in another way.
                        && text.reveal().starts_with(head)
                        && text.beginning(entry.chars).print() == entry.print
            };
            entry.draft == Some(tab) || (entry.draft.is_some() && !text.is_blank() && again())
        };
        let standing = self.entries.iter().filter(here).rfind(mine).map(|entry| entry.id.clone());
        let sent = |entry: &&Entry| {
            entry.draft.is_none()
                && if text.is_blank() {
                    now.abs_diff(entry.touched) < JUST_SENT_MS
                } else {
                    entry.state != EntryState::Confirmed && entry.print == print
                }
        };
        // A new chat gets its conversation with the send.
        let known = self.entries.iter().any(|entry| (entry.first || here(&entry)) && sent(&entry));
        let Some(id) = standing else {
            if known || text.is_blank() {
                return None;
            }
            let id = self.fresh_id(now);
            let mut entry = Entry::new(id.clone(), now, text);
            entry.draft = Some(tab);
            entry.state = EntryState::NotSent;
            entry.attempts = 0;
            entry.conversation = conversation.map(str::to_owned);
            entry.first = conversation.is_none();
            self.entries.push(entry);
            return Some(Typed::Kept(id));
        };
        if known {
            self.forget(&id);
            return Some(Typed::Gone(id));
        }
        let entry = self.get_mut(&id)?;
        let draft = Some(if text.is_blank() { LEFT } else { tab });
        let known = text.is_blank() || (entry.print, entry.chars) == (print, text.chars());
        if entry.draft == draft && known {
            return None;
        }
        if !known {
            entry.hold(text);
        }
        entry.draft = draft;
        entry.touched = now;
        Some(Typed::Kept(id))
    }

    /// The page in this tab has begun a new life, or all have: a number of a tab says nothing of this draft any more. Whether that is
    /// news.
    pub fn leave_page(&mut self, id: &str, tab: Option<TabId>) -> bool {
        let Some(entry) = self.get_mut(id) else { return false };
        let left = entry.draft.is_some_and(|at| at > LEFT && (tab.is_none() || tab == Some(at)));
        if left {
            entry.draft = Some(NO_PAGE);
        }
        left
    }

    /// The drafts that a prompt was, in the conversation it was sent in or in a new one.
    pub fn drafts_of(&self, id: &str) -> Vec<EntryId> {
        let Some(sent) = self.get(id) else { return Vec::new() };
        let was = |entry: &&Entry| {
            entry.draft.is_some()
                && (sent.first || entry.conversation == sent.conversation)
                && entry.print == sent.print
        };
        self.entries.iter().filter(was).map(|entry| entry.id.clone()).collect()
    }

    /// A text without its entry: the browser was stopped between the two. What has become of it is not known.
    pub fn found(&mut self, id: &str, text: &UserText) {
        // An id begins with the time.
        let at = Json::parse(before(id, b"-")).and_then(Json::number).unwrap_or_default();
        let mut entry = Entry::new(id.to_owned(), at, text);
        entry.apart = true;
        self.load(entry);
    }

    /// Lets go of the texts that lie in the store.
    pub fn rest(&mut self) {
        if self.entries.marks().at_hand {
            for entry in self.entries.iter_mut().filter(|entry| entry.apart) {
                entry.text = None;
            }
        }
    }

    /// A prompt was answered: nothing is put off any more that was answered with it (put back with more text behind it, and sent so),
    /// and a limit whose end was not known is over. What has changed.
    pub fn answered(&mut self, id: &str) -> Vec<EntryId> {
        let mut changed = Vec::new();
        let Some(whole) = self.entries.iter().position(|entry| entry.id == id) else { return changed };
        for at in 0..self.entries.len() {
            let (entry, whole) = (&self.entries[at], &self.entries[whole]);
            let within = entry.id == id
                || entry.state != EntryState::Confirmed
                    && entry.is_put_back()
                    && (entry.first || entry.conversation == whole.conversation)
                    && entry.went == Some(whole.print);
            let entry = &mut self.entries[at];
            if within {
                entry.state = EntryState::Confirmed;
                entry.later = None;
            } else if entry.later == Some(TILL_ANSWER) {
                entry.later = Some(TILL_BACK);
            } else {
                continue;
            }
            changed.push(entry.id.clone());
        }
        changed
    }

    /// What prompts were put off for has come, if something good was seen of Claude at this moment last. Which of them.
    pub fn ripen(&mut self, seen: Millis, now: Millis) -> Vec<EntryId> {
        let mut ripe = Vec::new();
        if !self.entries.marks().put_off {
            return ripe;
        }
        for entry in self.entries.iter_mut() {
            let come = match entry.later {
                Some(TILL_BACK) => seen > entry.touched,
                Some(at) => at > NO_MORE && at <= now,
                None => false,
            };
            if come {
                entry.later = Some(RIPE);
                ripe.push(entry.id.clone());
            }
        }
        ripe
    }

    /// The last prompt of a conversation.
    pub fn last_of(&self, conversation: &str) -> Option<&Entry> {
        let sent = |entry: &&Entry| entry.draft.is_none() && entry.conversation.as_deref() == Some(conversation);
        self.entries.iter().rev().find(sent)
    }

    /// The prompt that was sent last.
    pub fn newest_sent(&self) -> Option<&Entry> {
        self.newest_first().find(|entry| entry.draft.is_none())
    }

    /// The prompt that became a message on the server.
    pub fn of_message(&self, uuid: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.human_message.as_deref() == Some(uuid))
    }

    /// One entry.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// One entry, to change.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == id)
    }

    /// The newest prompt that is not confirmed.
    pub fn newest_open(&self) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.state != EntryState::Confirmed)
    }

    /// The answered prompt that was touched longest ago, other than one.
    pub fn oldest_confirmed(&self, other: &str) -> Option<EntryId> {
        let answered = self.entries.iter().filter(|entry| entry.state == EntryState::Confirmed && entry.id != other);
        answered.min_by_key(|entry| entry.touched).map(|entry| entry.id.clone())
    }

    /// The ids of all of them.
    pub fn ids(&self) -> Vec<EntryId> {
        self.entries.iter().map(|entry| entry.id.clone()).collect()
    }

    /// Every entry, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// Those that are to be put back later, or wait for that.
    pub fn put_off(&self) -> impl Iterator<Item = &Entry> {
        let any = self.entries.marks().put_off;
        self.newest_first().take_while(move |_| any).filter(|entry| entry.is_put_off())
    }

    /// What lives in the session and nowhere else, whole, the newest first.
    pub fn only_here(&self) -> Vec<String> {
        let any = self.entries.marks().only_here;
        self.newest_first().take_while(|_| any).filter(|entry| entry.is_only_here()).map(Entry::whole).collect()
    }

    /// Deletes one entry; true if it was there.
    pub fn forget(&mut self, id: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id);
        self.entries.len() < before
    }

    /// Whether anything has been kept long enough.
    pub fn has_old(&self, keep: Millis, now: Millis) -> bool {
        let marks = self.entries.marks();
        now.saturating_sub(marks.oldest) > keep || now.saturating_sub(marks.oldest_left) > DAY_MS
    }

    /// Takes out what has been kept long enough. Returns what went.
    pub fn prune(&mut self, keep: Millis, now: Millis) -> Vec<Entry> {
        let mut gone = Vec::new();
        while self.has_old(keep, now)
            && let Some(index) = self.entries.iter().position(|entry| entry.is_old(keep, now))
        {
            gone.push(self.entries.remove(index));
        }
        while self.entries.len() > MAX_ENTRIES {
            let confirmed = self.entries.iter().position(|entry| entry.state == EntryState::Confirmed);
            let Some(confirmed) = confirmed else { break };
            gone.push(self.entries.remove(confirmed));
        }
        gone
    }

    /// An id that depends on nothing that a restart would forget.
    fn fresh_id(&self, now: Millis) -> EntryId {
        let mut number = 1;
        loop {
            let id = numbered(&(numbered("", now) + "-"), number);
            if self.get(&id).is_none() {
                return id;
            }
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Entry, EntryState, MAX_ENTRIES, Outbox};
    use crate::claude::Send;
    use crate::text::UserText;

    fn send(text: &str) -> Send {
        Send {
            prompt: UserText::new(text),
            human_message: None,
            parent: None,
            model: None,
            attachments: Vec::new(),
            inside: false,
            temporary: false,
            first: false,
        }
    }

    /// What is remembered of all entries is what would be found out anew, whatever was done to one of them.
    fn settled(outbox: &Outbox) -> super::Marks {
        let remembered = outbox.entries.marks();
        let anew = super::Entries { list: outbox.entries.to_vec(), ..super::Entries::default() };
        assert_eq!(remembered, anew.marks());
        assert_eq!(remembered.only_here, !outbox.only_here().is_empty());
        assert_eq!(remembered.put_off, outbox.put_off().count() > 0);
        remembered
    }

    #[test]
    fn what_is_remembered_of_all_of_them_is_so() {
        let mut outbox = Outbox::default();
        let none = settled(&outbox);
        let id = outbox.dispatched(&send("one"), None, false, 1_000).unwrap().id.clone();
        assert_eq!(settled(&outbox), none);
        outbox.get_mut(&id).unwrap().later = Some(super::TILL_ANSWER);
        assert!(settled(&outbox).put_off);
        assert_eq!(outbox.answered(&id), std::slice::from_ref(&id));
        let answered = settled(&outbox);
        assert!(answered.oldest == 1_000 && !answered.put_off && outbox.has_old(DAY_MS, 1_001 + DAY_MS));
        assert!(!outbox.has_old(DAY_MS, 1_000 + DAY_MS));
        outbox.get_mut(&id).unwrap().apart = true;
        assert!(settled(&outbox).at_hand);
        outbox.rest();
        assert!(!settled(&outbox).at_hand && outbox.get(&id).unwrap().text.is_none());
        assert!(outbox.dispatched(&send("two"), None, true, 500).is_some());
        assert!(settled(&outbox).only_here);
        outbox.typed(1, None, &UserText::new("a draft"), 700).unwrap();
        assert_eq!(settled(&outbox).oldest, 700);
        outbox.typed(1, None, &UserText::new(""), 20_000).unwrap();
        assert_eq!((settled(&outbox).oldest, settled(&outbox).oldest_left), (1_000, 20_000));
        assert_eq!(outbox.prune(7 * DAY_MS, 20_001 + DAY_MS).len(), 1);
        assert_eq!(settled(&outbox).oldest_left, u64::MAX);
        assert!(outbox.forget(&id));
        assert_eq!(settled(&outbox).oldest, u64::MAX);
        outbox.load(Entry::new("9-1".to_owned(), 9, &UserText::new("stored")));
        settled(&outbox);
    }

    /// A preamble longer than what is kept beside the facts, and the two prompts that begin with it.
    fn preamble() -> (String, [String; 2]) {
        let preamble = "You are a careful reviewer of naïve code 🧑‍💻. ".repeat(12);
        assert!(UserText::new(&*preamble).chars() > 2 * super::HEAD);
        let texts = ["Look at the parser.", "Look at the printer."].map(|end| format!("{preamble}{end}"));
        (preamble, texts)
    }

    fn drafts(outbox: &Outbox) -> Vec<&str> {
        outbox.entries.iter().map(|entry| entry.text.as_ref().map_or("", UserText::reveal)).collect()
    }

    #[test]
    fn two_prompts_with_one_preamble_are_two_drafts() {
        let (preamble, [one, other]) = preamble();
        let mut outbox = Outbox::default();
        outbox.typed(1, None, &UserText::new(&*one), 1_000).unwrap();
        // In another tab the preamble is pasted, and then gone on with.
        outbox.typed(2, None, &UserText::new(&*preamble), 2_000).unwrap();
        outbox.typed(2, None, &UserText::new(&*other), 3_000).unwrap();
        assert_eq!(drafts(&outbox), [&*one, &*other]);
        // What was shortened there might be another one as well: nothing of the longer one goes.
        outbox.typed(3, None, &UserText::new(&one[..one.len() - 1]), 4_000).unwrap();
        assert_eq!(drafts(&outbox)[..2], [&*one, &*other]);
    }

    #[test]
    fn a_draft_that_goes_on_after_a_restart_is_one() {
        let (_, [begun, _]) = preamble();
        let mut outbox = Outbox::default();
        outbox.typed(1, None, &UserText::new(&*begun), 1_000).unwrap();
        // Of the text itself only the facts are at hand then.
        outbox.entries.iter_mut().for_each(|entry| entry.apart = true);
        outbox.rest();
        let goes_on = format!("{begun} And be strict.");
        outbox.typed(90, None, &UserText::new(&*goes_on), 2_000).unwrap();
        assert_eq!(drafts(&outbox), [&*goes_on]);
        // The very same in a third tab, too; and in a conversation of its own it is another one.
        outbox.typed(91, None, &UserText::new(&*goes_on), 3_000).unwrap();
        assert_eq!(drafts(&outbox), [&*goes_on]);
        outbox.typed(91, Some("c"), &UserText::new(&*goes_on), 4_000).unwrap();
        assert_eq!(drafts(&outbox).len(), 2);
    }

    #[test]
    fn automatic_retries_of_one_turn_are_one_entry() {
        let mut outbox = Outbox::default();
        let first = outbox.dispatched(&send("hello"), Some("c"), false, 1_000).map(|e| e.id.clone());
        let again = outbox.dispatched(&send("hello"), Some("c"), false, 6_000).cloned().unwrap();
        assert_eq!(Some(again.id), first);
        assert_eq!(again.attempts, 2);
        assert_ne!(outbox.dispatched(&send("hello"), Some("d"), false, 6_000).map(|e| e.id.clone()), first);
        assert_ne!(outbox.dispatched(&send("other"), Some("c"), false, 6_000).map(|e| e.id.clone()), first);
    }

    #[test]
    fn a_confirmed_prompt_sent_again_is_a_new_one() {
        let mut outbox = Outbox::default();
        let id = outbox.dispatched(&send("hello"), Some("c"), false, 1).unwrap().id.clone();
        outbox.get_mut(&id).unwrap().state = EntryState::Confirmed;
        assert_ne!(outbox.dispatched(&send("hello"), Some("c"), false, 2).unwrap().id, id);
    }

    #[test]
    fn only_confirmed_prompts_grow_old_and_they_go_first() {
        let mut outbox = Outbox::default();
        for n in 0..=MAX_ENTRIES {
            outbox.dispatched(&send(&format!("prompt {n}")), None, false, n as u64);
        }
        let confirmed = outbox.newest_first().nth(3).unwrap().id.clone();
        outbox.get_mut(&confirmed).unwrap().state = EntryState::Confirmed;
        assert_eq!(outbox.prune(DAY_MS, 1_000).iter().map(|e| e.id.clone()).collect::<Vec<_>>(), [confirmed]);
        assert!(outbox.prune(DAY_MS, DAY_MS * 2).is_empty());
    }

    #[test]
    fn an_entry_survives_the_store() {
        let mut outbox = Outbox::default();
        let entry = outbox.dispatched(&send("naïve 🧑‍💻"), Some("c"), false, 7).cloned().unwrap();
        let json = entry.whole();
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
        assert_eq!(Entry::parse(&json), Some(entry));
    }

    #[test]
    fn the_text_of_an_entry_is_stored_apart() {
        let mut outbox = Outbox::default();
        let text = format!("{} and the end", "naïve 🧑‍💻 ".repeat(1_000));
        let entry = outbox.dispatched(&send(&text), Some("c"), false, 7).cloned().unwrap();
        let json = entry.write();
        assert!(json.len() < 1_500 && !json.contains("and the end"), "{}", json.len());
        let read = Entry::parse(&json).unwrap();
        assert_eq!((read.chars, read.print, read.text.clone()), (text.chars().count(), entry.print, None));
        assert_eq!(read, Entry { text: None, apart: true, ..entry });
    }
}
