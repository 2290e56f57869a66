//! Child processes that never outlive their owner.

use crate::died::Lines;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A child process; dropping it kills it and everything that it started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    lines: Lines,
}

impl Process {
    /// Starts `command` without input or output.
    pub fn start(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, name, lines: Lines::default() })
    }

    /// Starts `command` and waits until `find` recognises a line of its standard output. The last lines that it prints are kept.
    pub fn start_and_read<T: Send + 'static>(
        mut command: Command,
        find: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> Result<(Self, T)> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let process = Self { child, name, lines: Lines::default() };
        let (send, receive) = mpsc::channel();
        process.lines.keep(stderr.context("no standard error")?, |_| ());
        process.lines.keep(stdout.context("no standard output")?, move |line| {
            if let Some(found) = find(line) {
                let _ = send.send(found);
            }
        });
        match receive.recv_timeout(START_LIMIT) {
            Ok(found) => Ok((process, found)),
            Err(_) => bail!("{} did not say that it is ready", process.name),
        }
    }

    /// The last lines that it, and whatever it started, have printed so far.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The tree is read before its root dies: orphans lose their parent's id.
        let tree = descendants(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
        for id in &tree {
            signal(*id, Signal::KILL);
        }
        let start = Instant::now();
        while tree.iter().any(|id| fs::exists(format!("/proc/{id}/exe")).unwrap_or(false))
            && start.elapsed() < STOP_LIMIT
        {
            thread::yield_now();
        }
    }
}

/// Kills a process and everything it started, by its id: for a browser that must die without a goodbye.
pub fn kill_tree(id: u32) {
    for id in descendants(id).into_iter().chain([id]) {
        signal(id, Signal::KILL);
    }
}

/// Ends every process that this one has started, and then this one, when it is interrupted or told to end.
pub fn leave_nothing_behind() -> Result<()> {
    ctrlc::set_handler(|| {
        for id in descendants(std::process::id()) {
            signal(id, Signal::KILL);
        }
        std::process::exit(130);
    })
    .context("cannot watch for an interrupt")
}

/// Every process below `root`, from `/proc`; empty where there is none.
fn descendants(root: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // `id (name) state parent …`; the name may hold anything, so count from its closing bracket.
        let parent = stat.rfind(')').and_then(|end| stat[end + 1..].split_whitespace().nth(1)?.parse::<u32>().ok());
        if let Some(parent) = parent {
            parents.push((id, parent));
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let current = found[next];
        found.extend(parents.iter().filter(|(_, parent)| *parent == current).map(|(id, _)| *id));
        next += 1;
    }
    found.remove(0);
    found
}

fn signal(id: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_process_takes_its_children_along() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000 & echo $!; wait"]);
        let (process, child) = Process::start_and_read(command, |line| line.trim().parse::<u32>().ok()).unwrap();
        assert!(fs::exists(format!("/proc/{child}")).unwrap());
        drop(process);
        assert!(!fs::exists(format!("/proc/{child}/exe")).unwrap_or(false));
    }
}
