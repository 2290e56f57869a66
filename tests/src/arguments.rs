//! What the programs of this crate are asked for on their command line.

use crate::browser::Kind;
use anyhow::{Context, Result, bail};
use std::process::ExitCode;

/// What may be asked for beside `--browser NAME` and `--help`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// Options without a value.
    pub switches: &'static [&'static str],
    /// The option that has a whole number as its value; empty for none.
    pub number: &'static str,
    /// Whether a word may be given.
    pub word: bool,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The browser that was named.
    pub browser: Option<Kind>,
    /// The word; empty for none.
    pub word: String,
    /// The number.
    pub number: Option<usize>,
    switches: Vec<String>,
    help: bool,
}

impl Arguments {
    /// Reads the command line; where that is wrong, or help is all that is wanted, it says so, and this is how the program ends.
    pub fn read(known: Known, usage: &str) -> Result<Self, ExitCode> {
        match Self::parse(known, std::env::args().skip(1)) {
            Ok(arguments) if arguments.help => {
                print!("{usage}");
                Err(ExitCode::SUCCESS)
            }
            Ok(arguments) => Ok(arguments),
            Err(error) => {
                eprintln!("{error}\n\n{usage}");
                Err(ExitCode::from(2))
            }
        }
    }

    /// The browsers: the one that was named, or both.
    pub fn kinds(&self) -> Vec<Kind> {
        self.browser.map_or_else(|| Kind::BOTH.to_vec(), |kind| vec![kind])
    }

    /// Whether a switch was given.
    pub fn has(&self, switch: &str) -> bool {
        self.switches.iter().any(|given| given == switch)
    }

    fn parse(known: Known, all: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut found = Self::default();
        let mut all = all.into_iter();
        while let Some(argument) = all.next() {
            match argument.as_str() {
                "--browser" => {
                    let name = all.next().context("--browser needs a name")?;
                    let kind = Kind::BOTH.into_iter().find(|kind| kind.name() == name);
                    found.browser = Some(kind.context("there is only chromium and firefox")?);
                }
                "--help" | "-h" => found.help = true,
                switch if known.switches.contains(&switch) => found.switches.push(argument),
                option if !option.is_empty() && option == known.number => {
                    let number = all.next().and_then(|number| number.parse().ok());
                    found.number = Some(number.with_context(|| format!("{option} needs a whole number"))?);
                }
                word if known.word && !word.starts_with('-') => found.word = argument,
                other => bail!("what is {other:?}?"),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Known};
    use crate::browser::Kind;

    const KNOWN: Known = Known { switches: &["--watch"], number: "--rounds", word: true };

    fn parse(known: Known, line: &str) -> Result<Arguments, String> {
        Arguments::parse(known, line.split_whitespace().map(str::to_owned)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        let all = parse(KNOWN, "--rounds 3 --browser firefox handoff --watch").unwrap();
        assert_eq!((all.kinds(), all.number, all.word.as_str()), (vec![Kind::Firefox], Some(3), "handoff"));
        assert!(all.has("--watch") && !all.has("--readme"));
        let none = parse(Known::default(), "").unwrap();
        assert_eq!((none.kinds(), none), (Kind::BOTH.to_vec(), Arguments::default()));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (line, error) in [
            ("--browser", "--browser needs a name"),
            ("--browser safari", "there is only chromium and firefox"),
            ("--rounds", "--rounds needs a whole number"),
            ("--rounds many", "--rounds needs a whole number"),
            ("--wach", "what is \"--wach\"?"),
        ] {
            assert_eq!(parse(KNOWN, line), Err(error.to_owned()), "{line}");
        }
        assert_eq!(parse(Known::default(), "word"), Err("what is \"word\"?".to_owned()));
        assert!(parse(Known::default(), "--rounds 3").is_err() && parse(KNOWN, "-h").unwrap().help);
    }
}
