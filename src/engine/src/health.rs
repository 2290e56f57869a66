//! Whether a fallback is in trouble itself, by its own status page.
//!
//! A second opinion, asked for on suspicion only and never waited for: what cannot be read is unknown, and unknown is treated
//! as healthy when fallbacks are ranked. The bodies are strangers': sizes, depth and types are not trusted, what was cut off
//! says nothing good, and only a title and a time are taken over.

use crate::claude::json::{At, Scalar, Sink, head, walk};
use crate::claude::parse_rfc3339;
use crate::input::Millis;
use crate::provider::{Feed, FeedKind};
use crate::search::{before, cut, has};

/// What a status page says of an assistant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// How it is.
    pub condition: Condition,
    /// The name of its gravest open incident, at most [`TITLE`] bytes; empty if the page names none.
    pub title: String,
    /// Since when that incident is open, wall-clock milliseconds.
    pub since: Option<Millis>,
}

/// How an assistant is, the better ones first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Its page says so.
    Healthy,
    /// It has no page that can be read, or the page did not say.
    #[default]
    Unknown,
    /// Some of it fails, or an incident is open.
    Degraded,
    /// Most of it fails.
    Down,
}

impl Condition {
    /// Whether it is in an incident of its own.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Degraded | Self::Down)
    }
}

/// What a feed says at `now`.
pub fn read(feed: &Feed, body: &str, now: Millis) -> Health {
    let body = head(body, BODY);
    let mut reader = Reader::of(feed);
    if feed.kind == FeedKind::Rss {
        reader.items(body, now);
    } else {
        walk(body, &mut reader);
    }
    let Reader { mut health, whole, known, .. } = reader;
    // Good news must be said, and the page must have been heard out.
    if whole && known && !health.condition.is_trouble() {
        health.condition = Condition::Healthy;
    }
    health
}

/// Longest title taken over, in bytes.
pub const TITLE: usize = 100;
/// Longest body read, in bytes.
const BODY: usize = 256 * 1024;
/// An item of RSS has no end; one that is older than this, in milliseconds, and still not called resolved is not believed.
const STALE_MS: Millis = 48 * 3_600_000;

/// The words of all pages for how something is: of components, impacts and services, in lower case. Maintenance is not among
/// them: it may mean anything.
const WORDS: [(Condition, &[&str]); 3] = [
    (Condition::Healthy, &["operational", "none", "up", "available", "service_information"]),
    (
        Condition::Degraded,
        &[
            "minor",
            "degraded_performance",
            "degradedperformance",
            "partial_outage",
            "partialoutage",
            "minoroutage",
            "service_disruption",
            "hasissues",
        ],
    ),
    (Condition::Down, &["major", "critical", "major_outage", "majoroutage", "full_outage", "service_outage"]),
];

/// The words for an incident that is over, or as good as over: a service is usually back before it is called monitored.
const OVER: &[&str] = &["monitoring", "resolved", "postmortem", "completed", "available", "false_alarm"];

/// Where each key leads. A place that is not named here is of no interest.
const KEYS: [(At, &str, At); 19] = [
    (At::Top, "page", At::Page),
    (At::Page, "status", At::Status),
    (At::Top, "components", At::Components),
    (At::Incident, "components", At::Components),
    (At::Top, "incidents", At::Incidents),
    (At::Top, "activeIncidents", At::Incidents),
    (At::Component, "name", At::Name),
    (At::Component, "status", At::Status),
    (At::Incident, "name", At::Title),
    (At::Incident, "external_desc", At::Title),
    (At::Incident, "service_name", At::Service),
    (At::Incident, "status", At::Stage),
    (At::Incident, "impact", At::Impact),
    (At::Incident, "status_impact", At::Impact),
    (At::Incident, "created_at", At::CreatedAt),
    (At::Incident, "started", At::CreatedAt),
    (At::Incident, "begin", At::CreatedAt),
    (At::Incident, "resolved_at", At::ResolvedAt),
    (At::Incident, "end", At::ResolvedAt),
];

/// What a word means; `None` for one that we do not know.
fn condition(word: &str) -> Option<Condition> {
    WORDS.iter().find(|(_, words)| is_one_of(word, words)).map(|(condition, _)| *condition)
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[expect(clippy::struct_excessive_bools, reason = "independent facts about the place reached")]
struct Reader<'a> {
    feed: &'a Feed,
    health: Health,
    /// Whether the body came to its end.
    whole: bool,
    /// Whether it said anything about the assistant.
    known: bool,
    /// Whether the place is in a list of incidents.
    inside: bool,
    // The component being read, of the page or of an incident.
    fits: bool,
    status: Option<Condition>,
    // The incident being read.
    title: String,
    since: Option<Millis>,
    impact: Option<Condition>,
    touches: bool,
    tagged: bool,
    over: bool,
}

impl<'a> Reader<'a> {
    fn of(feed: &'a Feed) -> Self {
        Self {
            feed,
            health: Health::default(),
            whole: false,
            known: false,
            inside: false,
            fits: feed.part.is_empty(),
            status: None,
            title: String::new(),
            since: None,
            impact: None,
            touches: feed.part.is_empty(),
            tagged: false,
            over: false,
        }
    }

    /// Whether a name is that of the assistant.
    fn named(&self, name: &str) -> bool {
        name.get(..self.feed.part.len()).is_some_and(|head| head.eq_ignore_ascii_case(self.feed.part))
    }

