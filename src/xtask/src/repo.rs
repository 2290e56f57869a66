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
        #[derive(serde::Deserialize)]
        struct Metadata {
            workspace_root: PathBuf,
            target_directory: PathBuf,
        }
        // `cargo run` says where the package is now; the compiled-in path is where it was built.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).ancestors().nth(2).context("xtask stands in src/xtask")?;
        let output = cargo(root)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cargo cannot be started; install it from https://rustup.rs")?;
        let metadata: Metadata = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Cargo, in the checkout.
    pub fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// What is shipped, per browser: `dist/chrome`, `dist/firefox`, and the packages beside them.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Front-ends of the stand-in sites, and the npm tools of the tests.
    pub fn sites(&self) -> PathBuf {
        self.root.join("tests/sites")
    }
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
