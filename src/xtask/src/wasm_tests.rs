//! The unit tests of the wasm crates, inside real browsers.
//!
//! wasm-bindgen has a program of its own for this. It is a second copy of what `build` needs of wasm-bindgen, with a web
//! server, an HTTP client and a command line around it: 380 CPU seconds of compiling. What is left here is what is needed of
//! it: bindings, a folder on a port of this machine, and a browser that is started on it and ended when it has reported.

use crate::build::WASM;
use crate::repo::{self, Repo};
use crate::shell::{self, step};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};
use wasm_bindgen_cli_support::Bindgen;
use wasmparser::{Parser, Payload};

/// The crates that run inside a browser.
pub const PACKAGES: [&str; 3] = ["understudy-browser", "understudy-background", "understudy-pages"];

/// A browser as a place for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Chromium,
    Firefox,
}

impl Place {
    /// Both, always.
    pub const ALL: [Self; 2] = [Self::Chromium, Self::Firefox];

    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
        }
    }
}

/// One test binary of a crate, with its bindings.
#[derive(Debug)]
pub struct Suite {
    /// The crate's package.
    pub package: String,
    folder: PathBuf,
    /// The exports that are tests.
    tests: Vec<String>,
}

impl Suite {
    /// Whether it has a test with the filter's word.
    pub fn is_wanted(&self) -> bool {
        !self.tests.is_empty()
    }

    /// Chrome runs the background in a worker and Firefox in a page: so are its tests.
    fn in_worker(&self, place: Place) -> bool {
        self.package == "understudy-background" && place == Place::Chromium
    }
}

/// Compiles the tests of all wasm crates and makes their bindings. What does not compile is shown and is an error.
pub fn compile(repo: &Repo, filter: &str) -> Result<Vec<Suite>> {
    let mut command = repo.cargo();
    command.args([
        "test",
        "--no-run",
        "--message-format=json-render-diagnostics",
        "--target",
        WASM,
        "--lib",
        "--tests",
    ]);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    // A panic names its line by itself; debug information would be read and written once more for the bindings.
    command.env("CARGO_PROFILE_DEV_DEBUG", "false");
    let output = step("compile the wasm tests", &mut command)?.or_fail("Compiling the wasm tests")?;
    let started = Instant::now();
    let root = repo.target.join("wasm-tests");
    let mut suites = Vec::new();
    for repo::Executable { package, target, path: wasm } in repo::executables(&output) {
        let folder = root.join(format!("{package}-{target}"));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let bytes = fs::read(&wasm).with_context(|| format!("{} cannot be read", wasm.display()))?;
        let tests = tests(&bytes, filter)?;
        // Without a test the harness is not in the module.
        if !tests.is_empty() {
            Bindgen::new()
                .input_path(&wasm)
                .out_name("suite")
                .web(true)?
                .typescript(false)
                .debug(true)
                // The tests are plain exports, and `main` is none of them.
                .export_wasm(true)
                .emit_start(false)
                .generate(&folder)
                .with_context(|| format!("the bindings of {} cannot be generated", wasm.display()))?;
        }
        suites.push(Suite { package, folder, tests });
    }
    shell::done("make the bindings of the wasm tests", started);
    Ok(suites)
}

/// Runs all suites in one browser; what each crate's tests reported.
pub fn run(repo: &Repo, program: &Path, place: Place, suites: &[Suite]) -> Result<Vec<(String, String)>> {
    let suites: Vec<&Suite> = suites.iter().filter(|suite| suite.is_wanted()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").context("no port on this machine for the wasm tests")?;
    let address = listener.local_addr()?;
    let pages: Vec<Page> = suites
        .iter()
        .enumerate()
        .map(|(number, suite)| Page {
            folder: suite.folder.clone(),
            html: page(number, suite, place, number + 1 < suites.len()),
        })
        .collect();
    let (sender, reports) = mpsc::channel();
    let pages = Arc::new(pages);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (pages, sender) = (Arc::clone(&pages), sender.clone());
            // A connection that breaks is the browser's business; it asks again.
            std::thread::spawn(move || answer(stream, &pages, &sender));
        }
    });
    if suites.is_empty() {
        return Ok(Vec::new());
    }
    let mut browser = Running::start(repo, program, place, &format!("http://{address}/0/"))?;
    let mut outcome = Vec::new();
    for (number, suite) in suites.iter().enumerate() {
        let report = browser.wait_for(number, &reports);
        let broken = report.is_err();
        outcome.push((suite.package.clone(), report.unwrap_or_else(|error| format!("{error:#}"))));
        if broken {
            // The ones behind it were not reached.
            break;
        }
    }
    Ok(outcome)
}

