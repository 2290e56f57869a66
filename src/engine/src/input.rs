//! What the engine is told. One closed set; the shells translate into it.

use crate::json::Json;
use crate::text::UserText;
use serde::{Deserialize, Serialize};

/// Wall-clock milliseconds since the Unix epoch, so that it can be stored.
pub type Millis = u64;

/// A browser tab. `-1` is "no tab": a page's own service worker.
pub type TabId = i64;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The browser (or a HAR file) reports a request to claude.ai.
    Request(Request),
    /// The tap inside a claude.ai page reports what only a page can see.
    Tap {
        /// The page's tab.
        tab: TabId,
        /// The fact.
        fact: Fact,
    },
    /// A content script has started in a claude.ai page.
    Hello {
        /// Its tab.
        tab: TabId,
        /// `navigator.onLine` there.
        online: bool,
    },
    /// What stands in the composer of a claude.ai page now, a moment after it was changed by hand.
    Draft {
        /// The page's tab.
        tab: TabId,
        /// The page's address.
        url: String,
        /// The whole text; empty once there is none.
        text: UserText,
    },
    /// `navigator.onLine` changed.
    Connectivity {
        /// Its new value.
        online: bool,
    },
    /// The answer to [`crate::Output::FetchStatus`]; `None` if there was no HTTP answer in time.
    Status(Option<StatusAnswer>),
    /// The answer to [`crate::Output::FetchHealth`].
    Health {
        /// The fallback that was asked about.
        provider: String,
        /// The body of a good answer (HTTP 200), at most 256 KiB; `None` for any other or none.
        body: Option<String>,
    },
    /// The answer to [`crate::Output::Listen`]: what a page of claude.ai has of a prompt that was not answered.
    Heard {
        /// The prompt.
        entry: EntryId,
        /// The title of the page; `None` if it could not be seen.
        title: Option<UserText>,
        /// The events of an answer's stream, the `data` of one a line, at most 1 MiB; `None` if it has none.
        begun: Option<UserText>,
    },
    /// What the user has allowed until now.
    Permissions {
        /// The hosts that Understudy may type into, as match patterns (`https://chatgpt.com/*`), and [`CONSENT`].
        origins: Vec<String>,
    },
    /// The browser did not store what [`crate::Output::Persist`] gave it: the store is full, most likely.
    Unstored {
        /// The key.
        key: String,
    },
    /// The user acted.
    Act {
        /// Where.
        from: Place,
        /// What.
        act: Act,
    },
    /// A tab was opened or navigated for [`crate::Output::Open`].
    Opened {
        /// The handoff it was opened for.
        job: JobId,
        /// The tab; `None` if the browser refused.
        tab: Option<TabId>,
    },
    /// A tab has finished loading a document.
    TabComplete {
        /// The tab.
        tab: TabId,
    },
    /// A tab is gone.
    TabClosed {
        /// The tab.
        tab: TabId,
    },
    /// The answer to [`crate::Output::Fill`].
    Filled {
        /// The handoff.
        job: JobId,
        /// What happened, and what stands in the composer now.
        report: FillReport,
    },
    /// The notice of the system was clicked.
    Noticed,
    /// A wake-up asked for by [`crate::Output::WakeAt`]; an early or extra one is harmless.
    Tick,
}

/// Stands among the allowed hosts when the user has consented to prompts going to the assistants they click on. Only Firefox asks
/// for that by itself (`data_collection_permissions`); elsewhere the click is the consent.
pub const CONSENT: &str = "consent";

/// One step of one request, as `webRequest` tells it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The browser's id of the request: the same over all its steps.
    pub id: String,
    /// The tab that asked.
    pub tab: TabId,
    /// The step.
    pub step: RequestStep,
}

