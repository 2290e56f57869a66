//! Tests that share browsers.

use anyhow::Result;
use libtest_mimic::{Failed, Trial};
use std::fmt::{self, Write as _};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant};
use understudy_tests::stage::repository;
use understudy_tests::{Died, Kind, Stage};

/// All tests, to be.
#[derive(Default)]
pub struct Suite {
    stages: Arc<Stages>,
    trials: Vec<Trial>,
    quiet: Vec<Trial>,
}

/// The shared browsers, started when first needed, and how long each test has had one.
#[derive(Default)]
pub struct Stages {
    slots: [[Mutex<Option<Stage>>; 2]; 2],
    /// Whoever has a browser takes this second: tests beside each other read, a test that wants the machine for itself writes.
    machine: RwLock<()>,
    times: Mutex<Times>,
    again: Mutex<Vec<String>>,
}

/// There are two shared browsers of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    /// For tests that keep the machine busy.
    Busy,
    /// For those that mostly wait: minutes in which another browser of the kind can be at work.
    Patient,
}

/// A test's share of the machine, for as long as it runs.
enum Share<'a> {
    /// Other browsers are busy too.
    Part { _held: RwLockReadGuard<'a, ()> },
    /// It is the only test.
    Whole { _held: RwLockWriteGuard<'a, ()> },
}

/// What each test took, without the time in which it waited for its browser.
#[derive(Clone, Default)]
pub struct Times(Vec<(Kind, String, Duration)>);

impl Suite {
    /// A test on the shared browser of each kind, brought back to its first day.
    pub fn both(&mut self, name: &str, test: impl Fn(&Stage) -> Result<()> + Clone + Send + 'static) {
        self.both_in(Lane::Busy, name, test);
    }

    /// The same for a test that mostly waits for time to pass: beside the others. On two cores the four browsers use less than half of them.
    pub fn both_patient(&mut self, name: &str, test: impl Fn(&Stage) -> Result<()> + Clone + Send + 'static) {
        self.both_in(Lane::Patient, name, test);
    }

    fn both_in(&mut self, lane: Lane, name: &str, test: impl Fn(&Stage) -> Result<()> + Clone + Send + 'static) {
        for kind in Kind::BOTH {
            let (stages, test) = (Arc::clone(&self.stages), test.clone());
            let name = format!("{}_{name}", kind.name());
            let trial = Trial::test(name.clone(), move || {
                let first = stages.run(kind, lane, Stages::beside, &name, &test);
                first.or_else(|failed| {
                    stages.once_more(&name, failed, || stages.run(kind, Lane::Busy, Stages::quiet, &name, &test))
                })
            });
            self.trials.push(trial);
        }
    }

    /// The same while no other browser is busy: for a time that is taken over the load of a page. These come last, when nobody waits.
    pub fn both_in_quiet(&mut self, name: &str, test: impl Fn(&Stage) -> Result<()> + Clone + Send + 'static) {
        for kind in Kind::BOTH {
            let (stages, test) = (Arc::clone(&self.stages), test.clone());
            let name = format!("{}_{name}", kind.name());
            let trial = Trial::test(name.clone(), move || {
                let run = || stages.run(kind, Lane::Busy, Stages::quiet, &name, &test);
                run().or_else(|failed| stages.once_more(&name, failed, run))
            });
            self.quiet.push(trial);
        }
    }

    /// A test that starts browsers of its own.
    pub fn both_alone(&mut self, name: &str, test: impl Fn(Kind) -> Result<()> + Clone + Send + 'static) {
        for kind in Kind::BOTH {
            self.alone(kind, name, test.clone());
        }
    }

    /// The same for one that mostly waits.
    pub fn both_alone_patient(&mut self, name: &str, test: impl Fn(Kind) -> Result<()> + Clone + Send + 'static) {
        for kind in Kind::BOTH {
            self.alone_in(Lane::Patient, kind, name, test.clone());
        }
    }

    /// A test with browsers of its own for what only one of them can show.
    pub fn alone(&mut self, kind: Kind, name: &str, test: impl Fn(Kind) -> Result<()> + Send + 'static) {
        self.alone_in(Lane::Busy, kind, name, test);
    }

    fn alone_in(&mut self, lane: Lane, kind: Kind, name: &str, test: impl Fn(Kind) -> Result<()> + Send + 'static) {
        let stages = Arc::clone(&self.stages);
        let name = format!("{}_{name}", kind.name());
        let trial = Trial::test(name.clone(), move || {
            let alone = |share: fn(&Stages) -> Share<'_>| {
                // Never two busy browsers of a kind at once: the machine is small, and times are measured.
                let _turn = stages.lock(kind, lane);
                let _share = share(&stages);
                stages.timed(kind, &name, || unless_it_dies(&name, || test(kind)))
            };
            alone(Stages::beside).or_else(|failed| stages.once_more(&name, failed, || alone(Stages::quiet)))
        });
        self.trials.push(trial);
    }

    /// The shared browsers, to close them in the end.
    pub fn stages(&self) -> Arc<Stages> {
        Arc::clone(&self.stages)
    }

    /// The tests.
    pub fn into_trials(mut self) -> Vec<Trial> {
        self.trials.append(&mut self.quiet);
        self.trials
    }
}

impl Stages {
    /// Ends the shared browsers.
    pub fn close(&self) {
        for kind in Kind::BOTH {
            for lane in [Lane::Busy, Lane::Patient] {
                self.lock(kind, lane).take();
            }
        }
    }

