//! The receipt: what was seen, to be put before somebody else (a support claim, a service level). For pages and the command
//! line only.
//!
//! Three forms of the same facts: Markdown to read, CSV (RFC 4180) for a spreadsheet, JSON for a program. Every time is
//! RFC 3339 in UTC. Nothing in it was written by the user; what the site or the status page wrote is escaped for each form.

use crate::incident::{Record, Span};
use crate::json::quoted;
use crate::moment::{Month, rfc3339};
use crate::statistics::{MonthFigures, PUBLISHED, Target, Watch, figures};
use crate::words::Say;
use crate::{Class, Millis};

/// How a receipt is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// To read.
    Markdown,
    /// For a spreadsheet.
    Csv,
    /// For a program.
    Json,
}

impl Form {
    /// The name on the command line, which is the file's ending too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Markdown, Self::Csv, Self::Json].into_iter().find(|form| form.name() == name)
    }
}

/// What a receipt is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// When it was made.
    pub made: Millis,
    /// Its incidents, the oldest first.
    pub records: Vec<Record>,
    /// The month they are of; that of the first one, if it is about one incident.
    pub month: MonthFigures,
    /// What is held against it.
    pub target: Target,
    /// Whether it is about one incident.
    pub single: bool,
}

impl Receipt {
    /// Of every incident that began in a month.
    pub fn of_month(month: Month, records: &[Record], watch: &Watch, target: Target, now: Millis) -> Self {
        let mine = records.iter().filter(|record| Month::of(record.since) == month).cloned().collect();
        Self { made: now, records: mine, month: figures(month, records, watch, now), target, single: false }
    }

    /// Of one incident; `None` if there is none with this id.
    pub fn of_incident(id: u64, records: &[Record], watch: &Watch, target: Target, now: Millis) -> Option<Self> {
        let record = records.iter().find(|record| record.id == id)?;
        let month = Month::of(record.since);
        let figures = figures(month, records, watch, now);
        Some(Self { made: now, records: vec![record.clone()], month: figures, target, single: true })
    }

    /// Written out; sentences are resolved by `say`.
    pub fn write(&self, form: Form, say: &dyn Fn(&Say) -> String) -> String {
        match form {
            Form::Markdown => self.markdown(say),
            Form::Csv => self.csv(),
            Form::Json => self.json(),
        }
    }

    /// To read.
    pub fn markdown(&self, say: &dyn Fn(&Say) -> String) -> String {
        let word = |key: &str| say(&Say::new(key));
        let mut page = String::new();
        let title = match (self.single, self.records.first()) {
            (true, Some(record)) => Say::new("receipt_title_incident").text(rfc3339(record.since)),
            _ => Say::new("receipt_title_month").text(self.month.month.name()),
        };
        line(&mut page, &format!("# {}", say(&title)));
        line(&mut page, &say(&Say::new("receipt_made").text(rfc3339(self.made))));
        line(&mut page, &word("receipt_measured"));

        line(&mut page, &format!("## {}", say(&Say::new("receipt_month").text(self.month.month.name()))));
        let rows = self.month_rows(say);
        table(&mut page, &rows);
        line(&mut page, &word("receipt_published"));
        for figure in PUBLISHED {
            let text = Say::new("receipt_published_figure")
                .text(figure.of)
                .text(figure.date)
                .text(format!("{}.{:02}", figure.uptime / 100, figure.uptime % 100))
                .count(figure.median_recovery_min.into());
            bullet(&mut page, &say(&text));
        }
        page.push('\n');

        if self.records.is_empty() {
            line(&mut page, &word("receipt_none"));
        }
        for record in &self.records {
            if !self.single {
                line(
                    &mut page,
                    &format!("## {}", say(&Say::new("receipt_title_incident").text(rfc3339(record.since)))),
                );
            }
            table(&mut page, &incident_rows(record, say));
            if !record.request_ids.is_empty() {
                line(&mut page, &word("receipt_request_ids"));
                for id in &record.request_ids {
                    bullet(&mut page, &escaped(id));
                }
                page.push('\n');
            }
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
        page
    }

    fn month_rows(&self, say: &dyn Fn(&Say) -> String) -> Vec<(String, String)> {
        let word = |key: &str| say(&Say::new(key));
        let month = &self.month;
        let uptime = month.uptime;
        let held = if uptime.reaches(self.target) { "receipt_target_met" } else { "receipt_target_missed" };
        let held = Say::new(held).text(self.target.name()).count(uptime.bad).count(uptime.allowed(self.target));
        let basis = Say::new(match uptime.basis {
            crate::statistics::Basis::Observed => "receipt_basis_observed",
            crate::statistics::Basis::Calendar => "receipt_basis_calendar",
        });
        let none = || word("receipt_unknown");
        vec![
            (word("receipt_availability"), format!("{} %", percent(uptime.percent()))),
            (word("receipt_basis"), say(&basis.count(uptime.minutes))),
            (word("receipt_target"), say(&held)),
            (word("receipt_incidents"), month.incidents.to_string()),
            (word("receipt_verdicts"), month.verdicts.to_string()),
            (word("receipt_median"), month.median_recovery_ms.map_or_else(none, duration)),
            (word("receipt_median_lag"), month.median_lag_ms.map_or_else(none, lag)),
            (word("receipt_unposted"), month.unposted.to_string()),
            (word("receipt_failed_sends"), month.failed_sends.to_string()),
            (word("receipt_handed"), month.handed.to_string()),
            (word("receipt_lost"), span(month.lost, say)),
        ]
    }

    /// For a spreadsheet: RFC 4180, one line for each incident, the month's figures beside each.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        let empty = Record::default();
        let header = self.cells(self.records.first().unwrap_or(&empty));
        let row = |text: &mut String, fields: Vec<String>| {
            text.push_str(&fields.join(","));
            text.push_str("\r\n");
        };
        row(&mut text, header.iter().map(|(name, _)| (*name).to_owned()).collect());
        for record in &self.records {
            row(&mut text, self.cells(record).into_iter().map(|(_, cell)| cell.csv()).collect());
        }
        text
    }

