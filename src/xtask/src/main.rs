//! `cargo xtask`: every task of the repository, in the words that CI runs too.

mod build;
mod catalogue;
mod manifest;
mod pack;
mod repo;
mod setup;
mod shell;

use anyhow::Result;
use std::process::ExitCode;

const MENU: &str = "\
Every task of the repository. Each one sets up what it needs.

Usage: cargo xtask <task>

  build                      dist/chrome and dist/firefox, unpacked and packed for the stores
  help                       this menu
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
    let task = std::env::args().nth(1).unwrap_or_default();
    match task.as_str() {
        "build" => {
            build::build(&repo::Repo::find()?)?;
        }
        _ => print!("{MENU}"),
    }
    Ok(ExitCode::SUCCESS)
}