    /// What the tests that have ended took.
    pub fn times(&self) -> Times {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The tests that had a second run, with what the first one said.
    pub fn again(&self) -> Vec<String> {
        self.again.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives a failed test a second run, in a new browser with the machine for itself. Among hundreds of tests that share a small
    /// machine now and then a wait runs out; what fails twice, or when [`SECOND_RUNS`] others had theirs, has failed. The first failure
    /// is told in any case.
    fn once_more(&self, name: &str, failed: Failed, run: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
        let said = format!("{name}: {}", failed.message().unwrap_or("failed"));
        // At once: who watches need not wait for the end.
        eprintln!("{said}");
        {
            let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
            if again.len() >= SECOND_RUNS {
                return Err(failed);
            }
            again.push(said);
        }
        run()
    }

    /// The share of a test that runs beside those in other browsers.
    fn beside(&self) -> Share<'_> {
        Share::Part { _held: self.machine.read().unwrap_or_else(PoisonError::into_inner) }
    }

    /// The share of a test that wants no other one to run. Those that have begun are waited for; none begins before this one.
    fn quiet(&self) -> Share<'_> {
        Share::Whole { _held: self.machine.write().unwrap_or_else(PoisonError::into_inner) }
    }

    fn timed<T>(&self, kind: Kind, name: &str, test: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let ended = test();
        let took = start.elapsed();
        self.times.lock().unwrap_or_else(PoisonError::into_inner).0.push((kind, name.to_owned(), took));
        ended
    }

    fn lock(&self, kind: Kind, lane: Lane) -> MutexGuard<'_, Option<Stage>> {
        let slots = match kind {
            Kind::Chromium => &self.slots[0],
            Kind::Firefox => &self.slots[1],
        };
        slots[usize::from(lane == Lane::Patient)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(
        &self,
        kind: Kind,
        lane: Lane,
        share: impl Fn(&Self) -> Share<'_>,
        name: &str,
        test: &impl Fn(&Stage) -> Result<()>,
    ) -> Result<(), Failed> {
        let mut slot = self.lock(kind, lane);
        let _share = share(self);
        let lived = || {
            let stage = match slot.take() {
                Some(stage) => stage,
                None => Stage::start(kind)?,
            };
            let stage = slot.insert(stage);
            let lived = stage.fresh().and_then(|()| test(stage));
            if lived.as_ref().err().and_then(Died::in_error).is_some() {
                slot.take();
            }
            lived
        };
        let result = self.timed(kind, name, || unless_it_dies(name, lived));
        if result.is_err() {
            // What it looked like; and the next test gets a browser that nothing has happened to.
            if let Some(stage) = slot.take() {
                keep_picture(&stage, name);
            }
        }
        result
    }
}

impl Times {
    /// Keeps them all in `target/e2e/times.tsv`, the slowest first.
    pub fn keep(&self) {
        let lines = self.slowest().fold(String::new(), |mut lines, (_, name, took)| {
            let _ = writeln!(lines, "{:.1}\t{name}", took.as_secs_f32());
            lines
        });
        let folder = repository().join("target/e2e");
        if let Err(error) = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("times.tsv"), lines)) {
            eprintln!("target/e2e/times.tsv: {error}");
        }
    }

    fn slowest(&self) -> impl Iterator<Item = &(Kind, String, Duration)> {
        let mut tests: Vec<_> = self.0.iter().collect();
        tests.sort_by_key(|(_, _, took)| std::cmp::Reverse(*took));
        tests.into_iter()
    }
}

/// The ten slowest, and the sum of each browser. `cargo xtask test` passes on the lines that begin with [`TOOK`].
impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, name, took) in self.slowest().take(10) {
            writeln!(f, "{TOOK}{:6.1} s  {name}", took.as_secs_f32())?;
        }
        for kind in Kind::BOTH {
            let own = || self.0.iter().filter(move |(of, ..)| *of == kind).map(|(_, _, took)| took);
            let (all, count) = (own().sum::<Duration>().as_secs_f32(), own().count());
            writeln!(f, "{TOOK}{all:6.1} s  {count} tests in {}", kind.name())?;
        }
        Ok(())
    }
}

/// How many tests of a run may have a second one: more of them, and it is not the machine.
const SECOND_RUNS: usize = 3;

/// How a line of [`Times`] begins.
const TOOK: &str = "took ";

/// Runs a test, and once more if the browser's own process ended under it: Firefox has done that without any extension in it.
/// It is told each time, with the browser's last words, and a test under which browsers die twice has failed.
fn unless_it_dies(name: &str, mut test: impl FnMut() -> Result<()>) -> Result<(), Failed> {
    match catch_unwind(AssertUnwindSafe(&mut test)) {
        Ok(Err(error)) if Died::in_error(&error).is_some() => {
            eprintln!("{name}: {error:#}\n{name}: once more, in a new browser");
            outcome(catch_unwind(AssertUnwindSafe(test)))
        }
        ended => outcome(ended),
    }
}

/// What a test has come to; a panic is a failure with its message, as in any other harness.
fn outcome(ended: thread::Result<Result<()>>) -> Result<(), Failed> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failed::from(format!("{error:#}"))),
        Err(panic) => {
            let said =
                panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            Err(Failed::from(said.unwrap_or("a panic").to_owned()))
        }
    }
}

fn keep_picture(stage: &Stage, name: &str) {
    let folder = repository().join("target/e2e");
    let picture = stage.browser.screenshot();
    if let Ok(picture) = picture
        && fs::create_dir_all(&folder).is_ok()
        && fs::write(folder.join(format!("{name}.png")), picture).is_ok()
    {
        eprintln!("{name}: target/e2e/{name}.png shows the page at the failure");
    }
}
