//! `test`: everything, with one line at the end that says how it went.

use crate::build;
use crate::check;
use crate::repo::Repo;
use crate::setup::{self, Browsers};
use crate::shell::{self, Finished, step};
use crate::tally::{self, Tally};
use crate::wasm_tests::{self, Place};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// How much of it to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Everything,
    /// The unit tests of the wasm crates, which `cargo test` alone cannot run.
    Wasm,
}

/// Runs all tests whose name contains `filter`.
///
/// What cannot even be set up or built is a failure like any other: the last line is always the count.
pub fn test(repo: &Repo, filter: &str, part: Part) -> ExitCode {
    let started = Instant::now();
    let mut run = Run { repo, filter, tally: Tally::default() };
    let outcome = match part {
        Part::Everything => run.everything(),
        Part::Wasm => run.wasm_alone(),
    };
    if let Err(error) = outcome {
        eprintln!("\n{error:#}");
        run.tally.count("set-up", false);
    }
    let Run { mut tally, .. } = run;
    if tally.is_empty() {
        eprintln!("\nNo test has \"{filter}\" in its name.");
        tally.failed = 1;
    }
    eprintln!("\nThe whole run took {} s.", started.elapsed().as_secs());
    for name in &tally.failures {
        eprintln!("Failed: {name}");
    }
    println!("{tally}");
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A run in progress.
struct Run<'a> {
    repo: &'a Repo,
    filter: &'a str,
    tally: Tally,
}

