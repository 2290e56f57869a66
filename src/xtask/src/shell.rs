//! Running other programs: what is happening, for how long, and their whole output when they fail.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// What a finished program left behind.
#[derive(Debug)]
pub struct Finished {
    /// Whether it exited with status zero.
    pub ok: bool,
    /// Standard output and standard error in the order they were written.
    pub output: String,
    /// Wall-clock time.
    pub took: Duration,
}

impl Finished {
    /// The output when the program succeeded; otherwise the whole output goes to the screen and `what` is the error.
    pub fn or_fail(self, what: &str) -> Result<String> {
        if self.ok {
            return Ok(self.output);
        }
        let lines: Vec<&str> = self.output.lines().filter(|line| !for_programs(line)).collect();
        eprintln!("{}", lines.join("\n").trim_end());
        bail!("{what} failed; its output is above.");
    }
}

/// Runs a long step: one line that says what it is, its time, and the latest line of output while it runs.
///
/// On a terminal the line moves; elsewhere there is one line at the start, one at the end, and a sign of life every
/// [`SIGN_OF_LIFE`].
pub fn step(label: &str, command: &mut Command) -> Result<Finished> {
    let (reader, writer) = std::io::pipe().context("no pipe for the program's output")?;
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let started = Instant::now();
    let mut line = Line::start(label);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            line.end(false);
            bail!("`{program}` cannot be started: {error}");
        }
    };
    // The command holds the writing ends: without this the reader would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut buffer = Vec::new();
        while matches!(reader.read_until(b'\n', &mut buffer), Ok(1..)) {
            let text = String::from_utf8_lossy(&buffer).into_owned();
            buffer.clear();
            if sender.send(text).is_err() {
                return;
            }
        }
    });
    let mut output = String::new();
    let mut ended = None;
    let status = loop {
        match lines.recv_timeout(TICK) {
            Ok(text) => {
                line.tick(started.elapsed(), Some(&text));
                output.push_str(&text);
            }
            Err(RecvTimeoutError::Timeout) => line.tick(started.elapsed(), None),
            Err(RecvTimeoutError::Disconnected) => break child.wait()?,
        }
        // A grandchild that was left running keeps the pipe open: the program's own end counts, plus a moment for
        // what is still in the pipe.
        if let Some(status) = child.try_wait()? {
            let since = *ended.get_or_insert_with(Instant::now);
            if since.elapsed() > TICK * 5 {
                break status;
            }
        }
    };
    line.end(status.success());
    Ok(Finished { ok: status.success(), output, took: started.elapsed() })
}

/// Runs a short question to a program and returns its standard output; `None` when it is not there or says no.
pub fn ask(program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Cargo's messages in JSON say nothing to a person.
fn for_programs(line: &str) -> bool {
    line.starts_with("{\"reason\":")
}

/// The headline of a group of steps.
pub fn section(name: &str) {
    eprintln!("\n{name}");
}

/// Says that a step is done, for work that runs inside this program.
pub fn done(label: &str, started: Instant) {
    let mut line = Line { label: label.to_owned(), started, shown: started, latest: String::new(), terminal: false };
    line.end(true);
}

/// One line of progress.
struct Line {
    label: String,
    started: Instant,
    shown: Instant,
    latest: String,
    terminal: bool,
}

impl Line {
    fn start(label: &str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        if !terminal {
            eprintln!("  ..   {label}");
        }
        let now = Instant::now();
        Self { label: label.to_owned(), started: now, shown: now, latest: String::new(), terminal }
    }

    fn tick(&mut self, elapsed: Duration, latest: Option<&str>) {
        if let Some(text) = latest.map(str::trim).filter(|text| !text.is_empty() && !for_programs(text)) {
            text.clone_into(&mut self.latest);
        }
        let latest = &self.latest;
        if self.terminal {
            if self.shown.elapsed() < TICK {
                return;
            }
            let text = cut(&format!("{} · {latest}", self.label));
            eprint!("\r\x1b[2K  {:>3}s {text}", elapsed.as_secs());
            let _ = std::io::stderr().flush();
            self.shown = Instant::now();
        } else if self.shown.elapsed() >= SIGN_OF_LIFE {
            eprintln!("  ..   {} ({} s so far): {}", self.label, elapsed.as_secs(), cut(latest));
            self.shown = Instant::now();
        }
    }

    fn end(&mut self, ok: bool) {
        let clear = if self.terminal { "\r\x1b[2K" } else { "" };
        let word = if ok { "ok  " } else { "FAIL" };
        eprintln!("{clear}  {word} {} ({:.1} s)", self.label, self.started.elapsed().as_secs_f32());
    }
}

/// A program's line may be of any length.
fn cut(text: &str) -> String {
    text.chars().take(90).collect()
}

const TICK: Duration = Duration::from_millis(100);

/// How often a long step says that it is alive where there is no terminal.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::{ask, step};
    use std::process::Command;

    #[test]
    fn output_of_both_streams_is_kept_in_order() {
        let finished = step("order", Command::new("sh").args(["-c", "echo a; echo b >&2; echo c; exit 3"])).unwrap();
        assert_eq!(finished.output, "a\nb\nc\n");
        assert!(!finished.ok);
    }

    #[test]
    fn a_grandchild_that_lives_on_does_not_hold_the_step() {
        let finished = step("left running", Command::new("sh").args(["-c", "sleep 20 & echo done"])).unwrap();
        assert!(finished.ok && finished.took.as_secs() < 10, "{finished:?}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = step("missing", &mut Command::new("understudy-no-such-program")).unwrap_err();
        assert!(error.to_string().contains("understudy-no-such-program"), "{error}");
        assert_eq!(ask("understudy-no-such-program", &[]), None);
    }
}