/// A suite as the server has it.
struct Page {
    folder: PathBuf,
    html: String,
}

fn page(number: usize, suite: &Suite, place: Place, more: bool) -> String {
    let suite = serde_json::json!({
        "folder": format!("/{number}"),
        "tests": suite.tests,
        "worker": suite.in_worker(place),
        "next": more.then(|| format!("/{}/", number + 1)),
    });
    // A name in a module may hold anything; in a page `<` may not stand inside a script.
    include_str!("wasm_tests/page.html").replace("SUITE", &suite.to_string().replace('<', "\\u003c"))
}

/// A browser that ends with this value.
struct Running {
    child: Child,
    name: &'static str,
    profile: PathBuf,
}

impl Running {
    fn start(repo: &Repo, program: &Path, place: Place, url: &str) -> Result<Self> {
        let profile = repo.target.join("wasm-tests").join(format!("profile-{}", place.name()));
        if profile.exists() {
            fs::remove_dir_all(&profile)?;
        }
        fs::create_dir_all(&profile)?;
        let mut command = Command::new(program);
        match place {
            Place::Chromium => {
                // A root user's Chromium has no sandbox, and a headless one needs no graphics card.
                command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]);
                command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
                let mut folder = std::ffi::OsString::from("--user-data-dir=");
                folder.push(&profile);
                command.arg(folder);
            }
            Place::Firefox => {
                fs::write(profile.join("user.js"), PREFERENCES)?;
                command.args(["--headless", "--no-remote", "--profile"]).arg(&profile);
            }
        }
        let log = fs::File::create(profile.join("output.log"))?;
        command.arg(url).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command
            .spawn()
            .with_context(|| format!("{} cannot be started", command.get_program().to_string_lossy()))?;
        Ok(Self { child, name: place.name(), profile })
    }

    fn wait_for(&mut self, number: usize, reports: &Receiver<(usize, String)>) -> Result<String> {
        let turns = PATIENCE.as_millis() / TICK.as_millis();
        for _ in 0..turns {
            match reports.recv_timeout(TICK) {
                Ok((from, report)) if from == number => return Ok(report),
                Ok(_) => {}
                Err(_) => {
                    if let Some(status) = self.child.try_wait()? {
                        let output = fs::read(self.profile.join("output.log")).unwrap_or_default();
                        bail!("{} ended ({status}):\n{}", self.name, String::from_utf8_lossy(&output).trim());
                    }
                }
            }
        }
        bail!("{} has not reported within {} s", self.name, PATIENCE.as_secs());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to save. Its folder is emptied before the next run anyhow.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// Answers one request of the browser.
fn answer(stream: TcpStream, pages: &[Page], reports: &Sender<(usize, String)>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    let (status, kind, body) = if method == "POST" {
        let mut report = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut report)?;
        if let Some(number) = path.strip_suffix("/report").and_then(|path| path.trim_start_matches('/').parse().ok()) {
            let _ = reports.send((number, String::from_utf8_lossy(&report).into_owned()));
        }
        ("204 No Content", "text/plain", Vec::new())
    } else {
        match file(&path, pages) {
            Some((kind, body)) => ("200 OK", kind, body),
            None => ("404 Not Found", "text/plain", Vec::new()),
        }
    };
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

/// `/run.js`, `/3/` (the page of a suite), `/3/suite.js` and whatever else its bindings need.
fn file(path: &str, pages: &[Page]) -> Option<(&'static str, Vec<u8>)> {
    if path == "/run.js" {
        return Some(("text/javascript", include_bytes!("wasm_tests/run.js").to_vec()));
    }
    let (number, name) = path.strip_prefix('/')?.split_once('/')?;
    let page = pages.get(number.parse::<usize>().ok()?)?;
    if name.is_empty() {
        return Some(("text/html", page.html.clone().into_bytes()));
    }
    let inside = name.split('/').all(|part| !part.is_empty() && part != "..");
    let kind = match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    inside.then(|| fs::read(page.folder.join(name)).ok()).flatten().map(|body| (kind, body))
}

/// The exports of a test binary that are tests: `__wbgt_`, the letters of the attributes, `_`, the crate, `::`, the name.
fn tests(wasm: &[u8], filter: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(exports) = payload? {
            for export in exports {
                let name = export?.name;
                if name.starts_with("__wbgt_") && name.split_once("::").is_some_and(|(_, name)| name.contains(filter)) {
                    found.push(name.to_owned());
                }
            }
        }
    }
    Ok(found)
}

