//! Tests that share browsers.

use anyhow::Result;
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use understudy_tests::stage::repository;
use understudy_tests::{Died, Kind, Stage};

/// All tests, to be.
#[derive(Default)]
pub struct Suite {
    stages: Arc<Stages>,
    trials: Vec<Trial>,
}

/// The shared browsers, started when first needed.
#[derive(Default)]
pub struct Stages([Mutex<Option<Stage>>; 2]);

impl Suite {
    /// A test on the shared browser of each kind, brought back to its first day.
    pub fn both(&mut self, name: &str, test: impl Fn(&Stage) -> Result<()> + Clone + Send + 'static) {
        for kind in Kind::BOTH {
            let (stages, test) = (Arc::clone(&self.stages), test.clone());
            let name = format!("{}_{name}", kind.name());
            let trial = Trial::test(name.clone(), move || stages.run(kind, &name, &test));
            self.trials.push(trial);
        }
    }

    /// The same while no other browser is busy: for a time that is taken over the load of a page.
    pub fn both_in_quiet(&mut self, name: &str, test: impl Fn(&Stage) -> Result<()> + Clone + Send + 'static) {
        for kind in Kind::BOTH {
            let (stages, test) = (Arc::clone(&self.stages), test.clone());
            let name = format!("{}_{name}", kind.name());
            let trial = Trial::test(name.clone(), move || {
                // Always in this order, so that two of these never wait for each other.
                let other = (kind == Kind::Firefox).then(|| stages.lock(Kind::Chromium));
                let ended = stages.run(kind, &name, &|stage| {
                    let _other = (kind == Kind::Chromium).then(|| stages.lock(Kind::Firefox));
                    test(stage)
                });
                drop(other);
                ended
            });
            self.trials.push(trial);
        }
    }

    /// A test that starts browsers of its own.
    pub fn both_alone(&mut self, name: &str, test: impl Fn(Kind) -> Result<()> + Clone + Send + 'static) {
        for kind in Kind::BOTH {
            let (stages, test) = (Arc::clone(&self.stages), test.clone());
            let name = format!("{}_{name}", kind.name());
            let trial = Trial::test(name.clone(), move || {
                // Never two browsers of a kind at once: the machine is small, and times are measured.
                let _turn = stages.lock(kind);
                unless_it_dies(&name, || test(kind))
            });
            self.trials.push(trial);
        }
    }

    /// The shared browsers, to close them in the end.
    pub fn stages(&self) -> Arc<Stages> {
        Arc::clone(&self.stages)
    }

    /// The tests.
    pub fn into_trials(self) -> Vec<Trial> {
        self.trials
    }
}

impl Stages {
    /// Ends the shared browsers.
    pub fn close(&self) {
        for kind in Kind::BOTH {
            self.lock(kind).take();
        }
    }

    fn lock(&self, kind: Kind) -> MutexGuard<'_, Option<Stage>> {
        let slot = match kind {
            Kind::Chromium => &self.0[0],
            Kind::Firefox => &self.0[1],
        };
        slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, kind: Kind, name: &str, test: &impl Fn(&Stage) -> Result<()>) -> Result<(), Failed> {
        let mut slot = self.lock(kind);
        let result = unless_it_dies(name, || {
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
        });
        if let Err(failed) = &result {
            // At once: who watches need not wait for the end.
            eprintln!("{name}: {}", failed.message().unwrap_or("failed"));
            // What it looked like; and the next test gets a browser that nothing has happened to.
            if let Some(stage) = slot.take() {
                keep_picture(&stage, name);
            }
        }
        result
    }
}

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
