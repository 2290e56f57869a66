//! `check`: the gates that need no browser. Each gate is one test with a name, and says in a sentence what is wrong.

mod features;
mod permissions;
mod purity;
mod shape;
mod site;
mod sizes;
mod store;
mod words;

use crate::build::{self, Built, WASM};
use crate::repo::Repo;
use crate::setup;
use crate::shell::step;
use crate::tally::Tally;
use anyhow::Result;
use std::process::Command;

/// The outcome of one gate: what was found on success, what is wrong otherwise.
pub type Verdict = Result<String, String>;

/// Runs every gate whose name contains `filter` on a finished build.
pub fn check(repo: &Repo, built: &Built, filter: &str) -> Result<Tally> {
    setup::components(repo)?;
    // Of all gates the linter alone needs it.
    let npm = setup::npm(repo);
    let mut gates = Gates { filter, tally: Tally::default() };

    gates.run_command("format", repo.cargo().args(["fmt", "--all", "--check"]))?;
    gates.run_command("clippy, native", repo.cargo().args(["clippy", "--all-targets", "--", "-D", "warnings"]))?;
    let mut clippy = repo.cargo();
    clippy.args(["clippy", "--target", WASM, "--all-targets", "--package", "understudy-browser"]);
    for (_, package) in build::MODULES.into_iter().chain([build::SITE]) {
        clippy.args(["--package", package]);
    }
    gates.run_command("clippy, wasm", clippy.args(["--", "-D", "warnings"]))?;
    gates.run("engine builds without an import", || purity::no_imports(repo));
    gates.run("engine depends on data crates only", || purity::dependencies(repo));
    gates.run("the task runner and the tests share what is built", || features::agree(repo));
    for (browser, contents) in &built.extension {
        gates.run(&format!("store lint, {}", browser.name()), || match &npm {
            Ok(()) => store::lint(repo, *browser),
            Err(error) => Ok(Err(format!("{error:#}"))),
        });
        gates.run(&format!("permissions, {}", browser.name()), || permissions::check(repo, *browser, contents));
        for budget in sizes::budgets(repo, *browser, contents)? {
            gates.run(&budget.name, || Ok(budget.verdict()));
        }
    }
    for budget in sizes::site(&built.site)? {
        gates.run(&budget.name, || Ok(budget.verdict()));
    }
    gates.run("the website asks nobody else", || Ok(site::keeps_to_itself(&built.site)));
    gates.run("README names every permission with its reason", || permissions::readme(repo));
    gates.run("every language has the words of English", || words::check(repo));
    for rule in shape::rules(repo)? {
        gates.run(rule.name, || Ok(rule.verdict()));
    }
    Ok(gates.tally)
}

/// Runs gates, shows each as a line, and counts them.
struct Gates<'a> {
    filter: &'a str,
    tally: Tally,
}

impl Gates<'_> {
    fn wanted(&self, name: &str) -> bool {
        name.contains(self.filter)
    }

    fn run_command(&mut self, name: &str, command: &mut Command) -> Result<()> {
        if self.wanted(name) {
            let finished = step(name, command)?;
            if !finished.ok {
                eprintln!("{}", finished.output.trim_end());
            }
            self.tally.count(name, finished.ok);
        }
        Ok(())
    }

    fn run(&mut self, name: &str, gate: impl FnOnce() -> Result<Verdict>) {
        if self.wanted(name) {
            let verdict = gate().unwrap_or_else(|error| Err(format!("{error:#}")));
            match &verdict {
                Ok(found) if found.is_empty() => eprintln!("  ok   {name}"),
                Ok(found) => eprintln!("  ok   {name}: {found}"),
                Err(wrong) => eprintln!("  FAIL {name}: {wrong}"),
            }
            self.tally.count(name, verdict.is_ok());
        }
    }
}
