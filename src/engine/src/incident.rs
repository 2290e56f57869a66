//! The incident log: what is kept of an outage after it is over.
//!
//! A record is begun with the first failure and kept once there is a verdict, or a send that failed. It holds times, counts
//! and names of the site's own (surfaces, classes, models, request ids), never anything that a person wrote.
//! It is stored under `incident:<number>`, as JSON; what cannot be read is set aside. Statistics over records are in
//! [`crate::statistics`], the export in [`crate::receipt`]: both are for pages and the command line only.

use crate::cause::{Class, Surface};
use crate::input::Millis;
use crate::json::{Json, numbered, push_number};
use crate::order;
use crate::search::has;

/// Records kept; the oldest goes first.
pub const MAX_RECORDS: u64 = 500;
/// Bytes of names kept with one incident: its official post, its models, and the first request ids, which date its
/// beginning. Some twenty of them have room.
const MAX_TEXTS: usize = 1_024;

/// What [`crate::Act::Forget`] is given to delete the whole log; no prompt has this id.
pub const LOG: &str = "incidents";

/// Before the id in the key of a stored record.
const PREFIX: &str = "incident:";

/// The places of the numbers in a stored record; 0 is "not known". They are only ever appended to, as are [`Surface::ALL`]
/// and [`Class::ALL`], whose order the last two rely on. (Names for all of them would cost the background a kilobyte.)
pub(crate) mod place {
    pub const ID: usize = 0;
    pub const SINCE: usize = 1;
    pub const SENT: usize = 2;
    pub const OFFERED: usize = 3;
    pub const DOWN: usize = 4;
    pub const GREEN: usize = 5;
    pub const OFFICIAL: usize = 6;
    pub const POSTED: usize = 7;
    pub const RECOVERED: usize = 8;
    pub const CLOSED: usize = 9;
    pub const WORD: usize = 10;
    pub const HANDED: usize = 11;
    pub const LEFT: usize = 12;
    pub const LAST: usize = 13;
    pub const FAILURES: usize = 14;
    pub const SENDS: usize = 15;
    /// A bit for each surface.
    pub const SURFACES: usize = 16;
    /// A count for each class.
    pub const CLASSES: usize = 17;
}

/// Numbers in a record.
pub(crate) const NUMBERS: usize = place::CLASSES + Class::ALL.len();

/// Before a text in a stored record: what it is.
pub(crate) const TITLE: char = 't';
pub(crate) const MODEL: char = 'm';
pub(crate) const REQUEST_ID: char = 'r';

/// One incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its number in the log.
    pub id: u64,
    /// The first failure that counted.
    pub since: Millis,
    /// The first failed send.
    pub sent: Option<Millis>,
    /// When the offer was first shown.
    pub offered: Option<Millis>,
    /// When the verdict was reached.
    pub down: Option<Millis>,
    /// When the status page was first read and said nothing of it; `None` if it was never read so.
    pub green: Option<Millis>,
    /// When the status page was first seen to speak of claude.ai.
    pub official: Option<Millis>,
    /// The post's own time (`created_at`, else `updated_at`).
    pub posted: Option<Millis>,
    /// The post's title, at most 200 bytes.
    pub title: Option<String>,
    /// The first success of those that proved the recovery; `None` while it lasts, or if nobody was there to see its end.
    pub recovered: Option<Millis>,
    /// The last failure.
    pub last: Millis,
    /// Whether it was closed, by its recovery or by silence.
    pub closed: bool,
    /// Votes against Claude.
    pub failures: u32,
    /// Those of them that were sends.
    pub failed_sends: u32,
    /// Prompts that were taken to a fallback meanwhile.
    pub handed: u32,
    /// When the first one was.
    pub left: Option<Millis>,
    /// What the person said of it, if anything: the last word.
    pub word: Option<Word>,
    /// The surfaces that failed.
    pub surfaces: Vec<Surface>,
    /// How often each class was seen.
    pub classes: Vec<(Class, u32)>,
    /// Request ids of failed requests, for a support claim.
    pub request_ids: Vec<String>,
    /// The models that were asked in vain.
    pub models: Vec<String>,
}

/// What a person says against the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// "It works for me."
    Works = 1,
    /// "It is down for me."
    Down = 2,
}

