//! `test`: everything, with one line at the end that says how it went.

use crate::build::{self, WASM};
use crate::check;
use crate::repo::Repo;
use crate::setup::{self, Browsers};
use crate::shell::{self, Finished, step};
use crate::tally::{self, Tally};
use anyhow::Result;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Runs all tests whose name contains `filter`.
///
/// What cannot even be set up or built is a failure like any other: the last line is always the count.
pub fn test(repo: &Repo, filter: &str) -> ExitCode {
    let started = Instant::now();
    let mut run = Run { repo, filter, tally: Tally::default() };
    if let Err(error) = run.everything() {
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
    fn everything(&mut self) -> Result<()> {
        shell::section("Set-up");
        setup::wasm(self.repo)?;
        setup::sites(self.repo)?;
        let browsers = setup::browsers(self.repo)?;
        let runner = setup::wasm_test_runner(self.repo)?;

        shell::section("Build");
        let built = build::build(self.repo).inspect_err(|error| {
            eprintln!("\n{error:#}");
            self.tally.count("build", false);
        });

        if let Ok(built) = &built {
            shell::section("Check");
            let checked = check::check(self.repo, built, self.filter)?;
            self.tally.add("check", checked, true);
        }

        shell::section("Tests");
        self.native(&browsers)?;
        self.scripts()?;
        self.wasm(&browsers, &runner)?;
        // Without a build there is nothing to put into a browser, and the last one would tell of another state.
        if built.is_ok() {
            self.end_to_end(&browsers)?;
        }
        Ok(())
    }

    /// Everything that runs on this machine without a browser.
    fn native(&mut self, browsers: &Browsers) -> Result<()> {
        for (name, packages) in NATIVE {
            let mut command = self.repo.cargo();
            command.args(["test", "--no-fail-fast"]);
            for package in packages {
                command.args(["--package", package]);
            }
            browsers.name_in(command.arg("--").arg(self.filter));
            let finished = step(name, &mut command)?;
            self.add(name, &finished, tally::cargo(&finished.output));
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
        let mut command = Command::new("node");
        command.args(["--test", "--test-reporter=tap"]);
        if !self.filter.is_empty() {
            command.arg(format!("--test-name-pattern={}", self.filter));
        }
        let finished = step(name, command.args(files).current_dir(&self.repo.root))?;
        self.add(name, &finished, tally::tap(&finished.output));
        Ok(())
    }

    /// The wasm crates' unit tests, inside each browser.
    fn wasm(&mut self, browsers: &Browsers, runner: &PathBuf) -> Result<()> {
        let capabilities = self.repo.target.join("wasm-tests.json");
        fs::write(&capabilities, capabilities_of(browsers).to_string())?;
        for (browser, variable, driver) in
            [("Chromium", "CHROMEDRIVER", &browsers.chromedriver), ("Firefox", "GECKODRIVER", &browsers.geckodriver)]
        {
            let name = format!("wasm tests in {browser}");
            let packages = self.with_wasm_tests();
            // Both modules run for real in the end-to-end tests; unit tests inside a browser join them once a crate has some.
            if packages.is_empty() {
                continue;
            }
            let mut command = self.repo.cargo();
            command.args(["test", "--no-fail-fast", "--target", WASM, "--lib", "--tests"]);
            for package in packages {
                command.args(["--package", package]);
            }
            if !self.filter.is_empty() {
                command.arg("--").arg(self.filter);
            }
            // The runner takes the first driver it finds in the environment.
            command
                .env_remove("CHROMEDRIVER")
                .env_remove("GECKODRIVER")
                .env(variable, driver)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
                .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities)
                .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
                .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
            let finished = step(&name, &mut command)?;
            self.add(&name, &finished, tally::cargo(&finished.output));
        }
        Ok(())
    }

    /// The built extension in real browsers, against the stand-in sites.
    fn end_to_end(&mut self, browsers: &Browsers) -> Result<()> {
        let name = "end to end in both browsers";
        let mut command = self.repo.cargo();
        command.args(["test", "--no-fail-fast", "--package", "understudy-tests"]).arg("--").arg(self.filter);
        command.env("UNDERSTUDY_DIST", self.repo.dist());
        browsers.name_in(&mut command);
        let finished = step(name, &mut command)?;
        self.add(name, &finished, tally::cargo(&finished.output));
        Ok(())
    }

    fn with_wasm_tests(&self) -> Vec<&'static str> {
        ["browser", "background", "pages"]
            .into_iter()
            .zip(["understudy-browser", "understudy-background", "understudy-pages"])
            .filter(|(folder, _)| {
                let path = self.repo.root.join("src").join(folder).join("Cargo.toml");
                fs::read_to_string(path).is_ok_and(|text| text.contains("wasm-bindgen-test"))
            })
            .map(|(_, package)| package)
            .collect()
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

/// What runs on this machine as it is. The parts of the wasm crates that need no browser are tested here too.
const NATIVE: [(&str, &[&str]); 5] = [
    ("tests of the engine", &["understudy-engine"]),
    ("tests of the lab", &["understudy-lab"]),
    ("tests of the command line", &["understudy-cli"]),
    ("tests of the wasm crates, natively", &["understudy-browser", "understudy-background", "understudy-pages"]),
    ("tests of the task runner", &["xtask"]),
];

/// A root user's Chromium has no sandbox, and a headless one needs no graphics card.
fn capabilities_of(browsers: &Browsers) -> serde_json::Value {
    json!({
        "goog:chromeOptions": {
            "binary": browsers.chromium,
            "args": ["--no-sandbox", "--disable-gpu", "--headless=new", "--no-first-run"],
        },
        "moz:firefoxOptions": { "binary": browsers.firefox, "args": ["-headless"] },
    })
}