    /// For a program.
    pub fn json(&self) -> String {
        let object = |cells: Vec<(&'static str, Cell)>| {
            let members: Vec<String> =
                cells.into_iter().map(|(name, cell)| format!("\"{name}\":{}", cell.json())).collect();
            format!("{{{}}}", members.join(","))
        };
        let incidents: Vec<String> = self.records.iter().map(|record| object(incident_cells(record))).collect();
        let published: Vec<String> = PUBLISHED
            .iter()
            .map(|figure| {
                object(vec![
                    ("of", Cell::Name(figure.of.to_owned())),
                    ("date", Cell::Name(figure.date.to_owned())),
                    ("by", Cell::Name(figure.by.to_owned())),
                    ("uptime_percent", Cell::Raw(format!("{}.{:02}", figure.uptime / 100, figure.uptime % 100))),
                    ("median_recovery_min", Cell::number(figure.median_recovery_min)),
                ])
            })
            .collect();
        format!(
            "{{\"made\":{},\"month\":{},\"incidents\":[{}],\"published\":[{}]}}\n",
            Cell::time(Some(self.made)).json(),
            object(self.month_cells()),
            incidents.join(","),
            published.join(",")
        )
    }

    fn cells(&self, record: &Record) -> Vec<(&'static str, Cell)> {
        let mut cells = incident_cells(record);
        cells.extend(self.month_cells());
        cells
    }

    fn month_cells(&self) -> Vec<(&'static str, Cell)> {
        let (month, uptime) = (&self.month, self.month.uptime);
        vec![
            ("month", Cell::Name(month.month.name())),
            ("availability_percent", Cell::Raw(percent(uptime.percent()))),
            ("availability_basis", Cell::Name(uptime.basis.name().to_owned())),
            ("availability_minutes", Cell::number(uptime.minutes)),
            ("bad_minutes", Cell::number(uptime.bad)),
            ("target_percent", Cell::Raw(self.target.name())),
            ("target_met", Cell::truth(uptime.reaches(self.target))),
            ("month_incidents", Cell::number(month.incidents as u64)),
            ("month_verdicts", Cell::number(month.verdicts as u64)),
            ("month_median_recovery_s", month.median_recovery_ms.map_or(Cell::None, |ms| Cell::number(ms / 1_000))),
            ("month_median_lag_s", month.median_lag_ms.map_or(Cell::None, |ms| Cell::Raw((ms / 1_000).to_string()))),
            ("month_unposted", Cell::number(month.unposted as u64)),
            ("month_time_lost_s", Cell::number(month.lost.ms / 1_000)),
            ("month_time_lost_is_minimum", Cell::truth(month.lost.at_least)),
        ]
    }
}

/// One value of a table.
enum Cell {
    None,
    /// A number or a truth, as every form writes it.
    Raw(String),
    /// A word or a time of our own.
    Name(String),
    /// What somebody else wrote.
    Foreign(Vec<String>),
}

impl Cell {
    fn number(number: impl Into<u64>) -> Self {
        Self::Raw(number.into().to_string())
    }

