//! A screen of its own for a browser that must have a window.

use crate::process::Process;
use anyhow::Result;
use std::process::Command;

/// An `Xvfb` server; dropping it ends it.
#[derive(Debug)]
pub struct Display {
    _process: Process,
    /// Its name, as in `DISPLAY`.
    pub name: String,
}

impl Display {
    /// Starts a server on the first free number.
    pub fn start() -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x1000x24", "-nolisten", "tcp"]);
        let (process, number) = Process::start_and_read(command, |line| line.trim().parse::<u32>().ok())?;
        Ok(Self { _process: process, name: format!(":{number}") })
    }
}
