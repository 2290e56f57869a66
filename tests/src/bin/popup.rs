//! What long prompts cost the popup: an empty store and a full one side by side, in one run.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; this program drives browsers and reports on a terminal"
)]

use anyhow::{Context, Result};
use std::process::ExitCode;
use understudy_engine::incident::MAX_RECORDS;
use understudy_tests::arguments::{Arguments, Known};
use understudy_tests::prompts::plant;
use understudy_tests::stage::now;
use understudy_tests::wait::{PATIENT, until};
use understudy_tests::{Kind, Stage, leave_nothing_behind};

const USAGE: &str = "\
Measures how soon the popup paints and is of use, with an empty store and with 200 prompts of 100,000 characters and a full
log of incidents, in turns.

Usage: cargo xtask bench popup [--browser chromium|firefox] [--rounds N]

  --browser   only this browser (both)
  --rounds    so many openings of each (30)
";

/// Openings of each, where nothing else is asked for.
const ROUNDS: usize = 30;
const PROMPTS: usize = 200;
const CHARS: usize = 100_000;

/// One opening, in milliseconds since the page was asked for.
struct Opened {
    /// The first contentful paint.
    painted: f64,
    /// What a person sees first is drawn, and can be clicked.
    drawn: f64,
}

fn main() -> ExitCode {
    let (kinds, rounds) = match Arguments::read(Known { number: "--rounds", ..Known::default() }, USAGE) {
        Ok(arguments) => (arguments.kinds(), arguments.number.unwrap_or(ROUNDS)),
        Err(code) => return code,
    };
    match leave_nothing_behind().and_then(|()| kinds.into_iter().try_for_each(|kind| run(kind, rounds))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The popup could not be measured: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(kind: Kind, rounds: usize) -> Result<()> {
    let (empty, full) = (Stage::start(kind)?, Stage::start(kind)?);
    plant(&full, PROMPTS, CHARS, now())?;
    full.browser.probe_eval(&format!("const records = {MAX_RECORDS}; {INCIDENTS}"))?;
    full.browser.kill_background()?;
    println!("{}: {rounds} openings of each, in turns", kind.name());
    // Claude is open, as it is for whoever needs the popup: the background has read the store in this browser's life.
    for stage in [&empty, &full] {
        stage.open("/new")?;
        until("the store is mirrored", PATIENT, || {
            let mirror =
                stage.browser.probe_eval("return (await browser.storage.session.get('mirror')).mirror ?? null")?;
            Ok((!mirror.is_null()).then_some(()))
        })?;
    }
    let (mut with_none, mut with_all, mut with_nobody) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (none, all) = (open(&empty, 0)?, open(&full, PROMPTS)?);
        // The first one of each is the browser's own beginning.
        if round > 0 {
            with_none.push(none);
            with_all.push(all);
        }
    }
    // Nobody has: the browser was started a moment ago, and Claude is not open.
    full.browser.probe_eval("await browser.storage.session.remove('mirror')")?;
    for _ in 0..rounds {
        with_nobody.push(open(&full, PROMPTS)?);
    }
    println!("  {:<46}{:>16}{:>16}", "", "first paint", "of use");
    println!("  {:<46}{:>16}{:>16}", "", "median / p90", "median / p90");
    tell("empty store", &with_none);
    tell(&format!("{PROMPTS} prompts of {CHARS}, {MAX_RECORDS} incidents"), &with_all);
    tell("the same, straight after the browser's start", &with_nobody);
    Ok(())
}

/// Opens the popup's page in the tab, and reads the browser's own clock of it.
fn open(stage: &Stage, rows: usize) -> Result<Opened> {
    stage.browser.visit("about:blank")?;
    stage.browser.visit(&stage.browser.page("popup.html")?)?;
    let times = until("the popup is drawn and painted", PATIENT, || {
        let times = stage.browser.eval(
            "const at = (entries) => entries[0]?.startTime ?? null;
             return [at(performance.getEntriesByName('first-contentful-paint')), at(performance.getEntriesByName('drawn'))]",
        )?;
        Ok((times[0].is_number() && times[1].is_number()).then_some(times))
    })?;
    until("every prompt has its row", PATIENT, || {
        let shown = stage.browser.eval("return document.querySelectorAll('#page li.prompt').length")?;
        Ok((shown == rows).then_some(()))
    })?;
    let number = |index: usize| times[index].as_f64().context("no time");
    Ok(Opened { painted: number(0)?, drawn: number(1)? })
}

fn tell(name: &str, opened: &[Opened]) {
    let figures = |time: fn(&Opened) -> f64| {
        let mut times: Vec<f64> = opened.iter().map(time).collect();
        times.sort_by(f64::total_cmp);
        let at = |tenths: usize| times.get((times.len() * tenths / 10).min(times.len().saturating_sub(1)));
        let ms = |tenths: usize| at(tenths).map_or_else(|| "?".to_owned(), |ms| format!("{ms:.0}"));
        format!("{} / {} ms", ms(5), ms(9))
    };
    println!("  {name:<46}{:>16}{:>16}", figures(|one| one.painted), figures(|one| one.drawn));
}

/// As many incidents as the log keeps, as they are stored.
const INCIDENTS: &str = "
    const minute = 60000, items = {};
    for (let id = 1; id <= records; id++) {
        const since = Date.now() - (records - id + 1) * 720 * minute;
        const n = [id, since, since, since + 900, since + minute, since + 1400, 0, 0, since + 31 * minute, 1, 0, 0, 0, since + 30 * minute, 4, 4, 64,
            0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        items[`incident:${id}`] = JSON.stringify({n: [0, ...n], t: ['', 'tElevated errors on claude.ai', 'mclaude-opus-4-8', 'rreq_011CVq3JxT8']});
    }
    await browser.storage.local.set(items); await browser.storage.session.remove('mirror')";