/// What a fresh profile of Firefox would do at its start beside opening the page.
const PREFERENCES: &str = "\
user_pref('browser.aboutwelcome.enabled', false);
user_pref('browser.shell.checkDefaultBrowser', false);
user_pref('browser.startup.homepage_override.mstone', 'ignore');
user_pref('browser.startup.page', 0);
user_pref('datareporting.policy.dataSubmissionEnabled', false);
user_pref('toolkit.telemetry.reportingpolicy.firstRun', false);
user_pref('app.normandy.enabled', false);
user_pref('app.update.enabled', false);
user_pref('network.captive-portal-service.enabled', false);
user_pref('network.connectivity-service.enabled', false);
user_pref('services.settings.server', 'data:,#remote-settings-dummy/v1');
";

/// How long a suite may take, the start of its browser included.
const PATIENCE: Duration = Duration::from_secs(120);

const TICK: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::{Page, file, page, tests};
    use super::{Place, Suite};
    use std::path::PathBuf;

    #[test]
    fn exports_of_tests_are_told_from_others() {
        // A module with one function type, one function and these exports of it.
        let names = ["__wbgt__words::clock", "__wbgt_$_words::later", "__wbg_closure", "memory"];
        let mut exports = vec![u8::try_from(names.len()).unwrap()];
        for name in names {
            exports.push(u8::try_from(name.len()).unwrap());
            exports.extend(name.bytes());
            exports.extend([0, 0]);
        }
        let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07".to_vec();
        wasm.push(u8::try_from(exports.len()).unwrap());
        wasm.extend(exports);
        wasm.extend(b"\x0a\x04\x01\x02\0\x0b");
        assert_eq!(tests(&wasm, "").unwrap(), [names[0], names[1]]);
        assert_eq!(tests(&wasm, "clo").unwrap(), [names[0]]);
        assert!(tests(&wasm, "words").unwrap().is_empty(), "the crate is not a part of the name");
    }

    #[test]
    fn only_the_folder_of_a_suite_is_served() {
        let folder = std::env::temp_dir().join(format!("understudy wasm {}", std::process::id()));
        std::fs::create_dir_all(folder.join("snippets")).unwrap();
        std::fs::write(folder.join("snippets/a.js"), "a").unwrap();
        let pages = [Page { folder: folder.clone(), html: "page".into() }];
        assert_eq!(file("/0/", &pages), Some(("text/html", b"page".to_vec())));
        assert_eq!(file("/0/snippets/a.js", &pages), Some(("text/javascript", b"a".to_vec())));
        for path in ["/", "/1/", "/0/..", "/0/../x", "/0//etc/passwd", "/0/none.js", "/favicon.ico", ""] {
            assert_eq!(file(path, &pages), None, "{path}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn chromium_runs_the_background_in_a_worker() {
        let suite =
            |package: &str| Suite { package: package.into(), folder: PathBuf::new(), tests: vec!["</x".into()] };
        let background = page(2, &suite("understudy-background"), Place::Chromium, true);
        assert!(background.contains(r#""worker":true"#) && background.contains(r#""next":"/3/""#), "{background}");
        assert!(!background.contains("</x"));
        assert!(page(0, &suite("understudy-background"), Place::Firefox, false).contains(r#""worker":false"#));
        assert!(page(0, &suite("understudy-pages"), Place::Chromium, false).contains(r#""worker":false"#));
    }
}
