//! End to end, in real browsers: what a person sees and what becomes of the prompt.
//!
//! Every test runs once per browser; its name begins with the browser's. Most share one browser and one lab per kind, brought back to
//! their first day before each test; those that need another start bring their own.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; these tests are the outside world, with clock, processes and a terminal"
)]

mod card;
mod handoff;
mod harm;
mod health;
mod history;
mod home;
mod keys;
mod languages;
mod matrix;
mod offers;
mod options;
mod panel;
mod privacy;
mod probes;
mod restore;
mod scenarios;
mod sealed;
mod selftest;
mod sight;
mod site;
mod store;
mod suite;
mod survival;
mod texts;
mod welcome;

use libtest_mimic::Arguments;
use std::process::ExitCode;
use suite::Suite;
use understudy_tests::leave_nothing_behind;

fn main() -> ExitCode {
    // `cargo xtask test` builds these with all other tests, and runs them in a step of their own.
    if std::env::var_os("UNDERSTUDY_NO_BROWSER").is_some() {
        return ExitCode::SUCCESS;
    }
    let mut arguments = Arguments::from_args();
    if let Err(error) = leave_nothing_behind() {
        eprintln!("{error:#}");
    }
    let mut suite = Suite::default();
    offers::add(&mut suite);
    card::add(&mut suite);
    scenarios::add(&mut suite);
    handoff::add(&mut suite);
    matrix::add(&mut suite);
    restore::add(&mut suite);
    sealed::add(&mut suite);
    texts::add(&mut suite);
    selftest::add(&mut suite);
    survival::add(&mut suite);
    privacy::add(&mut suite);
    probes::add(&mut suite);
    harm::add(&mut suite);
    options::add(&mut suite);
    health::add(&mut suite);
    history::add(&mut suite);
    store::add(&mut suite);
    home::add(&mut suite);
    site::add(&mut suite);
    panel::add(&mut suite);
    keys::add(&mut suite);
    welcome::add(&mut suite);
    languages::add(&mut suite);
    sight::add(&mut suite);
    let stages = suite.stages();
    let trials = suite.into_trials();
    // One test at a time in each browser; the others wait for theirs, so that none is idle while another one is busy with something long.
    arguments.test_threads.get_or_insert(trials.len());
    let conclusion = libtest_mimic::run(&arguments, trials);
    stages.close();
    let times = stages.times();
    times.keep();
    eprint!("{times}");
    for said in stages.again() {
        eprintln!("again {}", said.lines().map(str::trim).collect::<Vec<_>>().join(" / "));
    }
    conclusion.exit_code()
}
