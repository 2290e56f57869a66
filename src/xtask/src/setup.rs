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
    node()?;
    let sites = repo.sites();
    let lock = fs::read(sites.join("package-lock.json"))?;
    let stamp = sites.join("node_modules/.understudy-installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&sites);
    step("install the npm packages of the tests", &mut command)?.or_fail("`npm ci` in tests/sites")?;
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
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|wanted| wanted.find().is_none()).map(|wanted| wanted.package).collect();
    if !missing.is_empty() {
        apt(&missing)?;
    }
    let path = |index: usize| {
        let wanted: &Wanted = &PROGRAMS[index];
        wanted.find().ok_or_else(|| {
            anyhow::anyhow!("{} is still missing after installing it; set {}.", wanted.package, wanted.variable)
        })
    };
    Ok(Browsers { chromium: path(0)?, chromedriver: path(1)?, firefox: path(2)?, geckodriver: geckodriver(repo)? })
}

/// The person's home folder.
pub fn home() -> PathBuf {
    PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/root".into()))
}

/// geckodriver is not packaged: it is built once and kept for every checkout.
fn geckodriver(repo: &Repo) -> Result<PathBuf> {
    let named = std::env::var_os("GECKODRIVER").map(PathBuf::from);
    if let Some(path) = named {
        ensure!(path.is_file(), "GECKODRIVER is set to {}, which is not a file.", path.display());
        return Ok(path);
    }
    let root = repo::cache().join("geckodriver");
    let built = root.join("bin/geckodriver");
    if built.is_file() {
        return Ok(built);
    }
    if let Some(path) = on_path("geckodriver") {
        return Ok(path);
    }
    let mut command = repo.cargo();
    command.args(["install", "geckodriver", "--locked", "--version", GECKODRIVER, "--root"]).arg(&root);
    // Its own target folder: nothing of it belongs to this workspace.
    command.env_remove("CARGO_TARGET_DIR");
    step("build geckodriver (once, kept in the cache)", &mut command)?.or_fail("`cargo install geckodriver`")?;
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
fn apt(packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get update && apt-get install --yes {}", packages.join(" "));
    let root = ask("id", &["-u"]).is_some_and(|id| id == "0");
    let sudo = !root && ask("sudo", &["-n", "true"]).is_some();
    ensure!(
        on_path("apt-get").is_some(),
        "These programs are missing: {}. Install them with your system's package manager (on Debian: {by_hand}).",
        packages.join(", ")
    );
    ensure!(root || sudo, "These programs are missing: {}. Run: sudo sh -c \"{by_hand}\"", packages.join(", "));
    let run = |args: &[&str], label: &str| {
        let mut command = Command::new(if sudo { "sudo" } else { "apt-get" });
        if sudo {
            command.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        step(label, &mut command)?.or_fail(&format!("Installing with apt; by hand: {by_hand}. It"))
    };
    run(&["update", "-q"], "refresh the package lists")?;
    let mut install = vec!["install", "--yes", "-q", "--no-install-recommends"];
    install.extend(packages);
    run(&install, &format!("install {}", packages.join(", ")))?;
    Ok(())
}

/// A program, where a person may name it, what it may be called, and the Debian package that brings it.
struct Wanted {
    variable: &'static str,
    names: &'static [&'static str],
    package: &'static str,
}

impl Wanted {
    fn find(&self) -> Option<PathBuf> {
        let named = std::env::var_os(self.variable).map(PathBuf::from).filter(|path| path.is_file());
        named.or_else(|| self.names.iter().find_map(|name| on_path(name)))
    }
}

/// Branded Chrome is not looked for: it no longer takes an extension from the command line.
const PROGRAMS: [Wanted; 5] = [
    Wanted { variable: "CHROMIUM", names: &["chromium", "chromium-browser"], package: "chromium" },
    Wanted { variable: "CHROMEDRIVER", names: &["chromedriver"], package: "chromium-driver" },
    Wanted { variable: "FIREFOX", names: &["firefox-esr", "firefox", "firefox-devedition"], package: "firefox-esr" },
    Wanted { variable: "XVFB", names: &["Xvfb"], package: "xvfb" },
    Wanted { variable: "XDOTOOL", names: &["xdotool"], package: "xdotool" },
];

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
        let wanted = Wanted { variable: "UNDERSTUDY_NO_SUCH", names: &["understudy-no-such", "sh"], package: "sh" };
        assert_eq!(wanted.find(), on_path("sh"));
        assert_eq!(on_path("understudy-no-such"), None);
    }
}
