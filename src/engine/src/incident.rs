//! The incident log: what is kept of an outage after it is over.
//!
//! A record is begun with the first failure and kept once there is a verdict, or a send that failed. It holds times, counts
//! and names of the site's own (surfaces, classes, models, request ids), never anything that a person wrote.
//! It is stored under `incident:<id>`, as JSON; what cannot be read is set aside. Statistics over records are in
//! [`crate::statistics`], the export in [`crate::receipt`]: both are for pages and the command line only.

use crate::cause::{Class, Surface};
use crate::codec::{fields, variants};
use crate::input::Millis;
use crate::json::Json;

/// Records kept; the oldest goes first.
pub const MAX_RECORDS: usize = 500;
/// Request ids kept of one incident: the first ones, which date its beginning.
pub const MAX_REQUEST_IDS: usize = 20;
/// Models kept of one incident.
pub const MAX_MODELS: usize = 8;

/// Before the id in the key of a stored record.
pub(crate) const PREFIX: &str = "incident:";

/// One incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its id: the first failure, moved on by a millisecond where that is taken.
    pub id: Millis,
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

fields!(Record: id, since, sent, offered, down, green, official, posted, title, recovered, last, closed, failures, failed_sends, handed, left, word, surfaces, classes, request_ids, models);

/// What a person says against the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// "It works for me."
    Works,
    /// "It is down for me."
    Down,
}

variants!(Word: Works, Down);

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

    /// The text as it is stored.
    pub(crate) fn write(&self) -> String {
        let mut json = String::from("{\"id\":");
        json.push_str(&self.id.to_string());
        let count = |number: u32| Some(Millis::from(number));
        for (key, number) in [
            ("since", Some(self.since)),
            ("sent", self.sent),
            ("offered", self.offered),
            ("down", self.down),
            ("green", self.green),
            ("official", self.official),
            ("posted", self.posted),
            ("recovered", self.recovered),
            ("last", Some(self.last)),
            ("closed", count(u32::from(self.closed))),
            ("failures", count(self.failures)),
            ("failed_sends", count(self.failed_sends)),
            ("handed", count(self.handed)),
            ("left", self.left),
            ("word", self.word.map(|word| word as Millis)),
        ] {
            if let Some(number) = number {
                push(&mut json, key, &number.to_string());
            }
        }
        let surfaces = self.surfaces.iter().map(|surface| surface.name().to_owned()).collect();
        // Names in the order of the counts beside them.
        let classes = self.classes.iter().map(|(class, _)| class.name().to_owned()).collect();
        let counts = self.classes.iter().map(|(_, count)| count.to_string()).collect();
        for (key, texts) in [
            ("title", self.title.iter().cloned().collect()),
            ("surfaces", surfaces),
            ("classes", classes),
            ("counts", counts),
            ("request_ids", self.request_ids.clone()),
            ("models", self.models.clone()),
        ] {
            let texts: Vec<String> = texts;
            if !texts.is_empty() {
                push(&mut json, key, &serde_json::to_string(&texts).unwrap_or_default());
            }
        }
        json.push('}');
        json
    }

    /// Reads a stored record. Only its id and its beginning are indispensable: whatever else cannot be read is not known.
    pub fn parse(text: &str) -> Option<Self> {
        let mut json = Json::parse(text)?;
        let id = json.take("id").number()?;
        let since = json.take("since").number()?;
        let classes = json.take("classes").texts().unwrap_or_default();
        let counts = json.take("counts").texts().unwrap_or_default();
        let counted = classes.iter().zip(counts).filter_map(|(name, count)| {
            let class = Class::ALL.into_iter().find(|class| class.name() == name)?;
            Some((class, count.parse().ok()?))
        });
        let surfaces = json.take("surfaces").texts().unwrap_or_default();
        Some(Self {
            id,
            since,
            sent: json.take("sent").number(),
            offered: json.take("offered").number(),
            down: json.take("down").number(),
            green: json.take("green").number(),
            official: json.take("official").number(),
            posted: json.take("posted").number(),
            title: json.take("title").texts().unwrap_or_default().into_iter().next(),
            recovered: json.take("recovered").number(),
            last: json.take("last").number().unwrap_or(since),
            closed: json.take("closed").number() == Some(1_u32),
            failures: json.take("failures").number().unwrap_or_default(),
            failed_sends: json.take("failed_sends").number().unwrap_or_default(),
            handed: json.take("handed").number().unwrap_or_default(),
            left: json.take("left").number(),
            word: match json.take("word").number() {
                Some(0_u32) => Some(Word::Works),
                Some(1) => Some(Word::Down),
                _ => None,
            },
            surfaces: Surface::ALL
                .into_iter()
                .filter(|known| surfaces.iter().any(|name| name == known.name()))
                .collect(),
            classes: counted.collect(),
            request_ids: json.take("request_ids").texts().unwrap_or_default(),
            models: json.take("models").texts().unwrap_or_default(),
        })
    }
}

