//! `understudy`: the engine on a HAR file, on any machine.

mod accuracy;
mod diagnose;
mod har;
mod json;
mod report;
mod words;

use har::Trouble;
use json::Fault;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
understudy: says what a recording of claude.ai shows, with the same engine as the browser extension.

Usage: understudy diagnose FILE.har [--json]

  FILE.har   a HAR file exported from the developer tools of any browser
  --json     print {\"verdict\", \"since\", \"surfaces\", \"entries\", \"evidence\"} instead of a page to read

The verdict is the gravest state that was reached: clear, hiccup, suspected, down, recovering, flapping or blind.
Nothing leaves this machine, and no prompt is read. Exit status: 0 if the file could be read, 2 if not.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|a| a == "tune") {
        if let Ok(text) = std::env::var("TUNE") {
            let v: Vec<f64> = text.split(',').map(|x| x.trim().parse().unwrap()).collect();
            let _ = understudy_engine::judge::TUNING.set(understudy_engine::judge::Tuning { v: v.try_into().unwrap() });
        }
        let plan = accuracy::Plan { seed: args[2].parse().unwrap(), years: args[3].parse().unwrap(), outages: args[4].parse().unwrap(), stress: args.len() > 5 };
        let scores = accuracy::run(&plan, &mut |_| ());
        accuracy::print(&plan, &scores);
        return ExitCode::SUCCESS;
    }
    let command = match parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => return complain(&format!("{error}. Try: understudy --help")),
    };
    let done = match command {
        Command::Help => write(&mut |out| out.write_all(HELP.as_bytes())),
        Command::Version => write(&mut |out| writeln!(out, "understudy {}", env!("CARGO_PKG_VERSION"))),
        Command::Diagnose { file, json } => match diagnosed(&file) {
            Ok(diagnosis) if json => write(&mut |out| report::json(&diagnosis, out)),
            Ok(diagnosis) => write(&mut |out| report::text(&diagnosis, &file.display().to_string(), out)),
            Err(sentence) => return complain(&sentence),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads us has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => complain(&format!("The report could not be written: {error}")),
    }
}

enum Command {
    Help,
    Version,
    Diagnose { file: PathBuf, json: bool },
}

fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    use lexopt::Arg::{Long, Short, Value};
    let (mut words, mut json): (Vec<OsString>, bool) = (Vec::new(), false);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("version") | Short('V') => return Ok(Command::Version),
            Long("json") => json = true,
            Value(word) => words.push(word),
            _ => return Err(arg.unexpected()),
        }
    }
    match words.as_slice() {
        [command, file] if command == "diagnose" => Ok(Command::Diagnose { file: file.into(), json }),
        [command] if command == "diagnose" => Err("diagnose needs a FILE.har".into()),
        [command, _, third, ..] if command == "diagnose" => Err(lexopt::Error::UnexpectedArgument(third.clone())),
        [] => Err("a command is missing".into()),
        [other, ..] => Err(lexopt::Error::UnexpectedArgument(other.clone())),
    }
}

fn diagnosed(path: &Path) -> Result<diagnose::Diagnosis, String> {
    let name = path.display();
    let file = File::open(path).map_err(|error| format!("{name} cannot be opened: {error}"))?;
    let diagnosis = diagnose::diagnose(file).map_err(|trouble| match trouble {
        Trouble::Empty => format!("{name} is empty."),
        Trouble::Foreign => format!("{name} is not a HAR file."),
        Trouble::Fault(Fault::Io(error)) => format!("{name} cannot be read: {error}"),
        Trouble::Fault(Fault::Cut) => format!("{name} is incomplete: it ends in the middle. Export it again."),
        Trouble::Fault(Fault::Syntax(at)) => format!("{name} is damaged: it is not JSON from byte {at} on."),
    })?;
    if diagnosis.ours == 0 {
        return Err(format!("{name} holds no request to claude.ai."));
    }
    Ok(diagnosis)
}

fn write(page: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    page(&mut out)?;
    out.flush()
}

fn complain(sentence: &str) -> ExitCode {
    // Nothing is left to be done if even this fails.
    let _ = writeln!(io::stderr(), "{sentence}");
    ExitCode::from(2)
}
