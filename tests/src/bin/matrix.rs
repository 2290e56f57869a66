//! The fault matrix as a table: every row lived through in real browsers, with what became of the prompt.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; this program drives browsers and reports on a terminal"
)]

use anyhow::Result;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;
use understudy_tests::arguments::{Arguments, Known};
use understudy_tests::matrix::{Outcome, ROWS, Row};
use understudy_tests::{Died, Kind, Stage, leave_nothing_behind};

const USAGE: &str = "\
Breaks what can break while a prompt is on its way, in real browsers, and tells what became of the prompt.

Usage: matrix [--browser chromium|firefox] [word]

  --browser   only this browser (both, side by side)
  word        only rows whose names contain it
";

fn main() -> ExitCode {
    let (kinds, word) = match Arguments::read(Known { word: true, ..Known::default() }, USAGE) {
        Ok(arguments) => (arguments.kinds(), arguments.word),
        Err(code) => return code,
    };
    let rows: Vec<&Row> = ROWS.iter().filter(|row| row.name.contains(&word)).collect();
    if rows.is_empty() {
        eprintln!("No row has {word:?} in its name.");
        return ExitCode::from(2);
    }
    if let Err(error) = leave_nothing_behind() {
        eprintln!("{error:#}");
    }
    let columns: Vec<(Kind, Vec<Outcome>)> = thread::scope(|scope| {
        let lives: Vec<_> = kinds.iter().map(|kind| (*kind, scope.spawn(|| live(*kind, &rows)))).collect();
        lives.into_iter().filter_map(|(kind, life)| Some((kind, life.join().ok()?))).collect()
    });
    let failed = print(&rows, &columns);
    if failed == 0 && columns.len() == kinds.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lives through the rows in one browser, those that end it in another one, and says how far it is.
fn live(kind: Kind, rows: &[&Row]) -> Vec<Outcome> {
    let (mut shared, mut alone) = (None, None);
    let mut outcomes = Vec::new();
    for (number, row) in (1..).zip(rows) {
        let started = Instant::now();
        let stage = if row.is_alone() { &mut alone } else { &mut shared };
        let mut outcome = attempt(kind, row, stage);
        // Firefox's own process has ended without any extension in it: that is told, and tried once more.
        if let Some(died) = outcome.wrong.as_ref().and_then(Died::in_error) {
            eprintln!("{:8}  {}: {died}; once more", kind.name(), row.fault);
            outcome = attempt(kind, row, stage);
        }
        let verdict = if outcome.wrong.is_none() { "ok" } else { "FAIL" };
        eprintln!(
            "{:8}  {number:2} of {}  {verdict:4}  {:4.1} s  {}",
            kind.name(),
            rows.len(),
            started.elapsed().as_secs_f32(),
            row.fault
        );
        outcomes.push(outcome);
    }
    outcomes
}

/// One row on a stage that is as on the first day; one that has failed leaves none for the next.
fn attempt(kind: Kind, row: &Row, slot: &mut Option<Stage>) -> Outcome {
    let mut ready = || -> Result<Stage> {
        let stage = match slot.take() {
            Some(stage) => stage,
            None if row.is_alone() => Row::stage(kind)?,
            None => Stage::start(kind)?,
        };
        stage.fresh()?;
        Ok(stage)
    };
    let mut stage = match ready() {
        Ok(stage) => stage,
        Err(error) => return row.not_lived(error),
    };
    let outcome = row.live_alone(&mut stage);
    *slot = outcome.wrong.is_none().then_some(stage);
    outcome
}

/// Prints the table, and says how many of its lines are failures.
fn print(rows: &[&Row], columns: &[(Kind, Vec<Outcome>)]) -> usize {
    let width = rows.iter().map(|row| row.fault.len()).max().unwrap_or_default();
    println!(
        "\n{:width$}  {:8}  {:9}  {:9}  {:>6}  {:>6}  {:22}  verdict",
        "fault", "browser", "expected", "state", "typed", "kept", "arrived"
    );
    let (mut failed, mut lost) = (0, 0);
    for (number, row) in rows.iter().enumerate() {
        for (kind, outcomes) in columns {
            let outcome = &outcomes[number];
            let arrived = match outcome.arrived {
                Some((characters, name)) => format!("{characters} in {name}"),
                None => "not offered here".to_owned(),
            };
            println!(
                "{:width$}  {:8}  {:9}  {:9}  {:6}  {:6}  {arrived:22}  {}",
                row.fault,
                kind.name(),
                row.state.name(),
                outcome.state.as_deref().unwrap_or("not there"),
                outcome.typed,
                outcome.kept,
                if outcome.wrong.is_none() { "ok" } else { "FAIL" }
            );
            failed += usize::from(outcome.wrong.is_some());
            lost += outcome.typed.saturating_sub(outcome.kept);
        }
    }
    let lines = columns.iter().map(|(_, outcomes)| outcomes.len()).sum::<usize>();
    println!("\n{lines} lines, {failed} failed, {lost} characters lost");
    for (kind, outcomes) in columns {
        for wrong in outcomes.iter().filter_map(|outcome| outcome.wrong.as_ref()) {
            println!("{}: {wrong:#}", kind.name());
        }
    }
    failed
}