/// The steps of a request, in their order. Every one but `Started` may come alone, after a restart.
#[derive(Clone, Debug)]
pub enum RequestStep {
    /// It is about to leave.
    Started {
        /// `GET`, `POST`, …
        method: String,
        /// The whole URL.
        url: String,
        /// Whether it loads a page into a tab (`main_frame`).
        document: bool,
        /// The request body, for a `POST` to a completion endpoint.
        body: Option<Vec<u8>>,
    },
    /// Status and headers have come.
    Headers {
        /// The HTTP status.
        status: u16,
        /// The few headers that mean something to us.
        headers: Headers,
    },
    /// The text of the response body; only a HAR file has it here, in the browser the tap tells it. What a stream says is told as the
    /// tap tells it everywhere.
    Body {
        /// The body.
        text: String,
    },
    /// The response has come to its end.
    Done,
    /// There was no (whole) response.
    Failed {
        /// `net::ERR_…` or `NS_ERROR_…`, or a sentence in Firefox.
        error: String,
    },
}

/// Response headers that mean something; names are matched without regard to case by the shell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers {
    /// `content-type`
    pub content_type: Option<String>,
    /// `cf-mitigated`
    pub cf_mitigated: Option<String>,
    /// `location`
    pub location: Option<String>,
    /// `request-id`
    pub request_id: Option<String>,
}

/// What the tap saw. JSON on the wire: `{"fact":"event","seq":3,…}`.
///
/// `seq` numbers the fetches of one page life; it is unknown to `webRequest`, so the engine joins both by tab, method and URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Fact {
    /// The tap is in place (once per page life).
    Ready {},
    /// A response that is not a stream and not fine: status >= 400, or a completion that is no event stream, or HTML on an API path.
    Response {
        /// The fetch.
        seq: u32,
        /// The method.
        method: String,
        /// The URL as fetched, made absolute.
        url: String,
        /// The status.
        status: u16,
        /// The `content-type`.
        content_type: Option<String>,
        /// The `cf-mitigated` header.
        cf_mitigated: Option<String>,
        /// The first 4,096 characters of the body.
        body: String,
    },
    /// The page has begun to read the event stream of an answer.
    Stream {
        /// The fetch.
        seq: u32,
        /// The method.
        method: String,
        /// The URL.
        url: String,
        /// The status.
        status: u16,
    },
    /// One event that steers a stream (`message_start`, `message_delta`, `message_stop`, `message_limit`, `error`, an end or a limit
    /// in a `completion`). No other is sent.
    Event {
        /// The fetch.
        seq: u32,
        /// The `event:` field.
        name: String,
        /// The `data:` field.
        data: String,
    },
    /// Every 15 s while the page waits for the next piece of a stream.
    Progress {
        /// The fetch.
        seq: u32,
        /// Events so far, of every kind.
        events: u32,
        /// Milliseconds since the page asked for that piece.
        silent_ms: u32,
    },
    /// The stream is over.
    Closed {
        /// The fetch.
        seq: u32,
        /// Events in all.
        events: u32,
        /// How it ended.
        end: StreamEnd,
    },
    /// `fetch` itself rejected.
    Rejected {
        /// The fetch.
        seq: u32,
        /// The method.
        method: String,
        /// The URL.
        url: String,
        /// Whether it was an abort.
        aborted: bool,
        /// `navigator.onLine` at that moment.
        online: bool,
    },
}

/// How a stream ended, as the page saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamEnd {
    /// A clean close.
    End,
    /// The page aborted it.
    Abort,
    /// A transport error.
    Error,
}

/// What the official status page answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most 256 KiB.
    pub body: String,
}

/// Where the user acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The card in a claude.ai page.
    Card {
        /// Its tab.
        tab: TabId,
    },
    /// One of Understudy's own pages.
    Page {
        /// Its tab, when it is one (the popup is not).
        tab: Option<TabId>,
    },
}

impl Place {
    /// The tab of one of Understudy's own pages, when it is in one.
    pub(crate) const fn own_tab(&self) -> Option<TabId> {
        match self {
            Self::Page { tab } => *tab,
            Self::Card { .. } => None,
        }
    }
}

