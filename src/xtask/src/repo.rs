//! Where things are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout, and where its results go.
pub struct Repo {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder, wherever the user put it.
    pub target: PathBuf,
    /// The one version of everything, from the workspace.
    pub version: String,
}

impl Repo {
    /// Asks cargo where this checkout and its target folder are.
    pub fn find() -> Result<Self> {
        // `cargo run` says where the package is now; the compiled-in path is where it was built.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).ancestors().nth(2).context("xtask stands in src/xtask")?;
        let metadata = metadata(root)?;
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// The packages with benchmarks, by name.
    pub fn with_benchmarks(&self) -> Result<Vec<String>> {
        let packages = metadata(&self.root)?.packages.into_iter();
        let with =
            packages.filter(|package| package.targets.iter().any(|target| target.kind.iter().any(|k| k == "bench")));
        Ok(with.map(|package| package.name).collect())
    }

    /// Cargo, in the checkout.
    pub fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// What is shipped, per browser: `dist/chrome`, `dist/firefox`, and the packages beside them.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The npm tools of the build.
    pub fn tools(&self) -> PathBuf {
        self.root.join("src/xtask/tools")
    }

    /// Front-ends of the stand-in sites, and the npm tools of the tests.
    pub fn sites(&self) -> PathBuf {
        self.root.join("tests/sites")
    }
}

/// A program or a test that cargo has built.
#[derive(Debug, PartialEq, Eq)]
pub struct Executable {
    /// The package it belongs to.
    pub package: String,
    /// The name of its target.
    pub target: String,
    pub path: PathBuf,
}

/// Every program in cargo's output with `--message-format=json…`.
pub fn executables(output: &str) -> Vec<Executable> {
    let messages = output.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let built = messages.filter_map(|message| {
        // `path+file:///home/me/understudy/src/cli#understudy-cli@0.1.0`, or `…/src/xtask#0.1.0` where folder and package
        // have one name.
        let (folder, id) = message["package_id"].as_str()?.rsplit_once('#')?;
        let package =
            id.split_once('@').map_or_else(|| folder.rsplit('/').next().unwrap_or_default(), |(name, _)| name);
        Some(Executable {
            package: package.to_owned(),
            target: message["target"]["name"].as_str()?.to_owned(),
            path: message["executable"].as_str()?.into(),
        })
    });
    built.collect()
}

/// What `cargo metadata` says, as far as it is of use here.
#[derive(serde::Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
}

#[derive(serde::Deserialize)]
struct Target {
    kind: Vec<String>,
}

fn metadata(root: &Path) -> Result<Metadata> {
    let output = cargo(root)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cargo cannot be started; install it from https://rustup.rs")?;
    serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Tools that are built once for all checkouts live here.
pub fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/tmp".into())).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("understudy")
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    // Set by the `cargo run` that started this program; they are about xtask and would confuse the inner cargo.
    for name in std::env::vars_os().map(|(name, _)| name) {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") || text == "CARGO_BIN_NAME" {
            command.env_remove(&name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::{Executable, executables};

    #[test]
    fn programs_are_found_among_the_messages() {
        let messages = r#"
   Compiling understudy-browser v0.1.0
{"reason":"compiler-artifact","package_id":"path+file:///a b/src/browser#understudy-browser@0.1.0","target":{"name":"words"},"executable":"/a b/words-1.wasm"}
{"reason":"compiler-artifact","package_id":"path+file:///a b/src/xtask#0.1.0","target":{"name":"xtask"},"executable":"/x"}
{"reason":"compiler-artifact","package_id":"registry+https://x#serde@1.0.0","target":{"name":"serde"},"executable":null}
{"reason":"build-finished","success":true}"#;
        let built = |package: &str, target: &str, path: &str| Executable {
            package: package.into(),
            target: target.into(),
            path: path.into(),
        };
        assert_eq!(
            executables(messages),
            [built("understudy-browser", "words", "/a b/words-1.wasm"), built("xtask", "xtask", "/x")]
        );
    }
}