fn push(json: &mut String, key: &str, value: &str) {
    json.push_str(",\"");
    json.push_str(key);
    json.push_str("\":");
    json.push_str(value);
}

/// Where a record is stored in `storage.local`.
pub fn incident_key(id: Millis) -> String {
    format!("{PREFIX}{id:x}")
}

/// The id of a stored record; `None` if it is none, or damaged. (As little as a start needs to know.)
pub(crate) fn stored_id(key: &str, value: &str) -> Option<Millis> {
    let mut json = Json::parse(value)?;
    let id = json.take("id").number()?;
    json.take("since").number::<Millis>()?;
    (incident_key(id) == key).then_some(id)
}

/// Every record in a store, the oldest first; for pages and the command line.
pub fn records<'a>(local: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Record> {
    let stored = local.into_iter().filter(|(key, _)| key.starts_with(PREFIX));
    let mut records: Vec<Record> = stored.filter_map(|(_, value)| Record::parse(value)).collect();
    records.sort_by_key(|record| record.id);
    records
}

#[cfg(test)]
mod tests {
    use super::{Record, Span, Word, incident_key, records, stored_id};
    use crate::cause::{Class, Surface};

    fn whole() -> Record {
        Record {
            id: 1_772_451_420_001,
            since: 1_772_451_420_000,
            sent: Some(1_772_451_430_000),
            offered: Some(1_772_451_430_000),
            down: Some(1_772_451_480_000),
            green: Some(1_772_451_431_000),
            official: Some(1_772_452_160_000),
            posted: Some(1_772_452_140_000),
            title: Some("Elevated \"errors\" on claude.ai".into()),
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

    #[test]
    fn a_record_survives_the_store() {
        for record in [whole(), Record { id: 5, since: 5, last: 5, ..Record::default() }] {
            let json = record.write();
            assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
            assert_eq!(Record::parse(&json), Some(record.clone()), "{json}");
            assert_eq!(stored_id(&incident_key(record.id), &json), Some(record.id));
            assert_eq!(stored_id("incident:7", &json), None);
        }
        for damaged in ["", "{}", r#"{"id":3}"#, r#"{"id":"3","since":3}"#, "[1]"] {
            assert_eq!((Record::parse(damaged), stored_id("incident:3", damaged)), (None, None), "{damaged}");
        }
    }

    #[test]
    fn what_is_odd_in_a_stored_record_is_left_out() {
        let text = r#"{"id":3,"since":3,"surfaces":["moon","login"],"classes":["service","moon"],"counts":["x","4"],"word":9,"new":[]}"#;
        let record = Record::parse(text).unwrap();
        assert_eq!((record.surfaces, record.classes, record.word), (vec![Surface::Login], vec![], None));
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
        let json = whole().write();
        let found = records([
            ("incident:2", json.as_str()),
            ("entry:1", json.as_str()),
            ("aside:incident:1", "x"),
            ("incident:1", "x"),
        ]);
        assert_eq!(found, [whole()]);
    }
}