/// What the user asked for. JSON on the wire: `{"act":"hand-off","provider":"chatgpt","entry":"e7"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// Take the saved prompt to a fallback.
    HandOff {
        /// Which fallback.
        provider: String,
        /// Which prompt; `None` opens the fallback empty.
        entry: Option<EntryId>,
        /// Whether the clipboard holds it: the place of the click has put it there before it sends this.
        copied: bool,
    },
    /// Put the saved prompt back into its thread in Claude.
    PutBack {
        /// Which prompt.
        entry: EntryId,
        /// The text, if it is another one than the prompt: with an answer from elsewhere behind it.
        text: Option<UserText>,
        /// Whether the clipboard holds it.
        copied: bool,
    },
    /// Put a prompt off until Claude is back or its limit is over, or offer it no more.
    Later {
        /// Which prompt.
        entry: EntryId,
        /// Which of the two.
        on: bool,
    },
    /// Put the saved prompt on the clipboard.
    Copy {
        /// Which prompt.
        entry: EntryId,
    },
    /// Close the card; it stays closed for this incident in this tab.
    Dismiss {},
    /// The handoff page has asked for the host; the browser's answer.
    Decided {
        /// Which handoff.
        job: JobId,
        /// Whether the user allowed it.
        granted: bool,
    },
    /// What goes, as the handoff page shows it and the user wants it; said before the way is.
    Choose {
        /// Which handoff.
        job: JobId,
        /// The text, if it is another one than the prompt.
        text: Option<UserText>,
        /// What goes along: see [`crate::left::Along`].
        along: u32,
        /// Whether the clipboard holds it.
        copied: bool,
    },
    /// The handoff page has put the text on the clipboard and wants the provider's page.
    PasteByHand {
        /// Which handoff.
        job: JobId,
    },
    /// Keep what is being written here, where claude.ai may not load at all.
    Write {
        /// The number of this field's life: what one life writes is one prompt.
        field: u32,
        /// The whole text.
        text: UserText,
    },
    /// Delete a saved prompt, or the incident log.
    Forget {
        /// Which prompt; [`crate::incident::LOG`] for the log, [`crate::left::KEY`] for that of what left.
        entry: EntryId,
    },
    /// Delete every saved prompt.
    ForgetAll {},
    /// "It is down for me", or "it works for me": for this incident, whatever the evidence says.
    Say {
        /// Which of the two.
        down: bool,
    },
    /// What is stored is sealed from now on, or no longer, or its keys have come: it is to be read anew. Whoever stores it hears this.
    Seal {},
    /// Store the settings of the options page.
    Configure {
        /// All of them.
        settings: crate::provider::Settings,
    },
}

/// A saved prompt.
pub type EntryId = String;

/// A handoff under way.
pub type JobId = String;

/// One way of writing into an editor (measured per editor and browser; see [`crate::handoff`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Technique {
    /// One `<p>` per line by `replaceChildren`, then `input`.
    Dom,
    /// Synthetic paste of `text/html` with `data-pm-slice`.
    PmPaste,
    /// Synthetic paste of `text/plain`.
    Paste,
    /// `beforeinput` with `insertText`.
    BeforeInput,
    /// `execCommand('insertText')`; in Chromium never beyond 2,000 characters.
    InsertText,
    /// `execCommand('insertHTML')`, lines joined with `<br>`; for textareas in Chromium.
    InsertHtml,
    /// The prototype's `value` setter, then `input`.
    Value,
    /// Nothing is written: focus the composer and show one line, "press Ctrl+V".
    ByHand,
}

impl Technique {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dom => "dom",
            Self::PmPaste => "pm-paste",
            Self::Paste => "paste",
            Self::BeforeInput => "before-input",
            Self::InsertText => "insert-text",
            Self::InsertHtml => "insert-html",
            Self::Value => "value",
            Self::ByHand => "by-hand",
        }
    }
}

