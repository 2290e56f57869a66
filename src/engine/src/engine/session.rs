//! What the engine must remember between two events, though the background may die between them.

use super::log::Log;
use crate::cause::{Cause, Class, Surface};
use crate::claude::{self, ComponentStatus, IncidentStage, Role};
use crate::codec::{self, Codec, Field, Kept, fields, fields_and_rare, fields_unless, variants};
use crate::handoff::{Job, Stage, Way};
use crate::health::Condition;
use crate::input::{EntryId, Headers, Millis, TabId};
use crate::judge::{HICCUP_LIFE_MS, Judge, VERDICT_LIFE_MS};
use crate::map::Map;
use crate::notice::Notices;
use crate::search::has;
use crate::sight::Sight;

/// Grows with every change of the structs below: a snapshot of another version is not read.
const VERSION: u64 = 18;
/// A 4xx whose meaning is in its body waits this long for the tap to tell it.
pub(super) const BODY_MS: Millis = 1_500;
/// A 4xx whose body does not come is taken for what its headers say after this long.
pub(super) const HANG_MS: Millis = 5_000;
/// A stream's end as the browser tells it waits this long for the tap's word on it.
pub(super) const CLOSE_MS: Millis = 2_500;
/// A finished request is remembered this long, so that the tap's word on it is not taken for another one.
const REMEMBER_MS: Millis = 60_000;
/// No more requests than this are followed at once.
const MAX_REQUESTS: usize = 256;
/// Lines of evidence kept for an incident.
const MAX_EVIDENCE: usize = 12;

/// The snapshot.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// `navigator.onLine` of the last page that told.
    pub online: bool,
    /// When an incident with a verdict was last closed.
    pub recovered_at: Option<Millis>,
    pub requests: Map<String, Pending>,
    pub tabs: Map<TabId, Tab>,
    pub judge: Kept<Judge>,
    pub incident: Option<Incident>,
    pub official: Option<Official>,
    /// A request got no answer at all; the neutral check will say whose fault it was.
    pub unanswered: Vec<Unanswered>,
    pub jobs: Vec<Job>,
    pub job_counter: u32,
    /// Tabs that finished loading lately, for handoffs that learn their tab late.
    pub completed: Vec<(TabId, Millis)>,
    /// Origins that Understudy may type into.
    pub allowed: Vec<String>,
    pub temporary_chats: Vec<String>,
    /// Prompts of temporary chats, and those that the store did not take, as JSON: they live here and nowhere else.
    pub temporary_entries: Vec<String>,
    /// The fingerprint of the badge that is shown.
    pub badge: u64,
    pub wake: Option<Millis>,
    /// Damaged values that were set aside.
    pub set_aside: u32,
    /// Answered prompts that were let go early, because the store was full.
    pub made_room: u32,
    /// What the incident log has of the incident that is open, and of this month.
    pub log: Kept<Log>,
    /// Whether what should be seen is seen.
    pub sight: Sight,
    /// Which notices were given.
    pub notices: Notices,
    /// When an answer to a request of our own came last: what was seen then is no use of Claude.
    pub weighed_at: Millis,
    /// What is known of the fallbacks' own health, where it is more than nothing.
    pub fallbacks: Vec<Fallback>,
    /// When their status pages were asked last in this incident; 0 for not yet.
    pub asked_fallbacks: Millis,
    /// The incident that Claude came back from last: its first failure, and when it was closed; 0 for none.
    pub back_since: Millis,
    pub back_at: Millis,
}

impl Default for Session {
    #[inline(never)]
    fn default() -> Self {
        Self {
            online: true,
            recovered_at: None,
            requests: Map::default(),
            tabs: Map::default(),
            judge: Kept::default(),
            incident: None,
            official: None,
            unanswered: Vec::new(),
            jobs: Vec::new(),
            job_counter: 0,
            completed: Vec::new(),
            allowed: Vec::new(),
            temporary_chats: Vec::new(),
            temporary_entries: Vec::new(),
            badge: 0,
            wake: None,
            set_aside: 0,
            made_room: 0,
            log: Kept::default(),
            sight: Sight::default(),
            notices: Notices::default(),
            weighed_at: 0,
            fallbacks: Vec::new(),
            asked_fallbacks: 0,
            back_since: 0,
            back_at: 0,
        }
    }
}

impl Session {
    /// The snapshot, as text that any store takes.
    pub fn write(&mut self) -> String {
        codec::write(VERSION, self)
    }