impl Word {
    /// The name in stored data and exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Down => "down",
        }
    }
}

/// How long somebody was kept from working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Milliseconds.
    pub ms: Millis,
    /// Whether the end was not seen, so that it was at least as long.
    pub at_least: bool,
}

impl Record {
    /// Whether it is worth keeping.
    pub fn counts(&self) -> bool {
        self.down.is_some() || self.sent.is_some()
    }

    /// How long it lasted: from the first failure to the recovery, or at least to the last failure.
    pub fn lasted(&self) -> Span {
        Span { ms: self.recovered.unwrap_or(self.last).saturating_sub(self.since), at_least: self.recovered.is_none() }
    }

    /// The time lost: from the first failed send to the recovery, or to the first handoff after it, with which the work
    /// went on elsewhere. Without either it lasted at least to the last failure. `None` if no send failed.
    pub fn lost(&self) -> Option<Span> {
        let from = self.sent?;
        let left = self.left.filter(|left| *left >= from);
        let end = [left, self.recovered].into_iter().flatten().min();
        Some(Span { ms: end.unwrap_or(self.last).saturating_sub(from), at_least: end.is_none() })
    }

    /// How long after the first failure here the status page spoke, by the post's own time where it has one; negative if
    /// the post was there first.
    pub fn official_lag_ms(&self) -> Option<i64> {
        let theirs = i64::try_from(self.posted.or(self.official)?).ok()?;
        Some(theirs.saturating_sub(i64::try_from(self.since).ok()?))
    }

    /// Reads a stored record. What is beyond what we know of, or not known, is left out.
    pub fn parse(text: &str) -> Option<Self> {
        let (numbers, _) = numbers::<NUMBERS>(text)?;
        let texts = Json::parse(text)?.take("t").texts().unwrap_or_default();
        let at = |place: usize| numbers.get(place).copied().filter(|number| *number > 0);
        let count = |place: usize| at(place).map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX));
        let texts = |kind: char| texts.iter().filter_map(move |text| text.strip_prefix(kind)).map(str::to_owned);
        let (id, since) = (at(place::ID)?, at(place::SINCE)?);
        let surfaces = at(place::SURFACES).unwrap_or_default();
        let classes = Class::ALL.into_iter().map(|class| (class, count(place::CLASSES + class as usize)));
        Some(Self {
            id,
            since,
            sent: at(place::SENT),
            offered: at(place::OFFERED),
            down: at(place::DOWN),
            green: at(place::GREEN),
            official: at(place::OFFICIAL),
            posted: at(place::POSTED),
            title: texts(TITLE).next(),
            recovered: at(place::RECOVERED),
            last: at(place::LAST).unwrap_or(since),
            closed: at(place::CLOSED).is_some(),
            failures: count(place::FAILURES),
            failed_sends: count(place::SENDS),
            handed: count(place::HANDED),
            left: at(place::LEFT),
            word: [Word::Works, Word::Down].into_iter().find(|word| at(place::WORD) == Some(*word as u64)),
            surfaces: Surface::ALL.into_iter().filter(|surface| surfaces >> *surface as u64 & 1 == 1).collect(),
            classes: classes.filter(|(_, count)| *count > 0).collect(),
            request_ids: texts(REQUEST_ID).collect(),
            models: texts(MODEL).collect(),
        })
    }
}

/// Where a record is stored in `storage.local`.
pub fn incident_key(id: u64) -> String {
    numbered(PREFIX, id)
}

/// Every record in a store, the oldest first; for pages and the command line.
pub fn records<'a>(local: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Record> {
    let stored = local.into_iter().filter(|(key, _)| is_incident(key));
    let mut records: Vec<Record> = stored.filter_map(|(_, value)| Record::parse(value)).collect();
    order::by(&mut records, |record| record.id);
    records
}

