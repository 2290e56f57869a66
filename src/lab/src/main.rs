//! `lab [--port N] [--scenario FILE] [--speed X] [--sites DIR]`: the lab for a person with a browser.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; this is a program for a terminal"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use understudy_lab::{Lab, LabConfig, Scenario};

const USAGE: &str = "usage: lab [--port N] [--scenario FILE-or-name] [--speed X] [--sites DIR]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("lab: {why}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let mut config = LabConfig { port: 8443, ..LabConfig::default() };
    let mut scenario = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--help" || argument == "-h" {
            println!("{USAGE}\nscenarios: {}", Scenario::names().join(", "));
            return Ok(());
        }
        let value = arguments.next().ok_or(USAGE)?;
        match argument.as_str() {
            "--port" => config.port = value.parse().map_err(|_| format!("{value:?} is no port"))?,
            "--speed" => config.speed = value.parse().map_err(|_| format!("{value:?} is no number"))?,
            "--sites" => config.sites = PathBuf::from(value),
            "--scenario" => scenario = Some(read(&value)?),
            _ => return Err(format!("unknown argument {argument}\n{USAGE}")),
        }
    }
    let port = config.port;
    let lab = Lab::start(config).map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    tell(&lab);
    let playing = scenario.map(|scenario| {
        println!("\n{}\n{}\n", scenario.title, scenario.shows);
        lab.play(&scenario)
    });
    let mut steps = 0;
    let mut last = 0;
    loop {
        if let Some(playing) = &playing
            && let Some(done) = playing.done().get(steps)
        {
            println!("{}  {}", done.clock, done.say);
            steps += 1;
            continue;
        }
        let Some(seen) = lab.wait_for(Duration::from_millis(250), |seen| seen.id > last && seen.answered_at.is_some())
        else {
            continue;
        };
        last = seen.id;
        let status = seen.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        println!(
            "  {status:>3}  {} https://{}{}  {}",
            seen.method,
            seen.host,
            seen.path(),
            seen.fault.unwrap_or_default()
        );
    }
}

fn read(name: &str) -> Result<Scenario, String> {
    let path = Path::new(name);
    if path.exists() { Scenario::read(path) } else { Scenario::named(name) }.map_err(|error| error.to_string())
}

fn tell(lab: &Lab) {
    println!("The lab listens on 127.0.0.1:{}. Stop it with Ctrl+C.\n", lab.port());
    println!("Chromium, with an empty profile:");
    let quoted: Vec<String> = lab.chromium_arguments().iter().map(|argument| format!("  '{argument}'")).collect();
    println!(
        "  chromium --user-data-dir=\"$(mktemp -d)\" --no-first-run \\\n{} https://claude.ai/new",
        quoted.join(" \\\n")
    );
    println!("\nFirefox, in about:config of an empty profile (accept the certificate's warning for each host):");
    for (name, value) in lab.firefox_preferences() {
        println!("  {name} = {value}");
    }
}
