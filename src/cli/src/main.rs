//! `understudy`: the engine on a HAR file, on any machine.

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
use understudy_engine::receipt::Form;
use understudy_engine::statistics::Target;

const HELP: &str = "\
understudy: says what a recording of claude.ai shows, with the same engine as the browser extension.

Usage: understudy diagnose FILE.har [--json | --receipt md|csv|json [--target PERCENT]]

  FILE.har   a HAR file exported from the developer tools of any browser
  --json     print {\"verdict\", \"since\", \"surfaces\", \"entries\", \"evidence\"} instead of a page to read
  --receipt  print the incidents of the month in which the file ends, for a claim: Markdown, CSV or JSON, times in UTC
  --target   the availability that the receipt is held against; 99.5 if it is not given

The verdict is the gravest state that was reached: clear, hiccup, suspected, down, recovering, flapping or blind.
Nothing leaves this machine, and no prompt is read. Exit status: 0 if the file could be read, 2 if not.
";

fn main() -> ExitCode {
    let command = match parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => return complain(&format!("{error}. Try: understudy --help")),
    };
    let done = match command {
        Command::Help => write(&mut |out| out.write_all(HELP.as_bytes())),
        Command::Version => write(&mut |out| writeln!(out, "understudy {}", env!("CARGO_PKG_VERSION"))),
        Command::Diagnose { file, json, receipt } => match diagnosed(&file) {
            Ok(diagnosis) if receipt.is_some() => {
                let Some(text) = receipt.and_then(|(form, target)| report::receipt(&diagnosis, form, target)) else {
                    return complain(&format!(
                        "{} does not date its requests: no receipt can be made of it.",
                        file.display()
                    ));
                };
                write(&mut |out| out.write_all(text.as_bytes()))
            }
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
    Diagnose { file: PathBuf, json: bool, receipt: Option<(Form, Target)> },
}

fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    use lexopt::Arg::{Long, Short, Value};
    use lexopt::ValueExt;
    let (mut words, mut json): (Vec<OsString>, bool) = (Vec::new(), false);
    let (mut form, mut target) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("version") | Short('V') => return Ok(Command::Version),
            Long("json") => json = true,
            Long("receipt") => {
                form =
                    Some(parser.value()?.parse_with(|name| Form::parse(name).ok_or("a receipt is md, csv or json"))?);
            }
            Long("target") => {
                let read = |text: &str| Target::parse(text).ok_or("a target is per cent, such as 99.5");
                target = Some(parser.value()?.parse_with(read)?);
            }
            Value(word) => words.push(word),
            _ => return Err(arg.unexpected()),
        }
    }
    if json && form.is_some() {
        return Err("--json and --receipt exclude each other".into());
    }
    if target.is_some() && form.is_none() {
        return Err("--target belongs to --receipt".into());
    }
    let receipt = form.map(|form| (form, target.unwrap_or(Target::USUAL)));
    match words.as_slice() {
        [command, file] if command == "diagnose" => Ok(Command::Diagnose { file: file.into(), json, receipt }),
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