/// What the filler found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillReport {
    /// How far it came.
    pub outcome: FillOutcome,
    /// What stands in the composer now, by the block walk of `filling.md`; absent without a composer.
    pub read: Option<UserText>,
    /// Milliseconds from the first write to the last read.
    pub took_ms: u32,
}

/// How far a fill came. Whether the text is right is for the engine to say, from `read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillOutcome {
    /// The technique was carried out (or the hint shown).
    Written,
    /// No visible, editable composer within the time given.
    NoComposer,
    /// There is other text in the composer, and nothing was touched; after the hint to paste by hand: there was input.
    Occupied,
    /// The script could not run in that page (host not allowed, page gone), or it is a page of another site.
    Unreachable,
}

impl Fact {
    /// Reads a fact; whatever is not exactly one is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut json = Json::parse(text)?;
        let kind = json.take("fact").text()?;
        if kind == "ready" {
            return json.is_spent().then_some(Self::Ready {});
        }
        let seq = json.take("seq").number()?;
        let (method, url) = (json.take("method").text(), json.take("url").text());
        let fact = match kind.as_str() {
            "response" => Self::Response {
                seq,
                method: method?,
                url: url?,
                status: json.take("status").number()?,
                content_type: json.take("content_type").text(),
                cf_mitigated: json.take("cf_mitigated").text(),
                body: json.take("body").text()?,
            },
            "stream" => Self::Stream { seq, method: method?, url: url?, status: json.take("status").number()? },
            "event" => Self::Event { seq, name: json.take("name").text()?, data: json.take("data").text()? },
            "progress" => Self::Progress {
                seq,
                events: json.take("events").number()?,
                silent_ms: json.take("silent_ms").number()?,
            },
            "closed" => Self::Closed {
                seq,
                events: json.take("events").number()?,
                end: match json.take("end").text()?.as_str() {
                    "end" => StreamEnd::End,
                    "abort" => StreamEnd::Abort,
                    "error" => StreamEnd::Error,
                    _ => return None,
                },
            },
            "rejected" => Self::Rejected {
                seq,
                method: method?,
                url: url?,
                aborted: json.take("aborted").truth()?,
                online: json.take("online").truth()?,
            },
            _ => return None,
        };
        json.is_spent().then_some(fact)
    }
}

impl Act {
    /// Reads an act; whatever is not exactly one is none.
    pub fn read(mut json: Json) -> Option<Self> {
        let kind = json.take("act").text()?;
        let (entry, job) = (json.take("entry").text(), json.take("job").text());
        let copied = json.take("copied").truth().unwrap_or_default();
        let act = match kind.as_str() {
            "hand-off" => Self::HandOff { provider: json.take("provider").text()?, entry, copied },
            "put-back" => Self::PutBack { entry: entry?, text: json.take("text").text().map(UserText::new), copied },
            "later" => Self::Later { entry: entry?, on: json.take("on").truth()? },
            "copy" => Self::Copy { entry: entry? },
            "dismiss" => Self::Dismiss {},
            "decided" => Self::Decided { job: job?, granted: json.take("granted").truth()? },
            "write" => {
                Self::Write { field: json.take("field").number()?, text: UserText::new(json.take("text").text()?) }
            }
            "choose" => Self::Choose {
                job: job?,
                text: json.take("text").text().map(UserText::new),
                along: json.take("along").number()?,
                copied,
            },
            "paste-by-hand" => Self::PasteByHand { job: job? },
            "forget" => Self::Forget { entry: entry? },
            "forget-all" => Self::ForgetAll {},
            "say" => Self::Say { down: json.take("down").truth()? },
            "seal" => Self::Seal {},
            "configure" => Self::Configure { settings: crate::provider::Settings::read(json.take("settings"))? },
            _ => return None,
        };
        json.is_spent().then_some(act)
    }
}