    /// Reads a snapshot; one of another version, or a damaged one, is none.
    pub fn read(text: &str) -> Option<Self> {
        codec::read(VERSION, text, Self::default())
    }

    /// A page of claude.ai, known from now on.
    pub fn tab(&mut self, tab: TabId, now: Millis) -> &mut Tab {
        if self.tabs.get(&tab).is_none() {
            self.tabs.insert(tab, Tab { hello: now, ..Tab::default() });
        }
        self.tabs.get_mut(&tab).expect("it has just been put there")
    }

    /// A new page life: its tap counts from 1 again, so the numbers of the old one must not meet the new ones.
    pub fn forget_numbers(&mut self, tab: TabId) {
        for pending in self.requests.values_mut().filter(|pending| pending.tab == tab && pending.seq.is_some()) {
            pending.seq = Some(u32::MAX);
        }
    }

    /// Makes room for one more request.
    pub fn forget_requests(&mut self, now: Millis) {
        self.requests.retain(|pending| pending.is_remembered(now));
        while self.requests.len() >= MAX_REQUESTS {
            let oldest = self.requests.iter().min_by_key(|(_, pending)| pending.started).map(|(id, _)| id.clone());
            if let Some(id) = oldest {
                self.requests.remove(&id);
            }
        }
    }
}

/// One request under way.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one request, in no order")]
pub(super) struct Pending {
    pub tab: TabId,
    /// The fingerprint of its method and URL: it is only ever compared.
    pub url: u64,
    /// The fingerprint of its conversation.
    pub chat: Option<u64>,
    pub surface: Surface,
    pub weight: f32,
    pub role: Role,
    pub started: Millis,
    /// Without status and headers it is slow from then on.
    pub late: Millis,
    /// The turn of a prompt that the page itself may send again.
    pub turn: Option<u64>,
    pub entry: Option<EntryId>,
    pub status: Option<u16>,
    pub headers: Headers,
    /// The tap's number of it.
    pub seq: Option<u32>,
    /// `message_start` was seen: the server took the prompt.
    pub accepted: bool,
    /// A stop reason was seen.
    pub stopped: bool,
    /// Told as slow or stalled already.
    pub slow: bool,
    /// The user pressed Stop.
    pub halted: bool,
    /// It was settled before its body was read: that may say more.
    pub unread: bool,
    /// The stream said that a limit is reached.
    pub limit: Option<Cause>,
    /// What it will be taken for, and when, if nothing better is heard.
    pub fallback: Option<(Cause, Millis)>,
    /// When it was settled.
    pub done_at: Option<Millis>,
    /// As what it was settled, while only the tap has told of it.
    pub settled: Option<Cause>,
}

impl Pending {
    /// When the engine must look at it again by itself.
    pub fn deadline(&self) -> Option<Millis> {
        if self.done_at.is_some() {
            return None;
        }
        match &self.fallback {
            Some((_, at)) => Some(*at),
            None if self.is_send() && self.status.is_none() && !self.slow => Some(self.late),
            None => None,
        }
    }

    /// Whether it is only remembered: what was still to be found out of it need not be.
    pub fn is_over(&self) -> bool {
        self.done_at.is_some() && !self.unread && self.settled.is_none()
    }

    /// Whether something may still be heard of it: whether it is in the snapshot from then on makes no difference.
    pub fn is_remembered(&self, now: Millis) -> bool {
        self.done_at.is_none_or(|done| now.abs_diff(done) < REMEMBER_MS)
    }

    /// Whether its outcome counts for anything: what does not is not stored either.
    pub fn counts(&self) -> bool {
        self.weight > 0.0 || self.is_send()
    }

    /// Whether a prompt is under way in it.
    pub fn is_send(&self) -> bool {
        matches!(self.role, Role::Send | Role::Retry)
    }

    /// Whether it answers with an event stream.
    pub fn is_stream(&self) -> bool {
        self.status == Some(200)
            && self.headers.content_type.as_deref().is_some_and(|kind| has(kind, "text/event-stream"))
    }
}

/// A claude.ai page.
#[derive(Clone, Debug, Default)]
pub(super) struct Tab {
    pub hello: Millis,
    /// Whether the tap has spoken in this page life.
    pub tap: bool,
    /// The tap's streams and the requests they are.
    pub streams: Map<u32, String>,
    pub offer: Option<Offer>,
    /// The fingerprint of the card on screen; 0 for none.
    pub shown: u64,
    /// The card that the user closed.
    pub dismissed: Option<Dismissed>,
    /// The organization that its page asks for; empty while none is known.
    pub organization: String,
    /// What claude.ai was last asked from here by us, until it has answered.
    pub probe: Option<Probe>,
}

