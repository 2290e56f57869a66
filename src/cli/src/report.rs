//! A diagnosis for people and for programs.

use crate::diagnose::Diagnosis;
use crate::words::Words;
use serde::ser::{Serialize, SerializeSeq, SerializeStruct, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};
use understudy_engine::incident;
use understudy_engine::moment::{Month, clock, rfc3339};
use understudy_engine::receipt::{Form, Receipt};
use understudy_engine::statistics::Target;
use understudy_engine::{Class, Surface};

/// Failing entries that the text lists one by one.
const LISTED: usize = 20;

/// `{"verdict","since","surfaces","entries","evidence"}`, one line.
pub fn json(diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, diagnosis)?;
    out.write_all(b"\n")
}

impl Serialize for Diagnosis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seen = BTreeSet::new();
        let evidence: Vec<&str> =
            self.evidence.iter().map(|(_, text)| text.as_str()).filter(|text| seen.insert(*text)).collect();
        let surfaces: Vec<_> = self.surfaces.iter().map(|surface| surface.name()).collect();
        let mut object = serializer.serialize_struct("Diagnosis", 5)?;
        object.serialize_field("verdict", self.state.name())?;
        object.serialize_field("since", &self.since.map(rfc3339))?;
        object.serialize_field("surfaces", &surfaces)?;
        object.serialize_field("entries", &Entries(&self.entries))?;
        object.serialize_field("evidence", &evidence)?;
        object.end()
    }
}

/// Written out one by one: there may be a million.
struct Entries<'a>(&'a [(Surface, Class)]);

#[derive(serde::Serialize)]
struct EntryRow {
    index: usize,
    surface: &'static str,
    class: &'static str,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (index, (surface, class)) in self.0.iter().enumerate() {
            list.serialize_element(&EntryRow { index, surface: surface.name(), class: class.name() })?;
        }
        list.end()
    }
}

/// A page to read.
pub fn text(diagnosis: &Diagnosis, file: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut page = String::new();
    // Writing into a string cannot fail.
    let _ = compose(diagnosis, file, &mut page);
    out.write_all(page.as_bytes())
}

/// The receipt of the month in which the recording ends; `None` if the file does not date its requests.
pub fn receipt(diagnosis: &Diagnosis, form: Form, target: Target) -> Option<String> {
    let (_, end) = diagnosis.span?;
    let mut records = incident::records(diagnosis.log.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    for record in &mut records {
        // Nobody was shown anything while it was recorded.
        record.offered = None;
    }
    let words = Words::english();
    // Made of the recording alone, so the same file gives the same receipt: its end is the time it is made at.
    Some(Receipt::of_month(Month::of(end), &records, &diagnosis.watch, target, end).write(form, &|say| words.say(say)))
}

fn compose(diagnosis: &Diagnosis, file: &str, page: &mut String) -> std::fmt::Result {
    let Diagnosis { state, at_end, headline, headline_at_end, entries, ours, .. } = diagnosis;
    writeln!(page, "{headline}.")?;
    if let Some(since) = diagnosis.since {
        writeln!(page, "  since      {}", clock(since))?;
    }
    writeln!(page, "  verdict    {}", state.name())?;
    if at_end != state {
        writeln!(page, "  at the end {}: {headline_at_end}", at_end.name())?;
    }
    if !diagnosis.surfaces.is_empty() {
        let names: Vec<_> = diagnosis.surfaces.iter().map(|surface| surface.name()).collect();
        writeln!(page, "  failing    {}", names.join(", "))?;
    }
    writeln!(page, "  recording  {file}: {ours} of {} requests went to claude.ai", entries.len())?;
    if let Some((first, last)) = diagnosis.span {
        writeln!(page, "             {} to {}", clock(first), clock(last))?;
    }

    if !diagnosis.evidence.is_empty() {
        writeln!(page, "\nWhy")?;
        for (at, text) in &diagnosis.evidence {
            match at {
                Some(at) => writeln!(page, "  {}  {text}", clock(*at))?,
                None => writeln!(page, "  {text}")?,
            }
        }
    }

    let mut counts = BTreeMap::new();
    for (_, class) in entries {
        *counts.entry(*class).or_insert(0_usize) += 1;
    }
    writeln!(page, "\nRequests by class")?;
    for (class, count) in &counts {
        writeln!(page, "  {:<12} {count}", class.name())?;
    }
    let failing = |(_, (_, class)): &(usize, &(Surface, Class))| !matches!(class, Class::Ok | Class::Ignored);
    let mut listed = entries.iter().enumerate().filter(failing).peekable();
    if listed.peek().is_some() {
        writeln!(page, "\nNot well (index in the file, surface, class)")?;
        for (index, (surface, class)) in listed.by_ref().take(LISTED) {
            writeln!(page, "  {index:<6} {:<12} {}", surface.name(), class.name())?;
        }
        let more = listed.count();
        if more > 0 {
            writeln!(page, "  and {more} more; --json lists all")?;
        }
    }
    Ok(())
}
