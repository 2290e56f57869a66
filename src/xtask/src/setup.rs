//! Finds what a command needs, and gets it where it can. What it cannot get is named with the command that does.

use crate::build::WASM;
use crate::repo::{self, Repo};
use crate::shell::{ask, step};
use anyhow::{Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs the end-to-end tests and the demo drive.
#[derive(Debug)]
pub struct Browsers {
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
    pub firefox: PathBuf,
    pub geckodriver: PathBuf,
}

impl Browsers {
    /// Hands the programs to a test or the demo, by the names that driver tools know.
    pub fn name_in(&self, command: &mut Command) {
        command
            .env("CHROMIUM", &self.chromium)
            .env("CHROMEDRIVER", &self.chromedriver)
            .env("FIREFOX", &self.firefox)
            .env("GECKODRIVER", &self.geckodriver);
    }
}

/// The wasm target. Where `RUSTUP_AUTO_INSTALL=0` is set, `rust-toolchain.toml` alone installs nothing and says nothing.
pub fn wasm(repo: &Repo) -> Result<()> {
    let present =
        ask("rustc", &["--print", "target-libdir", "--target", WASM]).is_some_and(|path| Path::new(&path).exists());
    if !present {
        rustup(repo, "add the wasm target", &["target", "add", WASM])?;
    }
    Ok(())
}

/// clippy and rustfmt.
pub fn components(repo: &Repo) -> Result<()> {
    for (program, name) in [("cargo-clippy", "clippy"), ("rustfmt", "rustfmt")] {
        if ask(program, &["--version"]).is_none() {
            rustup(repo, &format!("add {name}"), &["component", "add", name])?;
        }
    }
    Ok(())
}

/// The npm packages of `tests/sites`: the store's linter, the accessibility checker, the editors of the stand-in sites.
pub fn npm(repo: &Repo) -> Result<()> {
    packages(&repo.sites(), "install the npm packages of the tests", "tests/sites")
}

/// The optimiser of wasm modules, from the npm packages of `src/xtask/tools`.
pub fn optimiser(repo: &Repo) -> Result<PathBuf> {
    packages(&repo.tools(), "install the npm packages of the build", "src/xtask/tools")?;
    Ok(repo.tools().join("node_modules/binaryen/bin/wasm-opt"))
}

/// Installs what the lock file of a folder names, unless it is there.
fn packages(folder: &Path, label: &str, name: &str) -> Result<()> {
    node()?;
    let lock = fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.understudy-installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    step(label, &mut command)?.or_fail(&format!("`npm ci` in {name}, which needs the npm registry,"))?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// The stand-in sites, bundled from `tests/sites/src` with their real editors.
pub fn sites(repo: &Repo) -> Result<()> {
    npm(repo)?;
    let mut command = Command::new("npm");
    command.args(["run", "--silent", "build"]).current_dir(repo.sites());
    step("build the stand-in sites", &mut command)?.or_fail("`npm run build` in tests/sites")?;
    Ok(())
}

/// Node, at least the version the npm tools ask for.
pub fn node() -> Result<()> {
    let Some(version) = ask("node", &["--version"]) else {
        bail!("Node.js is missing: install version {NODE} or newer from https://nodejs.org.");
    };
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(
        major.is_some_and(|major| major >= NODE),
        "Node.js {version} is too old: install version {NODE} or newer from https://nodejs.org."
    );
    ensure!(
        ask("npm", &["--version"]).is_some(),
        "npm is missing: it comes with Node.js from https://nodejs.org, or as `apt-get install npm`."
    );
    Ok(())
}

/// Both browsers with their drivers, a display for what cannot be tested without one, and a pointer for it.
pub fn browsers(repo: &Repo) -> Result<Browsers> {
    let [chromium, chromedriver, firefox, _, _] = programs(&[CHROMIUM, CHROMEDRIVER, FIREFOX, XVFB, XDOTOOL])?;
    Ok(Browsers { chromium, chromedriver, firefox, geckodriver: geckodriver(repo)? })
}

/// The two browsers alone: Chromium, Firefox.
pub fn browsers_alone() -> Result<[PathBuf; 2]> {
    programs(&[CHROMIUM, FIREFOX])
}

/// Where these programs are; what is missing is installed, where that is possible.
fn programs<const N: usize>(wanted: &[Wanted; N]) -> Result<[PathBuf; N]> {
    let mut missing = Vec::new();
    for program in wanted {
        if program.find()?.is_none() {
            missing.push(program);
        }
    }
    if !missing.is_empty() {
        apt(&missing)?;
    }
    let mut found = wanted.each_ref().map(|_| PathBuf::new());
    for (program, place) in wanted.iter().zip(&mut found) {
        let path = program.find()?.ok_or_else(|| {
            anyhow::anyhow!("{} is still missing after installing it; set {}.", program.package, program.variable)
        })?;
        ensure!(
            !program.answers || ask(&path, &["--version"]).is_some(),
            "{} is there but does not start: look at what `{0} --version` says, install the package {} again, or set {} to \
             another one.",
            path.display(),
            program.package,
            program.variable
        );
        *place = path;
    }
    Ok(found)
}

/// The person's home folder.
pub fn home() -> PathBuf {
    PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/root".into()))
}

/// geckodriver is not packaged: it is built once and kept for every checkout. One that does not start is passed over.
fn geckodriver(repo: &Repo) -> Result<PathBuf> {
    let works = |path: &Path| ask(path, &["--version"]).is_some();
    if let Some(path) = std::env::var_os("GECKODRIVER").map(PathBuf::from) {
        ensure!(works(&path), "GECKODRIVER is set to {}, which does not start.", path.display());
        return Ok(path);
    }
    let root = repo::cache().join("geckodriver");
    let built = root.join("bin/geckodriver");
    if let Some(path) = [Some(built.clone()), on_path("geckodriver")].into_iter().flatten().find(|path| works(path)) {
        return Ok(path);
    }
    let mut command = repo.cargo();
    command.args(["install", "geckodriver", "--locked", "--force", "--version", GECKODRIVER, "--root"]).arg(&root);
    // Its own target folder: nothing of it belongs to this workspace.
    command.env_remove("CARGO_TARGET_DIR");
    step("build geckodriver (once, kept in the cache)", &mut command)?
        .or_fail("`cargo install geckodriver` (without it: set GECKODRIVER to one from elsewhere)")?;
    ensure!(works(&built), "{} was built but does not start.", built.display());
    Ok(built)
}

fn rustup(repo: &Repo, label: &str, args: &[&str]) -> Result<()> {
    ensure!(
        ask("rustup", &["--version"]).is_some(),
        "rustup is missing, so `rustup {}` cannot be run: install it from https://rustup.rs.",
        args.join(" ")
    );
    step(label, Command::new("rustup").args(args).current_dir(&repo.root))?
        .or_fail(&format!("`rustup {}`", args.join(" ")))?;
    Ok(())
}

/// Installs Debian packages, as root or with a sudo that does not ask.
fn apt(missing: &[&Wanted]) -> Result<()> {
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    let variables: Vec<&str> = missing.iter().map(|program| program.variable).collect();
    let by_hand = format!("apt-get update && apt-get install --yes {}", packages.join(" "));
    let root = ask("id", &["-u"]).is_some_and(|id| id == "0");
    let sudo = !root && ask("sudo", &["-n", "true"]).is_some();
    let them = format!(
        "These programs are missing: {}. If you have them in a place of your own, name them in {}.",
        packages.join(", "),
        variables.join(", ")
    );
    ensure!(
        on_path("apt-get").is_some(),
        "{them} Otherwise install them with your system's package manager (on Debian: {by_hand})."
    );
    ensure!(root || sudo, "{them} Otherwise run: sudo sh -c \"{by_hand}\"");
    let run = |args: &[&str], label: &str| {
        let mut command = Command::new(if sudo { "sudo" } else { "apt-get" });
        if sudo {
            command.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        step(label, &mut command)?.or_fail(&format!("`{by_hand}`"))
    };
    run(&["update", "-q"], "refresh the package lists")?;
    let mut install = vec!["install", "--yes", "-q", "--no-install-recommends"];
    install.extend(&packages);
    run(&install, &format!("install {}", packages.join(", ")))?;
    Ok(())
}

/// A program, where a person may name it, what it may be called, and the Debian package that brings it.
struct Wanted {
    variable: &'static str,
    names: &'static [&'static str],
    package: &'static str,
    /// Whether it answers `--version`.
    answers: bool,
}

impl Wanted {
    fn find(&self) -> Result<Option<PathBuf>> {
        if let Some(path) = std::env::var_os(self.variable).map(PathBuf::from) {
            ensure!(path.is_file(), "{} is set to {}, which is not a file.", self.variable, path.display());
            return Ok(Some(path));
        }
        Ok(self.names.iter().find_map(|name| on_path(name)))
    }
}

/// Branded Chrome is not looked for: it no longer takes an extension from the command line.
const CHROMIUM: Wanted =
    Wanted { variable: "CHROMIUM", names: &["chromium", "chromium-browser"], package: "chromium", answers: true };
const CHROMEDRIVER: Wanted =
    Wanted { variable: "CHROMEDRIVER", names: &["chromedriver"], package: "chromium-driver", answers: true };
const FIREFOX: Wanted = Wanted {
    variable: "FIREFOX",
    names: &["firefox-esr", "firefox", "firefox-devedition"],
    package: "firefox-esr",
    answers: true,
};
const XVFB: Wanted = Wanted { variable: "XVFB", names: &["Xvfb"], package: "xvfb", answers: false };
const XDOTOOL: Wanted = Wanted { variable: "XDOTOOL", names: &["xdotool"], package: "xdotool", answers: true };

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// What addons-linter 10 asks for.
const NODE: u32 = 20;

/// The release that knows Firefox 140 to 153.
const GECKODRIVER: &str = "0.37.0";

#[cfg(test)]
mod tests {
    use super::{Wanted, on_path};

    #[test]
    fn a_program_is_found_by_any_of_its_names() {
        let wanted = Wanted {
            variable: "UNDERSTUDY_NO_SUCH",
            names: &["understudy-no-such", "sh"],
            package: "sh",
            answers: false,
        };
        assert_eq!(wanted.find().unwrap(), on_path("sh"));
        assert_eq!(on_path("understudy-no-such"), None);
    }
}
