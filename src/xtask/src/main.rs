//! `cargo xtask`: every task of the repository, in the words that CI runs too.
#![expect(
    clippy::disallowed_methods,
    reason = "the clock and the environment are kept from the engine, not from its tools"
)]
#![expect(clippy::disallowed_macros, reason = "a task runner prints")]

mod build;
mod catalogue;
mod check;
mod fuzz;
mod imports;
mod manifest;
mod pack;
mod panics;
mod repo;
mod setup;
mod shell;
mod site;
mod tally;
mod test;
mod wasm_tests;

use anyhow::{Context, Result, bail};
use repo::Repo;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

const MENU: &str = "\
Every task of the repository. Each one sets up what it needs and says what it does.

Usage: cargo xtask <task>

  demo [--browser chromium|firefox] [--watch]
                    lives through an outage of claude.ai in a real browser and tells the story
  test [filter]     everything: checks, engine, lab, cli, scripts, wasm and end to end in both browsers
  wasm [filter]     of these, the unit tests of the wasm crates alone, in both browsers
  build             dist/chrome and dist/firefox, unpacked, their packages for the stores, and the website in dist/www
  check [filter]    what needs no browser: format, clippy, purity, store lint, sizes, permissions, shape
  bench [filter]    the benchmarks
  bench popup [--browser chromium|firefox] [--rounds N]
                    how soon the popup is there in a real browser, with an empty store and with a full one
  fuzz [target] [--seconds N]
                    a fuzzer makes up input for every reader of the engine, 30 seconds for each
  shots [--browser chromium|firefox] [--readme] [--german|--arabic|--japanese] [word]
                    pictures of every page and card, in every state, light and dark, below target/shots
  matrix [--browser chromium|firefox] [word]
                    breaks what can break while a prompt is on its way, and tells what became of the prompt, as a table
  package           the same as build
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    let wants_help = rest.iter().any(|argument| argument == "--help" || argument == "-h");
    let task = task.to_string_lossy();
    match task.as_ref() {
        "" | "help" | "--help" | "-h" => print!("{MENU}"),
        // These have options of their own and explain them themselves.
        "demo" | "shots" | "matrix" => return on_stage(&task, &rest),
        "fuzz" if wants_help => print!("{}", fuzz::HELP),
        "bench" if rest.first().is_some_and(|first| first == "popup") => return on_stage("popup", &rest[1..]),
        _ if wants_help => print!("{MENU}"),
        "build" | "package" => {
            none(&task, &rest)?;
            let repo = Repo::find()?;
            build::build(&repo)?;
            println!("{}", repo.dist().display());
        }
        "check" => {
            let repo = Repo::find()?;
            let built = build::build(&repo)?;
            let tally = check::check(&repo, &built, &filter(&task, &rest)?)?;
            println!("{tally}");
            return Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        "test" => return Ok(test::test(&Repo::find()?, &filter(&task, &rest)?, test::Part::Everything)),
        "wasm" => return Ok(test::test(&Repo::find()?, &filter(&task, &rest)?, test::Part::Wasm)),
        "fuzz" => {
            let held = fuzz::fuzz(&Repo::find()?, &rest)?;
            return Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        "bench" => return bench(&filter(&task, &rest)?),
        unknown => bail!("There is no task \"{unknown}\". `cargo xtask --help` lists them."),
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds everything that a program with a browser, the extension and the lab needs, and hands over to it.
fn on_stage(program: &str, arguments: &[OsString]) -> Result<ExitCode> {
    let repo = Repo::find()?;
    let explain = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let mut compile = repo.cargo();
    // The whole workspace, for the features that its tests use too: see src/xtask/Cargo.toml.
    compile.args(["build", "--workspace", "--bin", program, "--message-format=json-render-diagnostics"]);
    let browsers = if explain {
        None
    } else {
        setup::wasm(&repo)?;
        setup::sites(&repo)?;
        let browsers = setup::browsers(&repo)?;
        build::build(&repo)?;
        Some(browsers)
    };
    let output = shell::step(&format!("compile the lab and the {program}"), &mut compile)?
        .or_fail(&format!("Compiling the {program}"))?;
    let built = repo::executables(&output).into_iter().find(|built| built.target == program);
    let mut command = Command::new(built.with_context(|| format!("cargo built no {program}"))?.path);
    if let Some(browsers) = browsers {
        browsers.name_in(&mut command);
    }
    command.args(arguments).env("UNDERSTUDY_DIST", repo.dist()).current_dir(&repo.root);
    hand_over(&mut command)
}

/// The benchmarks of every package that has some.
fn bench(filter: &str) -> Result<ExitCode> {
    let repo = Repo::find()?;
    let packages = repo.with_benchmarks()?;
    if packages.is_empty() {
        bail!("No package of the workspace has a benchmark: there is no `benches` folder to run.");
    }
    let mut command = repo.cargo();
    // Benchmarks alone: `--benches` would start the unit tests in another profile too.
    command.args(["bench", "--bench", "*"]);
    for package in &packages {
        command.args(["--package", package]);
    }
    if !filter.is_empty() {
        command.arg("--").arg(filter);
    }
    hand_over(&mut command)
}

/// Lets a program have the terminal, and ends as it ends.
fn hand_over(command: &mut Command) -> Result<ExitCode> {
    let status = command.status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The one optional argument of a task.
fn filter(task: &str, arguments: &[OsString]) -> Result<String> {
    match arguments {
        [] => Ok(String::new()),
        [one] if !one.to_string_lossy().starts_with('-') => Ok(one.to_string_lossy().into_owned()),
        _ => bail!("`{task}` takes one word that test names contain, and no options. `cargo xtask --help` says more."),
    }
}

fn none(task: &str, arguments: &[OsString]) -> Result<()> {
    if let Some(first) = arguments.first() {
        bail!("`{task}` takes no arguments, but got {}. `cargo xtask --help` says more.", first.to_string_lossy());
    }
    Ok(())
}
