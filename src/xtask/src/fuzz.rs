//! `fuzz`: lets a fuzzer make up input for every reader of the engine. What must hold stands in `src/engine/tests/fuzz`.

use crate::repo::{self, Repo};
use crate::shell::{ask, step};
use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const HELP: &str = "\
Lets a fuzzer make up input for the engine's readers of what others wrote, and says which input breaks one.

Usage: cargo xtask fuzz [target] [--seconds N]

  target       one of the readers, for example `streams`; without it each of them in turn
  --seconds N  how long each of them gets, 1 to 86400 (30 without this)

It begins with the examples in src/engine/fuzz/corpus and keeps what it finds useful below src/engine/fuzz/target, so that a
second run goes on where the first one stopped. What every test run does with the same examples is in
src/engine/tests/corpus.rs: put an input that broke something into the corpus, and it stays fixed.
";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    target: Option<String>,
    seconds: u32,
}

/// Runs one target, or all of them; false if an input broke one.
pub fn fuzz(repo: &Repo, arguments: &[OsString]) -> Result<bool> {
    let wish = wish(arguments)?;
    let folder = repo.root.join("src/engine/fuzz");
    let all = targets(&folder)?;
    let chosen: Vec<&String> = match &wish.target {
        None => all.iter().collect(),
        Some(one) => vec![
            all.iter()
                .find(|name| *name == one)
                .with_context(|| format!("There is no fuzz target \"{one}\", only {}.", all.join(", ")))?,
        ],
    };
    let program = cargo_fuzz(repo)?;
    step("compile the fuzz targets", tool(&program, "build", &folder).args(SANITIZER))?
        .or_fail("`cargo fuzz build` (it needs a C++ compiler, such as Debian's g++)")?;
    let mut broken = Vec::new();
    for name in chosen {
        let found = folder.join("target/found").join(name);
        let artifacts = folder.join("artifacts").join(name);
        fs::create_dir_all(&found)?;
        let before = inputs(&artifacts);
        let mut command = tool(&program, "run", &folder);
        command.args(SANITIZER).arg(name).arg(&found).arg(folder.join("corpus").join(name));
        command.arg("--").arg(format!("-max_total_time={}", wish.seconds)).args(LIMITS);
        let run = step(&format!("fuzz {name} for {} s", wish.seconds), &mut command)?;
        if run.ok {
            eprintln!("       {}", summary(&run.output));
            continue;
        }
        let new: Vec<PathBuf> = inputs(&artifacts).into_iter().filter(|input| !before.contains(input)).collect();
        // An input that it stumbled over before has the same name again.
        let named = if new.is_empty() { named(&run.output, &artifacts) } else { new };
        if named.is_empty() {
            run.or_fail(&format!("The fuzzer for {name}"))?;
            continue;
        }
        for line in run.output.lines().filter(|line| line.contains("panicked at") || line.contains("ERROR: ")) {
            eprintln!("       {}", line.trim());
        }
        broken.extend(named.into_iter().map(|input| (name, input)));
    }
    for (name, input) in &broken {
        eprintln!(
            "\n{name} breaks on this input:\n  {}\nCopy it to src/engine/fuzz/corpus/{name}/ under a name that says what it is: \
             `cargo test -p understudy-engine --test corpus {name}` then shows the whole panic, and keeps it fixed.",
            input.display()
        );
    }
    Ok(broken.is_empty())
}

/// The address sanitizer works on stable too, but looks for what a crate that forbids unsafe code cannot have.
const SANITIZER: [&str; 2] = ["--sanitizer", "none"];

/// An input may have 16 KiB, ten seconds and a gigabyte. Text only differs in printable ways.
const LIMITS: [&str; 5] =
    ["-max_len=16384", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=0", "-verbosity=1"];

/// `cargo fuzz` takes options of the compiler that stable has only behind this variable; nothing shipped is built so.
fn tool(program: &Path, task: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["fuzz", task, "--fuzz-dir"]).arg(folder).current_dir(folder);
    command.env("RUSTC_BOOTSTRAP", "1");
    // Its own target folder and no options of the outer build.
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(name);
    }
    command
}

/// `cargo-fuzz` is built once and kept for every checkout. One that does not start is passed over.
fn cargo_fuzz(repo: &Repo) -> Result<PathBuf> {
    let works = |path: &Path| ask(path, &["fuzz", "--version"]).is_some();
    let root = repo::cache().join("cargo-fuzz");
    let built = root.join("bin/cargo-fuzz");
    if let Some(path) = [built.clone(), PathBuf::from("cargo-fuzz")].into_iter().find(|path| works(path)) {
        return Ok(path);
    }
    let mut command = repo.cargo();
    command.args(["install", "cargo-fuzz", "--locked", "--force", "--version", CARGO_FUZZ, "--root"]).arg(&root);
    command.env_remove("CARGO_TARGET_DIR");
    step("build cargo-fuzz (once, kept in the cache)", &mut command)?.or_fail("`cargo install cargo-fuzz`")?;
    ensure!(works(&built), "{} was built but does not start.", built.display());
    Ok(built)
}

/// The version that this was tried with.
const CARGO_FUZZ: &str = "0.13.2";

/// The targets by name.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.join("fuzz_targets"))? {
        names.extend(entry?.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    ensure!(!names.is_empty(), "{} has no fuzz targets.", folder.display());
    names.sort();
    Ok(names)
}

/// What a fuzzer has put down as breaking something.
fn inputs(artifacts: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(artifacts).into_iter().flatten();
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.sort();
    found
}

/// The inputs of a folder that the output names.
fn named(output: &str, artifacts: &Path) -> Vec<PathBuf> {
    let mentioned =
        |input: &PathBuf| input.file_name().is_some_and(|name| output.contains(name.to_string_lossy().as_ref()));
    inputs(artifacts).into_iter().filter(mentioned).collect()
}

/// How many inputs were tried.
fn summary(output: &str) -> String {
    let done = output.lines().rev().find(|line| line.starts_with("Done "));
    done.unwrap_or("it ended without a word").to_owned()
}

fn wish(arguments: &[OsString]) -> Result<Wish> {
    let mut wish = Wish { target: None, seconds: 30 };
    let mut rest = arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let number =
                rest.next().and_then(|number| number.parse().ok()).filter(|number| (1..=86_400).contains(number));
            wish.seconds = number.context("`--seconds` takes a whole number from 1 to 86400.")?;
        } else if argument.starts_with('-') || wish.target.is_some() {
            bail!("`fuzz` does not know \"{argument}\".\n\n{HELP}");
        } else {
            wish.target = Some(argument.into_owned());
        }
    }
    Ok(wish)
}

#[cfg(test)]
mod tests {
    use super::{Wish, summary, wish};
    use std::ffi::OsString;

    #[test]
    fn what_was_asked_for_is_understood() {
        let read = |arguments: &[&str]| wish(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(read(&[]).unwrap(), Wish { target: None, seconds: 30 });
        let both = Wish { target: Some("json".into()), seconds: 5 };
        assert_eq!(read(&["json", "--seconds", "5"]).unwrap(), both);
        assert_eq!(read(&["--seconds", "5", "json"]).unwrap(), both);
        for wrong in [&["a", "b"][..], &["--second", "5"], &["--seconds"], &["--seconds", "0"], &["--seconds", "x"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_number_of_inputs_is_told() {
        assert_eq!(summary("INFO: x\n#9\tDONE\nDone 4711 runs in 6 second(s)\n"), "Done 4711 runs in 6 second(s)");
        assert!(!summary("").is_empty());
    }
}
