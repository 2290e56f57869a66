//! What every feed of a fallback says, whole, cut off anywhere, and spoiled.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use understudy_engine::health::{Condition, Health, TITLE, read};
use understudy_engine::provider::{CATALOGUE, Feed, FeedKind, find};

/// 2 March 2026, 15:00 UTC.
const NOW: u64 = 1_772_463_600_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    about: String,
    provider: String,
    body: Option<serde_json::Value>,
    text: Option<String>,
    condition: String,
    #[serde(default)]
    title: String,
    since: Option<u64>,
}

impl Row {
    fn feed(&self) -> &'static Feed {
        find(&self.provider)
            .and_then(|provider| provider.feed)
            .unwrap_or_else(|| panic!("{} has no feed", self.provider))
    }

    fn text(&self) -> String {
        self.text.clone().or_else(|| self.body.as_ref().map(ToString::to_string)).expect("a body")
    }
}

fn rows() -> Vec<Row> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/health.json");
    let text = fs::read_to_string(file).expect("health.json");
    serde_json::from_str::<File>(&text).expect("health.json").rows
}

#[test]
fn each_feed_says_what_it_says() {
    let mut read_of = BTreeSet::new();
    for row in rows() {
        let found = read(row.feed(), &row.text(), NOW);
        let condition = format!("{:?}", found.condition).to_lowercase();
        assert_eq!((condition, &found.title, found.since), (row.condition, &row.title, row.since), "{}", row.about);
        read_of.insert(row.provider);
    }
    let feeds: BTreeSet<String> =
        CATALOGUE.iter().filter(|row| row.feed.is_some()).map(|row| row.id.to_owned()).collect();
    assert_eq!(read_of, feeds, "every feed has its fixtures, and nothing else has");
}

/// A body that was cut off says nothing good, and nothing worse than the whole one.
#[test]
fn what_is_cut_off_is_never_good_news() {
    for row in rows() {
        let (feed, text) = (row.feed(), row.text());
        let whole = read(feed, &text, NOW);
        let end = text.trim_end().len();
        for cut in (0..end).filter(|cut| text.is_char_boundary(*cut)) {
            let part = read(feed, &text[..cut], NOW);
            assert_ne!(part.condition, Condition::Healthy, "{} at {cut}", row.about);
            let worst = if whole.condition.is_trouble() { whole.condition } else { Condition::Unknown };
            assert!(part.condition <= worst, "{} at {cut}: {part:?}", row.about);
        }
    }
}

#[test]
fn a_body_is_read_to_its_limit_only() {
    let open = r#"{"page":{"status":"UP"},"activeIncidents":[{"name":"Gone","impact":"MAJOROUTAGE"}]"#;
    let feed = find("perplexity").and_then(|provider| provider.feed).expect("a feed");
    let said = read(feed, &format!("{open},\"x\":\"{}\"}}", "x".repeat(300_000)), NOW);
    assert_eq!((said.condition, said.title.as_str()), (Condition::Down, "Gone"), "what stands before the limit counts");
    let said = read(feed, &format!("{{\"page\":{{\"status\":\"UP\"}},\"x\":\"{}\"}}", "x".repeat(300_000)), NOW);
    assert_eq!(said, Health::default(), "what was not read to its end is no good news");
    let many = "<item><title>a</title></item>".repeat(40_000);
    let feed = find("grok").and_then(|provider| provider.feed).expect("a feed");
    assert_eq!(read(feed, &format!("<rss>{many}</rss>"), NOW), Health::default());
}

/// Marsaglia's xorshift: the same garbage on every machine.
#[test]
fn garbage_is_harmless() {
    let rows = rows();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % end.max(1) as u64).expect("small")
    };
    for _ in 0..20_000 {
        let row = &rows[below(rows.len())];
        let mut bytes = row.text().into_bytes();
        for _ in 0..=below(4) {
            let at = below(bytes.len());
            match below(4) {
                0 => bytes.truncate(at),
                1 if !bytes.is_empty() => bytes[at] = b"{}[]\",:\\<>/\n\0tn\xff"[below(16)],
                2 => drop(bytes.drain(at..(at + below(40)).min(bytes.len().max(at)))),
                _ => {
                    let piece = bytes[at..at + below(bytes.len() - at)].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        for kind in [FeedKind::Summary, FeedKind::Google, FeedKind::Rss] {
            let found = read(&Feed { kind, ..*row.feed() }, &text, NOW);
            assert!(found.title.len() <= TITLE, "{found:?}");
            assert!(found.condition.is_trouble() || (found.title.is_empty() && found.since.is_none()), "{found:?}");
        }
    }
}
