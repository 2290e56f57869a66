//! A browser that is gone, told apart from everything that may still come true.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tungstenite::Error as Socket;

/// The browser or its driver has ended: whatever is asked of it from now on fails, so nobody need wait for it.
///
/// It is found in an error by [`Died::in_error`], whatever context was put around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Died {
    /// What was answered instead.
    pub answer: String,
    /// What driver and browser printed last, oldest first.
    pub last: Vec<String>,
}

/// The last lines that a driver, and the browser it started, have printed.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<VecDeque<String>>>);

impl Died {
    /// The death that an error tells of, if it does.
    pub fn in_error(error: &anyhow::Error) -> Option<&Self> {
        error.downcast_ref()
    }

    /// What an error of the `WebDriver` protocol means, by its code and message, if it means that the session is over.
    pub(crate) fn by_answer(code: &str, message: &str, lines: &Lines) -> Option<Self> {
        let over =
            CODES.contains(&code) || MESSAGES.iter().any(|piece| code.contains(piece) || message.contains(piece));
        over.then(|| Self::now(format!("{code}: {}", message.lines().next().unwrap_or_default()), lines))
    }

    /// What an error of a connection to driver or browser means, if it means that nobody is there. A mere silence is none: a page may
    /// hang and its browser live.
    pub(crate) fn by_connection(error: &io::Error, lines: &Lines) -> Option<Self> {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, UnexpectedEof};
        let gone = [BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, UnexpectedEof];
        gone.contains(&error.kind()).then(|| Self::now(format!("no connection: {error}"), lines))
    }

    /// The same for the browser's own socket.
    pub(crate) fn by_socket(error: &Socket, lines: &Lines) -> Option<Self> {
        match error {
            Socket::Io(error) => Self::by_connection(error, lines),
            Socket::ConnectionClosed | Socket::AlreadyClosed | Socket::Protocol(_) => {
                Some(Self::now(format!("no connection: {error}"), lines))
            }
            _ => None,
        }
    }

    fn now(answer: String, lines: &Lines) -> Self {
        Self { answer, last: lines.all() }
    }
}

impl fmt::Display for Died {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the browser died ({})", self.answer)?;
        if self.last.is_empty() {
            return write!(f, "; it printed nothing");
        }
        write!(f, "; it printed last:")?;
        self.last.iter().try_for_each(|line| write!(f, "\n  | {line}"))
    }
}

impl std::error::Error for Died {}

impl Lines {
    /// Reads an output to its end beside everything else, so that its writer never blocks on a full pipe; `seen` is shown every line.
    pub(crate) fn keep(&self, output: impl io::Read + Send + 'static, mut seen: impl FnMut(&str) + Send + 'static) {
        let lines = self.clone();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line);
                seen(&text);
                // A machine without a desktop is complained of all the time; it has killed nobody.
                if !text.contains("dbus/") {
                    lines.push(text.trim_end());
                }
                line.clear();
            }
        });
    }

    fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line.chars().take(WIDTH).collect());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The codes of the protocol, and of chromedriver, for a session that is over or never began.
const CODES: [&str; 4] = ["invalid session id", "session not created", "disconnected", "tab crashed"];
/// What both drivers call an unknown error, and is none.
const MESSAGES: [&str; 6] = [
    // geckodriver, when Firefox is gone.
    "Failed to decode response from marionette",
    "Failed to write request to marionette",
    "Tried to run command without establishing a connection",
    // chromedriver, when Chromium or the page's process is gone.
    "chrome not reachable",
    "session deleted",
    "not connected to DevTools",
];
/// Enough for a crash's own words, and the screen still shows what failed.
const KEPT: usize = 20;
const WIDTH: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::{PATIENT, until};
    use anyhow::Context;
    use std::time::{Duration, Instant};

    fn said(lines: &[&str]) -> Lines {
        let kept = Lines::default();
        for line in lines {
            kept.push(line);
        }
        kept
    }

    #[test]
    fn a_session_that_is_over_is_a_death_and_a_missing_element_is_none() {
        let lines = said(&["Segmentation fault"]);
        for (code, message) in [
            ("invalid session id", ""),
            ("session not created", "Process unexpectedly closed with status 1"),
            ("unknown error", "Failed to decode response from marionette"),
            ("unknown error", "session deleted because of page crash\nfrom tab crashed"),
            ("disconnected", "not connected to DevTools"),
        ] {
            let died = Died::by_answer(code, message, &lines).expect(code);
            assert!(died.to_string().contains("Segmentation fault"), "{died}");
        }
        for code in ["no such element", "no such window", "timeout", "stale element reference", "javascript error"] {
            assert_eq!(Died::by_answer(code, "the page says: died", &lines), None);
        }
    }

    #[test]
    fn a_refused_connection_is_a_death_and_silence_is_none() {
        let lines = Lines::default();
        assert!(Died::by_connection(&io::Error::from(io::ErrorKind::ConnectionRefused), &lines).is_some());
        assert_eq!(Died::by_connection(&io::Error::from(io::ErrorKind::TimedOut), &lines), None);
        assert!(Died::by_socket(&Socket::ConnectionClosed, &lines).is_some());
        assert_eq!(Died::by_socket(&Socket::Io(io::Error::from(io::ErrorKind::WouldBlock)), &lines), None);
    }

    #[test]
    fn nobody_waits_for_the_dead() {
        let start = Instant::now();
        let error = until::<()>("an answer", PATIENT, || {
            let died = Died::by_answer("invalid session id", "", &said(&["out of memory"])).context("no death")?;
            Err(anyhow::Error::new(died).context("looking at the page"))
        })
        .unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(
            Died::in_error(&error).map(|died| died.last.as_slice()),
            Some(["out of memory".to_owned()].as_slice())
        );
        assert!(format!("{error:#}").contains("an answer"), "{error:#}");
    }

    #[test]
    fn the_last_lines_are_kept_and_no_more() {
        let lines = Lines::default();
        for number in 0..=KEPT {
            lines.push(&number.to_string());
        }
        let all = lines.all();
        assert_eq!((all.len(), all[0].as_str(), all[KEPT - 1].as_str()), (KEPT, "1", "20"));
    }
}
