//! `understudy`: the engine on a HAR file, on a trace or on simulated traffic, on any machine.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use understudy_cli::accuracy::{self, Plan};
use understudy_cli::{diagnose, replay, report};
use understudy_engine::receipt::Form;
use understudy_engine::statistics::Target;

const HELP: &str = "\
understudy: says what a recording of claude.ai shows, with the same engine as the browser extension.

Usage: understudy diagnose FILE.har [--json | --receipt md|csv|json [--target PERCENT]]
       understudy replay TRACE.jsonl [--no-probe] [--json]
       understudy accuracy [--seed N] [--years Y] [--outages K] [--stress] [--json]

diagnose   what a HAR file exported from the developer tools of any browser shows
  --json     print {\"verdict\", \"since\", \"surfaces\", \"entries\", \"evidence\"} instead of a page to read
  --receipt  print the incidents of the month in which the file ends, for a claim: Markdown, CSV or JSON, times in UTC
  --target   the availability that the receipt is held against; 99.5 if it is not given
  The verdict is the gravest state that was reached: clear, hiccup, suspected, down, recovering, flapping or blind.

replay     every change of verdict in a trace, one JSON object a line:
             {\"t\": ms, \"kind\": \"request\", \"surface\": S, \"class\": C, \"model\": M?, \"turn\": N?}
             {\"t\": ms, \"kind\": \"neutral\", \"up\": bool}     what a neutral origin would answer from then on
             {\"t\": ms, \"kind\": \"online\", \"up\": bool}      what the browser says
             {\"t\": ms, \"kind\": \"status\", \"component\": \"operational\", \"incident\": bool}
  --no-probe judge as if claude.ai may never be asked
  --json     print {\"t\", \"state\", \"surfaces\"}, one object a line

accuracy   simulates one person's traffic and compares the verdict with other rules on it
  --seed N     everything follows from it (1)
  --years Y    user-years without an outage, for the false verdicts (25)
  --outages K  outages that the user meets (2500)
  --stress     twice the failures, longer and more frequent blips
  --json       print one object instead of tables

Nothing leaves this machine, and no prompt is read. Exit status: 0 if all went well, 2 if not.
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
        Command::Replay { file, probing, json } => match replayed(&file, probing) {
            Ok(changes) => write(&mut |out| replay::print(&changes, json, out)),
            Err(sentence) => return complain(&sentence),
        },
        Command::Accuracy { plan, json } => {
            let found = accuracy::run(plan, &mut progress());
            write(&mut |out| if json { accuracy::json(plan, &found, out) } else { accuracy::text(plan, &found, out) })
        }
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
    Replay { file: PathBuf, probing: bool, json: bool },
    Accuracy { plan: Plan, json: bool },
}

fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    use lexopt::Arg::{Long, Short, Value};
    use lexopt::ValueExt;
    let (mut words, mut json, mut probing): (Vec<OsString>, bool, bool) = (Vec::new(), false, true);
    let (mut form, mut target) = (None, None);
    let mut plan = Plan { seed: 1, years: 25, outages: 2_500, stress: false };
    while let Some(arg) = parser.next()? {
        let command = words.first().and_then(|word| word.to_str()).unwrap_or_default();
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("version") | Short('V') => return Ok(Command::Version),
            Long("json") => json = true,
            Long("receipt") if command == "diagnose" => {
                form =
                    Some(parser.value()?.parse_with(|name| Form::parse(name).ok_or("a receipt is md, csv or json"))?);
            }
            Long("target") if command == "diagnose" => {
                let read = |text: &str| Target::parse(text).ok_or("a target is per cent, such as 99.5");
                target = Some(parser.value()?.parse_with(read)?);
            }
            Long("no-probe") if command == "replay" => probing = false,
            Long("seed") if command == "accuracy" => plan.seed = parser.value()?.parse()?,
            Long("years") if command == "accuracy" => plan.years = parser.value()?.parse()?,
            Long("outages") if command == "accuracy" => plan.outages = parser.value()?.parse()?,
            Long("stress") if command == "accuracy" => plan.stress = true,
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
        [command, file] if command == "replay" => Ok(Command::Replay { file: file.into(), probing, json }),
        [command] if command == "accuracy" => Ok(Command::Accuracy { plan, json }),
        [command] if command == "diagnose" => Err("diagnose needs a FILE.har".into()),
        [command] if command == "replay" => Err("replay needs a TRACE.jsonl".into()),
        [command, _, third, ..] if command == "diagnose" || command == "replay" => {
            Err(lexopt::Error::UnexpectedArgument(third.clone()))
        }
        [command, second, ..] if command == "accuracy" => Err(lexopt::Error::UnexpectedArgument(second.clone())),
        [] => Err("a command is missing".into()),
        [other, ..] => Err(lexopt::Error::UnexpectedArgument(other.clone())),
    }
}

fn replayed(path: &Path, probing: bool) -> Result<Vec<replay::Change>, String> {
    let name = path.display();
    let file = File::open(path).map_err(|error| format!("{name} cannot be opened: {error}"))?;
    replay::replay(BufReader::new(file), probing)
        .map_err(|trouble| format!("{name} cannot be read from line {} on: {}", trouble.line, trouble.what))
}

/// A bar on the terminal, and nothing in a file.
fn progress() -> impl FnMut(f64) {
    let terminal = io::stderr().is_terminal();
    let mut shown = None;
    move |share| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 40")]
        let done = (share.clamp(0.0, 1.0) * 40.0) as usize;
        if terminal && shown.replace(done) != Some(done) {
            let bar = "#".repeat(done);
            let end = if done == 40 { "\r\x1b[K" } else { "" };
            // Whoever does not see it has lost nothing.
            let _ = write!(io::stderr(), "\r[{bar:<40}]{end}");
        }
    }
}

fn diagnosed(path: &Path) -> Result<diagnose::Diagnosis, String> {
    let name = path.display();
    let file = File::open(path).map_err(|error| format!("{name} cannot be opened: {error}"))?;
    diagnose::diagnose(file).map_err(|trouble| trouble.sentence(&name.to_string()))
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