impl Run<'_> {
    /// What cannot be set up fails by itself and takes with it only what needs it.
    fn everything(&mut self) -> Result<()> {
        shell::section("Set-up");
        setup::wasm(self.repo)?;
        let sites = self.part("the stand-in sites", setup::sites(self.repo));
        let browsers = self.part("the browsers", setup::browsers(self.repo));

        shell::section("Build");
        let built = self.part("build", build::build(self.repo));

        if let Some(built) = &built {
            shell::section("Check");
            if let Some(checked) = self.part("check", check::check(self.repo, built, self.filter)) {
                self.tally.add("check", checked, true);
            }
        }

        shell::section("Tests");
        self.native()?;
        self.scripts()?;
        if let Some(browsers) = &browsers {
            self.wasm([&browsers.chromium, &browsers.firefox])?;
        }
        // Without a build there is nothing to put into a browser, and the last one would tell of another state.
        if let (Some(browsers), Some(()), Some(_)) = (&browsers, sites, &built) {
            self.end_to_end(browsers)?;
        }
        Ok(())
    }

    fn wasm_alone(&mut self) -> Result<()> {
        shell::section("Set-up");
        setup::wasm(self.repo)?;
        let [chromium, firefox] = setup::browsers_alone()?;
        shell::section("Tests");
        self.wasm([&chromium, &firefox])
    }

    /// A part of the run that may not come about; that is a failure.
    fn part<T>(&mut self, name: &str, outcome: Result<T>) -> Option<T> {
        if let Err(error) = &outcome {
            eprintln!("  FAIL {name}: {error:#}");
            self.tally.count(name, false);
        }
        outcome.ok()
    }

    /// Everything that runs on this machine without a browser. One call of cargo: with each selection of packages it would
    /// build what they share anew.
    fn native(&mut self) -> Result<()> {
        let mut command = self.repo.cargo();
        command.args(["test", "--no-fail-fast", "--workspace"]);
        // The end-to-end tests are built with the others, and have their turn later.
        command.env("UNDERSTUDY_NO_BROWSER", "1");
        if !self.filter.is_empty() {
            command.arg("--").arg(self.filter);
        }
        let finished = step("tests that need no browser", &mut command)?;
        if !finished.ok {
            eprintln!("{}", finished.output.trim_end());
        }
        let mut groups = tally::by_crate(&finished.output);
        let mut failed = 0;
        for (name, crates) in NATIVE {
            let mut counted = Tally::default();
            for (_, group) in groups.extract_if(.., |(of, _)| crates.contains(&of.as_str())) {
                counted.add(name, group, true);
            }
            failed += counted.failed;
            if !counted.is_empty() {
                eprintln!("       {name}: {counted}");
                self.tally.add(name, counted, true);
            } else if finished.ok {
                self.add_nothing(name, "it ran no test");
            }
        }
        for (name, counted) in groups {
            failed += counted.failed;
            self.tally.add(&name, counted, true);
        }
        // What did not compile, or ended without naming a test.
        if !finished.ok && failed == 0 {
            self.tally.count("tests that need no browser", false);
        }
        Ok(())
    }

    /// The hand-written scripts of the extension, under node.
    fn scripts(&mut self) -> Result<()> {
        let name = "tests of the hand-written scripts";
        let folder = self.repo.root.join("tests/scripts");
        let mut files: Vec<PathBuf> = fs::read_dir(&folder)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>())
            .unwrap_or_default();
        files.retain(|path| path.to_string_lossy().contains(".test."));
        files.sort();
        if files.is_empty() {
            self.add_nothing(name, "tests/scripts holds no *.test.js");
            return Ok(());
        }
        if self.part(name, setup::node()).is_none() {
            return Ok(());
        }
        let mut command = Command::new("node");
        command.args(["--test", "--test-reporter=tap"]);
        if !self.filter.is_empty() {
            command.arg(format!("--test-name-pattern={}", self.filter));
        }
        let finished = step(name, command.args(files).current_dir(&self.repo.root))?;
        self.add(name, &finished, tally::tap(&finished.output));
        Ok(())
    }

    /// The wasm crates' unit tests, inside each browser. A crate without one is a failure: its bindings would be unproven.
    fn wasm(&mut self, programs: [&Path; 2]) -> Result<()> {
        let suites = wasm_tests::compile(self.repo, self.filter)?;
        for (place, program) in Place::ALL.into_iter().zip(programs) {
            let started = Instant::now();
            let reports = wasm_tests::run(self.repo, program, place, &suites)?;
            for package in wasm_tests::PACKAGES {
                let name = format!("wasm tests of {package} in {}", place.name());
                let wanted = suites.iter().filter(|suite| suite.package == package && suite.is_wanted()).count();
                let reports = reports.iter().filter(|(of, _)| of == package);
                let reports: Vec<&str> = reports.map(|(_, report)| report.as_str()).collect();
                let ok = reports.len() == wanted && reports.iter().all(|report| report.contains("test result: ok."));
                let finished = Finished { ok, output: reports.join("\n"), took: started.elapsed() };
                self.add(&name, &finished, tally::cargo(&finished.output));
            }
        }
        Ok(())
    }

    /// The built extension in real browsers, against the stand-in sites.
    fn end_to_end(&mut self, browsers: &Browsers) -> Result<()> {
        let name = "end to end in both browsers";
        let mut command = self.repo.cargo();
        // With xtask beside it, the features are those of the whole workspace: see src/xtask/Cargo.toml.
        command.args(["test", "--no-fail-fast", "--package", "understudy-tests", "--package", "xtask"]);
        command.args(["--lib", "--bin", "demo", "--test", "e2e", "--"]).arg(self.filter);
        command.env("UNDERSTUDY_DIST", self.repo.dist());
        browsers.name_in(&mut command);
        let finished = step(name, &mut command)?;
        self.add(name, &finished, tally::cargo(&finished.output));
        // Where its minutes went, and which tests needed a second run; a failed step has shown all it said already.
        let told = |line: &&str| finished.ok && (line.starts_with("took ") || line.starts_with("again "));
        for line in finished.output.lines().filter(told) {
            eprintln!("       {line}");
        }
        Ok(())
    }

    /// Counts a step; shows its whole output when something failed in it.
    fn add(&mut self, name: &str, finished: &Finished, mut counted: Tally) {
        if finished.ok && counted.is_empty() && self.filter.is_empty() {
            self.add_nothing(name, "it ran no test");
            return;
        }
        if !finished.ok || counted.failed > 0 {
            eprintln!("{}", finished.output.trim_end());
        }
        eprintln!("       {name}: {counted} ({:.1} s)", finished.took.as_secs_f32());
        counted.failures.clear();
        self.tally.add(name, counted, finished.ok);
    }

    /// A step that should have tests and has none has not passed.
    fn add_nothing(&mut self, name: &str, why: &str) {
        if self.filter.is_empty() {
            eprintln!("  FAIL {name}: {why}");
            self.tally.count(name, false);
        }
    }
}

/// What runs on this machine as it is, with the crates that the unit tests of a package are of. The parts of the wasm crates
/// that need no browser are tested here too.
const NATIVE: [(&str, &[&str]); 6] = [
    ("tests of the engine", &["understudy_engine"]),
    ("tests of the lab", &["understudy_lab", "lab"]),
    ("tests of the command line", &["understudy", "understudy_cli"]),
    (
        "tests of the wasm crates, natively",
        &["understudy_browser", "understudy_background", "understudy_pages", "understudy_site"],
    ),
    ("tests of the browsers' driver", &["understudy_tests", "demo", "shots", "matrix"]),
    ("tests of the task runner", &["xtask"]),
];