    fn truth(truth: bool) -> Self {
        Self::Raw(truth.to_string())
    }

    fn time(time: Option<Millis>) -> Self {
        time.map_or(Self::None, |time| Self::Name(rfc3339(time)))
    }

    fn csv(self) -> String {
        let text = match self {
            Self::None => String::new(),
            Self::Raw(text) | Self::Name(text) => text,
            Self::Foreign(texts) => harmless(texts.join(" ")),
        };
        if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    }

    fn json(self) -> String {
        match self {
            Self::None => "null".to_owned(),
            Self::Raw(text) => text,
            Self::Name(text) => quoted(&text),
            Self::Foreign(texts) => {
                format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// No spreadsheet takes it for a formula: an apostrophe before what would begin one (OWASP, "CSV Injection").
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text }
}

fn incident_cells(record: &Record) -> Vec<(&'static str, Cell)> {
    let seconds = |span: Option<Span>| span.map_or(Cell::None, |span| Cell::number(span.ms / 1_000));
    let least = |span: Option<Span>| span.map_or(Cell::None, |span| Cell::truth(span.at_least));
    let names = |texts: Vec<String>| Cell::Name(texts.join(" "));
    let (lasted, lost) = (Some(record.lasted()), record.lost());
    vec![
        ("id", Cell::Name(record.id.to_string())),
        ("first_failure", Cell::time(Some(record.since))),
        ("first_failed_send", Cell::time(record.sent)),
        ("offer_shown", Cell::time(record.offered)),
        ("verdict", Cell::time(record.down)),
        ("official_green", Cell::time(record.green)),
        ("official_seen", Cell::time(record.official)),
        ("official_posted", Cell::time(record.posted)),
        ("official_title", Cell::Foreign(record.title.iter().cloned().collect())),
        ("official_lag_s", record.official_lag_ms().map_or(Cell::None, |ms| Cell::Raw((ms / 1_000).to_string()))),
        ("recovery", Cell::time(record.recovered)),
        ("last_failure", Cell::time(Some(record.last))),
        ("duration_s", seconds(lasted)),
        ("duration_is_minimum", least(lasted)),
        ("failures", Cell::number(record.failures)),
        ("failed_sends", Cell::number(record.failed_sends)),
        ("prompts_handed_over", Cell::number(record.handed)),
        ("time_lost_s", seconds(lost)),
        ("time_lost_is_minimum", least(lost)),
        ("surfaces", names(record.surfaces.iter().map(|surface| surface.name().to_owned()).collect())),
        ("classes", names(record.classes.iter().copied().map(counted).collect())),
        ("models", Cell::Foreign(record.models.clone())),
        ("request_ids", Cell::Foreign(record.request_ids.clone())),
        ("user_said", record.word.map_or(Cell::None, |word| Cell::Name(word.name().to_owned()))),
    ]
}

fn counted((class, count): (Class, u32)) -> String {
    format!("{}:{count}", class.name())
}

fn incident_rows(record: &Record, say: &dyn Fn(&Say) -> String) -> Vec<(String, String)> {
    let word = |key: &str| say(&Say::new(key));
    let mut rows = Vec::new();
    let mut row = |key: &str, value: Option<String>| rows.extend(value.map(|value| (word(key), value)));
    let span = |lasted: Span| span(lasted, say);
    let time = |at: Option<Millis>| at.map(rfc3339);
    row("receipt_since", time(Some(record.since)));
    row("receipt_sent", time(record.sent));
    row("receipt_offered", time(record.offered));
    row("receipt_down", time(record.down));
    row("receipt_green", time(record.green));
    let unposted = if record.green.is_some() { "receipt_never" } else { "receipt_unknown" };
    row("receipt_official", Some(time(record.official).unwrap_or_else(|| word(unposted))));
    row("receipt_posted", time(record.posted));
    row("receipt_post", record.title.as_deref().map(escaped));
    row("receipt_lag", record.official_lag_ms().map(lag));
    row("receipt_recovered", Some(time(record.recovered).unwrap_or_else(|| word("receipt_not_seen"))));
    row("receipt_last", time(Some(record.last)));
    row("receipt_duration", Some(span(record.lasted())));
    row("receipt_failed_sends", Some(record.failed_sends.to_string()));
    row("receipt_failures", Some(record.failures.to_string()));
    row("receipt_handed", Some(record.handed.to_string()));
    row("receipt_lost", record.lost().map(span));
    let surfaces: Vec<String> =
        record.surfaces.iter().map(|surface| word(&format!("surface_{}", surface.name()))).collect();
    row("receipt_surfaces", (!surfaces.is_empty()).then(|| surfaces.join(", ")));
    let classes: Vec<String> = record.classes.iter().copied().map(counted).collect();
    row("receipt_classes", (!classes.is_empty()).then(|| classes.join(", ")));
    row("receipt_models", (!record.models.is_empty()).then(|| escaped(&record.models.join(", "))));
    row(
        "receipt_said",
        record.word.map(|said| {
            word(match said {
                crate::incident::Word::Works => "action_it_works",
                crate::incident::Word::Down => "action_it_is_down",
            })
        }),
    );
    rows
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push_str("\n\n");
}

fn bullet(page: &mut String, text: &str) {
    for part in ["- ", text, "\n"] {
        page.push_str(part);
    }
}

fn table(page: &mut String, rows: &[(String, String)]) {
    page.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        for part in ["| ", name, " | ", value, " |\n"] {
            page.push_str(part);
        }
    }
    page.push('\n');
}

/// What somebody else wrote, as plain text in Markdown: no markup, no cell, no link of theirs.
fn escaped(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '\r' | '\n' => plain.push(' '),
            c if c.is_ascii_punctuation() && !matches!(c, ',' | '.' | ';' | '-' | '\'' | '"' | '/' | ':') => {
                plain.push('\\');
                plain.push(c);
            }
            c => plain.push(c),
        }
    }
    plain
}