/// Whether a record lies under this key.
pub fn is_incident(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// Numbers and texts as they are stored: `{"n":[0,1,2],"t":["","r…"]}`. The texts are JSON already; see [`note`].
pub(crate) fn write(numbers: &[u64], texts: &str) -> String {
    let mut json = HEAD.to_owned();
    for number in numbers {
        push_number(&mut json, *number);
        json.push(',');
    }
    json.pop();
    for part in ["],\"t\":[\"\"", texts, "]}"] {
        json.push_str(part);
    }
    json
}

/// The numbers of a stored value, as [`write`] writes them, and how many there are; `None` if there are none. Those that
/// there is no room for are left out.
pub(crate) fn numbers<const N: usize>(json: &str) -> Option<([u64; N], usize)> {
    let mut numbers = [0; N];
    read(json, &mut numbers).map(|count| (numbers, count))
}

fn read(json: &str, numbers: &mut [u64]) -> Option<usize> {
    let mut count = 0;
    let mut number: u64 = 0;
    for byte in json.bytes().skip(HEAD.len()) {
        if byte == b',' || byte == b']' {
            if let Some(place) = numbers.get_mut(count) {
                *place = number;
            }
            count += 1;
            number = 0;
            if byte == b']' {
                return Some(count);
            }
        } else if byte.is_ascii_digit() {
            number = number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        } else {
            return None;
        }
    }
    None
}

/// Adds a text of the site's or the status page's own: one line, without what JSON would escape.
pub(crate) fn note(texts: &mut String, kind: char, text: &str) {
    let mut json = String::from(",\"");
    json.push(kind);
    for c in text.chars() {
        if json.len() > MAX_TEXT {
            break;
        }
        json.push(if c < ' ' || c == '"' || c == '\\' { '\'' } else { c });
    }
    json.push('"');
    if texts.len() < MAX_TEXTS && !has(texts, &json) {
        texts.push_str(&json);
    }
}

/// Before the numbers; the 0 is room for a version.
const HEAD: &str = "{\"n\":[0,";

/// Longest text kept, in bytes; the status page's titles are at most 200.
const MAX_TEXT: usize = 200;

#[cfg(test)]
mod tests {
    use super::{
        MAX_TEXT, MAX_TEXTS, MODEL, NUMBERS, REQUEST_ID, Record, Span, TITLE, Word, incident_key, note, place, records,
        write,
    };
    use crate::cause::{Class, Surface};

    fn whole() -> Record {
        Record {
            id: 12,
            since: 1_772_451_420_000,
            sent: Some(1_772_451_430_000),
            offered: Some(1_772_451_430_000),
            down: Some(1_772_451_480_000),
            green: Some(1_772_451_431_000),
            official: Some(1_772_452_160_000),
            posted: Some(1_772_452_140_000),
            title: Some("Elevated errors on claude.ai".into()),
            recovered: Some(1_772_460_000_000),
            last: 1_772_459_000_000,
            closed: true,
            failures: 9,
            failed_sends: 4,
            handed: 2,
            left: Some(1_772_451_600_000),
            word: Some(Word::Down),
            surfaces: vec![Surface::Login, Surface::Completion],
            classes: vec![(Class::Service, 8), (Class::Capacity, 1)],
            request_ids: vec!["req_011C".into()],
            models: vec!["claude-opus-4-8".into()],
        }
    }

    /// What the engine would store of a record.
    fn stored(record: &Record) -> String {
        let mut numbers = [0; NUMBERS];
        let rest = [
            (place::ID, Some(record.id)),
            (place::SINCE, Some(record.since)),
            (place::SENT, record.sent),
            (place::OFFERED, record.offered),
            (place::DOWN, record.down),
            (place::GREEN, record.green),
            (place::OFFICIAL, record.official),
            (place::POSTED, record.posted),
            (place::RECOVERED, record.recovered),
            (place::CLOSED, Some(record.closed.into())),
            (place::WORD, record.word.map(|word| word as u64)),
            (place::HANDED, Some(record.handed.into())),
            (place::LEFT, record.left),
            (place::LAST, Some(record.last)),
            (place::FAILURES, Some(record.failures.into())),
            (place::SENDS, Some(record.failed_sends.into())),
        ];
        for (place, number) in rest {
            numbers[place] = number.unwrap_or_default();
        }
        numbers[place::SURFACES] = record.surfaces.iter().map(|surface| 1 << *surface as u64).sum();
        for (class, count) in &record.classes {
            numbers[place::CLASSES + *class as usize] = (*count).into();
        }
        let mut texts = String::new();
        record.title.iter().for_each(|text| note(&mut texts, TITLE, text));
        record.request_ids.iter().for_each(|text| note(&mut texts, REQUEST_ID, text));
        record.models.iter().for_each(|text| note(&mut texts, MODEL, text));
        write(&numbers, &texts)
    }

    #[test]
    fn a_record_survives_the_store() {
        for record in [whole(), Record { id: 5, since: 5, last: 5, ..Record::default() }] {
            let json = stored(&record);
            assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
            assert_eq!(Record::parse(&json), Some(record), "{json}");
        }
        for damaged in [
            "",
            "{}",
            r#"{"n":[],"t":[""]}"#,
            r#"{"n":[0,3],"t":[""]}"#,
            r#"{"n":[0,3,3"#,
            r#"{"n":[0,3,-3],"t":[""]}"#,
            "[0,3,3]",
        ] {
            assert_eq!(Record::parse(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn what_others_wrote_is_stored_as_one_harmless_line() {
        let title = "a \"title\"\\, on\r\ntwo lines — naïve 🧑‍💻";
        let mut texts = String::new();
        note(&mut texts, TITLE, title);
        note(&mut texts, TITLE, &"é".repeat(900));
        for n in 0..200 {
            note(&mut texts, REQUEST_ID, "req_same");
            note(&mut texts, REQUEST_ID, &format!("req_{n}"));
        }
        let json = write(&[1, 1], &texts);
        assert!(json.len() < MAX_TEXTS + MAX_TEXT, "{}", json.len());
        let texts = serde_json::from_str::<serde_json::Value>(&json).unwrap()["t"].clone();
        assert_eq!(texts[1], "ta 'title'', on''two lines — naïve 🧑‍💻");
        assert_eq!(texts[2].as_str().map(|text| text.chars().count()), Some(100));
        let record = Record::parse(&json).unwrap();
        assert_eq!(record.title.as_deref(), texts[1].as_str().map(|text| &text[1..]));
        assert_eq!(record.request_ids.iter().filter(|id| *id == "req_same").count(), 1);
    }

    #[test]
    fn what_is_newer_in_a_stored_record_is_left_out() {
        let numbers: Vec<u64> = (0..NUMBERS as u64 + 9).map(|n| if n < 2 { 3 } else { u64::MAX }).collect();
        let record = Record::parse(&write(&numbers, ",\"?new\"")).unwrap();
        assert_eq!(
            (record.word, record.surfaces.len(), record.classes.len()),
            (None, Surface::ALL.len(), Class::ALL.len())
        );
        assert_eq!((record.request_ids, record.models, record.title), (vec![], vec![], None));
        for (place, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(place, class as usize, "the stored order");
        }
        for (place, surface) in Surface::ALL.into_iter().enumerate() {
            assert_eq!(place, surface as usize, "the stored order");
        }
    }

    #[test]
    fn time_is_lost_until_the_work_goes_on() {
        let record = whole();
        assert_eq!(record.lost(), Some(Span { ms: 170_000, at_least: false }), "to the handoff");
        let stayed = Record { left: None, ..record.clone() };
        assert_eq!(stayed.lost(), Some(Span { ms: 8_570_000, at_least: false }), "to the recovery");
        let unseen = Record { left: Some(1), recovered: None, ..record.clone() };
        assert_eq!(unseen.lost(), Some(Span { ms: 7_570_000, at_least: true }), "an older handoff ends nothing");
        assert_eq!(Record { sent: None, ..record.clone() }.lost(), None);
        assert_eq!(record.lasted(), Span { ms: 8_580_000, at_least: false });
    }

    #[test]
    fn the_lag_is_the_posts_own_where_it_has_a_time() {
        let record = whole();
        assert_eq!(record.official_lag_ms(), Some(720_000));
        assert_eq!(Record { posted: None, ..record.clone() }.official_lag_ms(), Some(740_000));
        assert_eq!(Record { posted: Some(record.since - 5), ..record.clone() }.official_lag_ms(), Some(-5));
        assert_eq!(Record { posted: None, official: None, ..record }.official_lag_ms(), None);
    }

    #[test]
    fn only_records_are_read_from_a_store() {
        let json = stored(&whole());
        let found = records([
            ("incident:2", json.as_str()),
            ("entry:1", json.as_str()),
            ("aside:incident:1", "x"),
            ("incident:1", "x"),
        ]);
        assert_eq!((found, incident_key(12)), (vec![whole()], "incident:12".to_owned()));
    }
}