impl FillReport {
    /// Reads a report; whatever is not exactly one is none.
    pub fn read(mut json: Json) -> Option<Self> {
        let outcome = match json.take("outcome").text()?.as_str() {
            "written" => FillOutcome::Written,
            "no-composer" => FillOutcome::NoComposer,
            "occupied" => FillOutcome::Occupied,
            "unreachable" => FillOutcome::Unreachable,
            _ => return None,
        };
        let read = json.take("read").text().map(UserText::new);
        let took_ms = json.take("tookMs").number().unwrap_or_default();
        json.is_spent().then_some(Self { outcome, read, took_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::{Act, Fact, StreamEnd, Technique};
    use crate::json::Json;
    use crate::provider::Settings;
    use crate::text::UserText;

    #[test]
    fn every_message_survives_the_wire() {
        let facts = [
            Fact::Ready {},
            Fact::Response {
                seq: 1,
                method: "GET".into(),
                url: "u".into(),
                status: 500,
                content_type: Some("text/html".into()),
                cf_mitigated: None,
                body: "b".into(),
            },
            Fact::Stream { seq: 1, method: "POST".into(), url: "u".into(), status: 200 },
            Fact::Event { seq: 1, name: "n".into(), data: "d".into() },
            Fact::Progress { seq: 1, events: 2, silent_ms: 3 },
            Fact::Closed { seq: 1, events: 2, end: StreamEnd::Abort },
            Fact::Rejected { seq: 1, method: "GET".into(), url: "u".into(), aborted: true, online: false },
        ];
        for fact in facts {
            let json = serde_json::to_string(&fact).unwrap();
            assert_eq!(Fact::parse(&json), Some(fact), "{json}");
        }
        let acts = [
            Act::HandOff { provider: "chatgpt".into(), entry: Some("e".into()), copied: true },
            Act::HandOff { provider: "chatgpt".into(), entry: None, copied: false },
            Act::PutBack { entry: "e".into(), text: Some(UserText::new("t")), copied: true },
            Act::PutBack { entry: "e".into(), text: None, copied: false },
            Act::Later { entry: "e".into(), on: true },
            Act::Copy { entry: "e".into() },
            Act::Dismiss {},
            Act::Decided { job: "j".into(), granted: true },
            Act::Choose { job: "j".into(), text: Some(UserText::new("t")), along: 3, copied: true },
            Act::Choose { job: "j".into(), text: None, along: 0, copied: false },
            Act::PasteByHand { job: "j".into() },
            Act::Write { field: 7, text: UserText::new("t") },
            Act::Forget { entry: "e".into() },
            Act::ForgetAll {},
            Act::Seal {},
            Act::Say { down: true },
            Act::Configure { settings: Settings::default() },
        ];
        for act in acts {
            let json = serde_json::to_string(&act).unwrap();
            assert_eq!(Json::parse(&json).and_then(Act::read), Some(act), "{json}");
        }
    }

    #[test]
    fn names_are_what_the_wire_has() {
        use Technique::{BeforeInput, ByHand, Dom, InsertHtml, InsertText, Paste, PmPaste, Value};
        for technique in [Dom, PmPaste, Paste, BeforeInput, InsertText, InsertHtml, Value, ByHand] {
            assert_eq!(serde_json::to_value(technique).unwrap(), technique.name());
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for json in ["{}", r#"{"act":"launch"}"#, r#"{"act":"copy"}"#, r#"{"act":"dismiss","url":"https://x"}"#] {
            assert!(Json::parse(json).and_then(Act::read).is_none(), "{json}");
        }
        for json in ["{}", r#"{"fact":"closed","seq":1}"#, r#"{"fact":"ready","url":3}"#, r#"{"fact":"x","seq":1}"#] {
            assert!(Fact::parse(json).is_none(), "{json}");
        }
    }
}