fn span(lasted: Span, say: &dyn Fn(&Say) -> String) -> String {
    let text = duration(lasted.ms);
    if lasted.at_least { say(&Say::new("receipt_at_least").text(text)) } else { text }
}

/// For example `2 h 23 min`, `12 min 5 s`, `40 s`, `3 min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (hours, 0, _) => format!("{hours} h"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

fn lag(ms: i64) -> String {
    let text = duration(ms.unsigned_abs());
    if ms < 0 { format!("-{text}") } else { text }
}

/// Three digits, cut and not rounded: 99.9996 % is not 100 %.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
pub fn percent(percent: f64) -> String {
    // As whole numbers: to write others costs fifteen kilobytes of wasm.
    let thousandths = (percent * 1_000.0) as u32;
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

#[cfg(test)]
mod tests {
    use super::{Form, Receipt};
    use crate::incident::{Record, Word};
    use crate::moment::{Month, parse_rfc3339};
    use crate::statistics::{Target, Watch};
    use crate::words::{Arg, Say};
    use crate::{Class, Surface};

    fn at(text: &str) -> u64 {
        parse_rfc3339(text).unwrap()
    }

    fn record() -> Record {
        let since = at("2026-03-02T11:37:02Z");
        Record {
            id: 1,
            since,
            sent: Some(since),
            offered: Some(since),
            down: Some(since + 68_000),
            green: Some(since + 1_000),
            official: Some(at("2026-03-02T11:49:30Z")),
            posted: Some(at("2026-03-02T11:49:00Z")),
            title: Some("=HYPERLINK(\"https://evil.example\"), [x](y) | <b>\nnext".into()),
            recovered: Some(at("2026-03-02T15:22:00Z")),
            last: at("2026-03-02T15:10:00Z"),
            closed: true,
            failures: 12,
            failed_sends: 5,
            handed: 1,
            left: Some(since + 90_000),
            word: Some(Word::Down),
            surfaces: vec![Surface::Login, Surface::Completion],
            classes: vec![(Class::Service, 11), (Class::Capacity, 1)],
            request_ids: vec!["req_1".into(), "@req_2".into()],
            models: vec!["claude-opus-4-8".into()],
        }
    }

    fn receipt() -> Receipt {
        let watch = Watch::of_rows(&[u64::from(Month::parse("2026-03").unwrap().0), 2_000, 20]);
        let now = at("2026-04-01T08:00:00Z");
        Receipt::of_month(Month::parse("2026-03").unwrap(), &[record()], &watch, Target::USUAL, now)
    }

    fn english(say: &Say) -> String {
        let words: serde_json::Value =
            serde_json::from_str(include_str!("../../../extension/_locales/en/messages.json")).unwrap();
        let mut text =
            words[&say.key]["message"].as_str().unwrap_or_else(|| panic!("{} has no words", say.key)).to_owned();
        for (index, arg) in say.args.iter().enumerate() {
            let value = match arg {
                Arg::Text(text) => text.clone(),
                Arg::Count(count) => count.to_string(),
                other => panic!("{}: {other:?} would be written in a locale", say.key),
            };
            let place = format!("${}", index + 1);
            assert!(text.contains(&place), "{} has no {place}", say.key);
            text = text.replace(&place, &value);
        }
        assert!(!text.contains('$'), "{} wants more: {text}", say.key);
        text
    }

    /// RFC 4180, read back.
    fn rows(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => field.push(chars.next().unwrap()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut field)),
                '\r' if !quoted && chars.peek() == Some(&'\n') => {
                    chars.next();
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                c => field.push(c),
            }
        }
        assert!(row.is_empty() && field.is_empty() && !quoted);
        rows
    }

    #[test]
    fn markdown_says_what_was_seen() {
        let page = receipt().markdown(&english);
        for part in [
            "2026-03-02T11:37:02.000Z",
            "2026-03-02T11:49:00.000Z",
            "11 min 58 s",
            "3 h 44 min",
            "1 min 30 s",
            "99.000 %",
            "99.5",
            "- req\\_1\n",
            "claude-opus-4-8",
            "99.58",
        ] {
            assert!(page.contains(part), "{part} is missing in:\n{page}");
        }
        assert!(!page.contains("](y)") && !page.contains("<b>") && page.ends_with('\n'), "{page}");
        let cells: Vec<usize> = page
            .lines()
            .filter(|line| line.starts_with('|'))
            .map(|line| line.replace("\\|", "").matches('|').count())
            .collect();
        assert!(cells.len() > 25 && cells.iter().all(|count| *count == 3), "a broken table:\n{page}");
    }

    #[test]
    fn a_month_without_incidents_is_a_receipt_too() {
        let quiet = Receipt { records: vec![], ..receipt() };
        assert!(quiet.markdown(&english).contains(&english(&Say::new("receipt_none"))));
        assert_eq!(rows(&quiet.csv()).len(), 1);
        let json: serde_json::Value = serde_json::from_str(&quiet.json()).unwrap();
        assert_eq!(json["incidents"], serde_json::json!([]));
    }

    #[test]
    fn csv_is_read_back_and_starts_no_formula() {
        let read = rows(&receipt().csv());
        assert_eq!(read.len(), 2);
        let cell = |name: &str| {
            let place = read[0].iter().position(|known| known == name).unwrap_or_else(|| panic!("no column {name}"));
            read[1][place].as_str()
        };
        assert_eq!(read[0].len(), read[1].len());
        assert_eq!(cell("official_title"), "'=HYPERLINK(\"https://evil.example\"), [x](y) | <b>\nnext");
        assert_eq!(cell("first_failure"), "2026-03-02T11:37:02.000Z");
        assert_eq!((cell("official_lag_s"), cell("time_lost_s"), cell("target_met")), ("718", "90", "false"));
        assert_eq!(cell("classes"), "service:11 capacity:1");
        let mut early = receipt();
        early.records[0].posted = Some(early.records[0].since - 5_000);
        early.records[0].title = None;
        early.records[0].request_ids.remove(0);
        let text = early.csv();
        assert!(text.contains(",-5,") && text.contains(",'@req_2,"), "{text}");
    }

    #[test]
    fn json_is_read_back() {
        let json: serde_json::Value = serde_json::from_str(&receipt().json()).unwrap();
        let incident = &json["incidents"][0];
        assert_eq!(incident["request_ids"], serde_json::json!(["req_1", "@req_2"]));
        assert_eq!(incident["recovery"], "2026-03-02T15:22:00.000Z");
        assert_eq!(incident["duration_is_minimum"], false);
        assert_eq!(json["month"]["availability_percent"], 99.0);
        assert_eq!(json["month"]["availability_basis"], "observed");
        assert_eq!(json["published"][0]["date"], "2026-03-02");
    }

    #[test]
    fn one_incident_has_a_receipt_of_its_own() {
        let (records, watch) = ([record()], Watch::default());
        let now = at("2026-03-02T16:00:00Z");
        let one = Receipt::of_incident(record().id, &records, &watch, Target(99_900), now).unwrap();
        assert!(one.markdown(&english).starts_with("# "), "{}", one.markdown(&english));
        assert_eq!(Receipt::of_incident(2, &records, &watch, Target::USUAL, now), None);
        let mut open = one.clone();
        open.records[0].recovered = None;
        open.records[0].official = None;
        open.records[0].posted = None;
        let page = open.markdown(&english);
        for key in ["receipt_not_seen", "receipt_never"] {
            assert!(page.contains(&english(&Say::new(key))), "{page}");
        }
    }

    #[test]
    fn forms_have_names() {
        for form in [Form::Markdown, Form::Csv, Form::Json] {
            assert_eq!(Form::parse(form.name()), Some(form));
        }
        assert_eq!(Form::parse("pdf"), None);
    }
}