/// A request of our own, sent by the page's bridge.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    /// The fingerprint of its URL.
    pub url: u64,
    pub surface: Surface,
    /// When the bridge was told.
    pub at: Millis,
    /// The browser's id of the request; empty until it is seen.
    pub request: String,
}

/// A closed card: what it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dismissed {
    /// The prompt, if it was about one.
    pub entry: Option<EntryId>,
    /// What had failed.
    pub surface: Surface,
}

/// What a card is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Offer {
    pub at: Millis,
    pub surface: Surface,
    pub cause: Cause,
    pub kind: OfferKind,
    pub entry: Option<EntryId>,
    /// Where the prompt was taken from this card.
    pub handed: Option<(String, Way, bool)>,
}

impl Offer {
    /// Whether it says that Claude fails.
    pub fn blames_claude(&self) -> bool {
        use OfferKind::{Cut, NoAnswer, Silent, Slow};
        self.cause.class.votes() || matches!(self.kind, Cut | NoAnswer | Slow | Silent)
    }

    /// Whether it has been out of date for long: its limit is over, or nothing has failed any more. The prompt stays in the popup.
    pub fn is_over(&self, incident: bool, now: Millis) -> bool {
        let age = now.saturating_sub(self.at);
        self.cause.resets_at.is_some_and(|at| at <= now)
            || age >= if incident { VERDICT_LIFE_MS } else { HICCUP_LIFE_MS }
    }
}

/// What happened, as far as the words on the card differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfferKind {
    /// An error answer; the cause says which.
    Refused,
    /// An error in the middle of the answer.
    Broken,
    /// The stream ended before the answer did.
    Cut,
    /// No answer; the neutral check is under way.
    Silent,
    /// No answer, while the network works.
    NoAnswer,
    /// No answer, and nothing else answers either.
    OwnNetwork,
    /// The browser says that it is offline.
    Offline,
    /// It takes unusually long.
    Slow,
}

/// A request that got no answer.
#[derive(Clone, Debug)]
pub(super) struct Unanswered {
    pub at: Millis,
    pub tab: TabId,
    pub surface: Surface,
    pub cause: Cause,
    pub entry: Option<EntryId>,
}

/// A run of failures, from the first one to the recovery.
#[derive(Clone, Debug)]
pub(super) struct Incident {
    pub since: Millis,
    pub last_failure: Millis,
    pub down_at: Option<Millis>,
    pub recovering_at: Option<Millis>,
    /// When we first saw the status page speak of it.
    pub official_at: Option<Millis>,
    pub failures: u32,
    pub failed_sends: u32,
    pub failing: Vec<Surface>,
    pub evidence: Vec<(Millis, Surface, Cause)>,
    /// Probes of ours that failed, and when the last one did.
    pub asked: u32,
    pub asked_at: Millis,
}

impl Incident {
    pub fn new(now: Millis) -> Self {
        Self {
            since: now,
            last_failure: now,
            down_at: None,
            recovering_at: None,
            official_at: None,
            failures: 0,
            failed_sends: 0,
            failing: Vec::new(),
            evidence: Vec::new(),
            asked: 0,
            asked_at: 0,
        }
    }

    pub fn note(&mut self, surface: Surface, cause: &Cause, now: Millis) {
        self.last_failure = now;
        self.failures = self.failures.saturating_add(1);
        if surface == Surface::Completion {
            self.failed_sends = self.failed_sends.saturating_add(1);
        }
        self.evidence.push((now, surface, cause.clone()));
        if self.evidence.len() > MAX_EVIDENCE {
            // The first one dates the incident: keep it.
            self.evidence.remove(1);
        }
    }
}

/// What the official status page said last.
#[derive(Clone, Debug)]
pub(super) struct Official {
    pub at: Millis,
    /// The state of the component claude.ai, if the page named it.
    pub claude: Option<ComponentStatus>,
    /// Whether the page says that Claude's API works.
    pub api_up: bool,
    /// Whether it says that claude.ai is down.
    pub says_down: bool,
    /// The name of an open incident that concerns claude.ai.
    pub incident: Option<String>,
    /// When that incident was posted.
    pub posted: Option<Millis>,
    /// Whether that incident is being monitored: the service is usually back.
    pub monitoring: bool,
}