    /// The incident has been read to its end.
    fn incident(&mut self) {
        let (title, since) = (std::mem::take(&mut self.title), self.since.take());
        // Open, and of a gravity that we do not know.
        let impact = self.impact.take().unwrap_or(Condition::Degraded);
        let touches = std::mem::replace(&mut self.touches, self.feed.part.is_empty());
        let tagged = std::mem::take(&mut self.tagged);
        // Grave and about nothing in particular is about everything.
        let counts = touches || (!tagged && impact == Condition::Down && self.feed.kind == FeedKind::Summary);
        if std::mem::take(&mut self.over) || !counts || !impact.is_trouble() {
            return;
        }
        let health = &mut self.health;
        if health.title.is_empty() || impact > health.condition {
            (health.title, health.since) = (title, since);
        }
        health.condition = health.condition.max(impact);
    }

    fn title(&mut self, text: &str) {
        head(text.trim(), TITLE).clone_into(&mut self.title);
    }

    /// RSS and Atom, as far as we need them: a list of posts, each called resolved in one of its categories or still open.
    fn items(&mut self, body: &str, now: Millis) {
        let atom = has(body, "<feed");
        let (open, close, end) = if atom { ("<entry", "</entry>", "</feed>") } else { ("<item", "</item>", "</rss>") };
        let mut rest = body;
        while let Some((item, after)) = between(rest, open, close) {
            rest = after;
            self.title(text_of(item, "<title", "</title>"));
            self.since = if atom {
                parse_rfc3339(text_of(item, "<updated", "</updated>"))
            } else {
                date(text_of(item, "<pubDate", "</pubDate>"))
            };
            let mut left = item;
            while let Some((category, after)) = between(left, "<category", ">") {
                left = after;
                // `<category term="resolved"/>` or `<category>resolved</category>`
                let term = between(category, "\"", "\"").map_or("", |(term, _)| term);
                let inner = before(after, b"<");
                self.over |= is_one_of(term, OVER) || is_one_of(inner, OVER);
            }
            self.over |= self.since.is_none_or(|since| now.abs_diff(since) > STALE_MS);
            self.incident();
        }
        self.whole = has(rest, end);
        self.known = self.whole;
    }
}

impl Sink for Reader<'_> {
    fn key(&mut self, at: At, key: &str) -> At {
        // Instatus says it once for the whole page; where a part is looked for, the page's own state is not it.
        let known = KEYS.iter().find(|(from, name, _)| *from == at && *name == key);
        known.map_or(At::Skip, |(.., to)| *to)
    }

    fn item(&mut self, at: At) -> At {
        match at {
            At::Components => At::Component,
            At::Incidents => {
                self.inside = true;
                At::Incident
            }
            At::Top if self.feed.kind == FeedKind::Google => {
                // A list of incidents in which there is none is good news.
                self.known = true;
                At::Incident
            }
            _ => At::Skip,
        }
    }

    fn scalar(&mut self, at: At, value: Scalar<'_>) {
        let Some(text) = value.text() else { return };
        match at {
            At::Name => self.fits |= self.named(text),
            At::Service => self.touches |= self.named(text),
            At::Status => self.status = condition(text),
            At::Title => self.title(text),
            At::Stage => self.over |= is_one_of(text, OVER),
            At::Impact => self.impact = condition(text),
            At::CreatedAt => self.since = parse_rfc3339(text),
            At::ResolvedAt => self.over = true,
            _ => {}
        }
    }

    fn close(&mut self, at: At) {
        match at {
            At::Component | At::Page => {
                let fits = std::mem::replace(&mut self.fits, self.feed.part.is_empty());
                let status = self.status.take().filter(|_| fits);
                if self.inside {
                    self.tagged = true;
                    self.touches |= fits;
                } else if let Some(status) = status {
                    self.known = true;
                    if status.is_trouble() {
                        self.health.condition = self.health.condition.max(status);
                    }
                }
            }
            At::Incident => self.incident(),
            At::Incidents => self.inside = false,
            At::Top => self.whole = true,
            _ => {}
        }
    }
}

/// What stands between the first `open` and the next `close`, and what stands behind that.
#[inline(never)]
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    cut(cut(text, open)?.1, close)
}

/// The text of an element without children, out of its CDATA.
fn text_of<'a>(xml: &'a str, open: &str, close: &str) -> &'a str {
    let inner = between(xml, open, close).and_then(|(inner, _)| cut(inner, ">")).map_or("", |(_, inner)| inner);
    between(inner, "<![CDATA[", "]]>").map_or(inner, |(text, _)| text).trim()
}

/// A date as RSS writes it: `Mon, 02 Mar 2026 11:49:00 GMT`.
fn date(text: &str) -> Option<Millis> {
    let rest = cut(text, ", ")?.1;
    let month = cut("JanFebMarAprMayJunJulAugSepOctNovDec", rest.get(3..6)?)?.0.len() / 3 * 2;
    let month = "010203040506070809101112".get(month..month + 2)?;
    let zone = rest.get(21..).filter(|zone| *zone != "GMT").unwrap_or("+0000");
    let mut at = String::new();
    for part in [rest.get(7..11)?, "-", month, "-", rest.get(..2)?, "T", rest.get(12..20)?, zone] {
        at.push_str(part);
    }
    parse_rfc3339(&at)
}