impl Official {
    /// What a summary says.
    pub fn of(read: &claude::Official, now: Millis) -> Self {
        let concerning = read.incidents.iter().find(|incident| incident.touches_claude_ai);
        Self {
            at: now,
            claude: read.claude_ai,
            api_up: read.api == Some(ComponentStatus::Operational),
            says_down: read.says_down(),
            incident: concerning.map(|incident| incident.name.clone()),
            posted: concerning.and_then(|incident| incident.created_at.or(incident.updated_at)),
            monitoring: concerning.is_some_and(|incident| incident.status == IncidentStage::Monitoring),
        }
    }

    /// Whether the page admits that something is wrong with claude.ai.
    pub fn speaks_of_claude(&self) -> bool {
        self.says_down || self.incident.is_some()
    }
}

/// How a fallback does.
#[derive(Clone, Debug)]
pub(super) struct Fallback {
    pub provider: String,
    /// What its status page says in this incident.
    pub condition: Condition,
    /// The name of its incident, and since when it is open.
    pub title: String,
    pub since: Option<Millis>,
    /// When a handoff there last found no page or no composer.
    pub missed: Option<Millis>,
}

fields_and_rare!(Session: online, requests, tabs, judge, job_counter, allowed, badge, wake, set_aside, made_room, log, sight; recovered_at, incident, official, unanswered, jobs, completed, temporary_chats, temporary_entries, notices, weighed_at, fallbacks, asked_fallbacks, back_since, back_at);
fields!(Fallback: provider, condition, title, since, missed);
variants!(Condition: Unknown, Healthy, Degraded, Down);
fields_unless!(Pending is_over: tab, url, chat, surface, weight, role, started, entry, seq, accepted, halted, unread, done_at, settled; late, turn, status, headers, stopped, slow, limit, fallback);
fields!(Tab: hello, tap, streams, offer, shown, dismissed, organization, probe);
fields!(Probe: url, surface, at, request);
fields!(Dismissed: entry, surface);
fields!(Offer: at, surface, cause, kind, entry, handed);
fields!(Unanswered: at, tab, surface, cause, entry);
fields!(Incident: since, last_failure, down_at, recovering_at, official_at, failures, failed_sends, failing, evidence, asked, asked_at);
fields!(Official: at, claude, api_up, says_down, incident, posted, monitoring);
variants!(OfferKind: Refused, Broken, Cut, Silent, NoAnswer, OwnNetwork, Offline, Slow);

// What the snapshot holds of the other modules.
fields!(Job: id, entry, provider, at, stage, tab, rung, linked, copied, hinted, asks, text, along);
fields!(Cause: class, strong, status, code, resets_at, request_id, transport);
fields!(Headers: content_type, cf_mitigated, location, request_id);
variants!(Surface: Document, Login, Bootstrap, Account, List, Conversation, Completion, Title, Upload, Other);
variants!(
    Class: Ok,
    Ignored,
    Aborted,
    Service,
    Capacity,
    UserLimit,
    Session,
    Account,
    Challenge,
    Region,
    ClientFault,
    OwnNetwork,
    Unknown,
);
variants!(Role: Ignored, Document, Send, Retry, Stop, Load, Serving, Challenge, Plain);
variants!(ComponentStatus: Operational, Degraded, PartialOutage, MajorOutage, Maintenance);
variants!(Way: Typed, Link, LinkOnly, Clipboard, Empty);

/// A whole number that is the stage, and for the only stage that has one its way behind it.
impl Field for Stage {
    fn blank() -> Self {
        Self::Done
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        let (mut number, mut way) = match self {
            Self::Deciding => (0_u32, Way::Empty),
            Self::Refused => (1, Way::Empty),
            Self::Opening => (2, Way::Empty),
            Self::OpeningFinal(way) => (3, *way),
            Self::Filling => (4, Way::Empty),
            Self::Waiting => (5, Way::Empty),
            Self::Hinted => (6, Way::Empty),
            Self::Done => (7, Way::Empty),
        };
        number.code(codec);
        way.code(codec);
        *self = match number {
            0 => Self::Deciding,
            1 => Self::Refused,
            2 => Self::Opening,
            3 => Self::OpeningFinal(way),
            4 => Self::Filling,
            5 => Self::Waiting,
            6 => Self::Hinted,
            7 => Self::Done,
            _ => return codec.refuse(),
        };
    }
}
