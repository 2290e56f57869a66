//! What is built for `cargo xtask` and what is built for the tests are the same crates with the same features. A crate whose
//! features differ is built twice, and with it everything above it: minutes of a first run.

use super::Verdict;
use crate::repo::Repo;
use anyhow::{Result, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// Compares the features that cargo resolves for both.
pub fn agree(repo: &Repo) -> Result<Verdict> {
    let xtask = tree(repo, &["--package", "xtask", "--edges", "normal,build"])?;
    let all = tree(repo, &["--workspace", "--edges", "normal,build,dev"])?;
    Ok(verdict(&parse(&xtask), &parse(&all)))
}

fn tree(repo: &Repo, arguments: &[&str]) -> Result<String> {
    let mut command = repo.cargo();
    let output = command.args(["tree", "--prefix", "none", "--format", "{p}|{f}"]).args(arguments).output()?;
    ensure!(output.status.success(), "`cargo tree` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Each crate with each set of features that it is built with.
fn parse(tree: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut crates: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, features) in tree.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|')) {
        crates.entry(name).or_default().insert(features);
    }
    crates
}

fn verdict(xtask: &BTreeMap<&str, BTreeSet<&str>>, all: &BTreeMap<&str, BTreeSet<&str>>) -> Verdict {
    let differing: Vec<String> = xtask
        .iter()
        .filter_map(|(name, features)| {
            let missing: Vec<&str> = all.get(name)?.symmetric_difference(features).copied().collect();
            (!missing.is_empty()).then(|| format!("{name} ({})", missing.join(" or ")))
        })
        .collect();
    if differing.is_empty() {
        return Ok(format!("{} crates", xtask.len()));
    }
    Err(format!(
        "built twice, because the features differ: {}. src/xtask/Cargo.toml makes them agree",
        differing.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{parse, verdict};

    #[test]
    fn a_crate_with_other_features_is_named() {
        let xtask = "serde v1.0.229|alloc,std\nlibc v0.2.1|std (*)\nxtask v0.1.0 (/a b)|\n";
        let same = "serde v1.0.229|alloc,std\nserde v1.0.229|alloc,std (*)\nlibc v0.2.1|std\nmore v1.0.0|x\n";
        assert_eq!(verdict(&parse(xtask), &parse(same)), Ok("3 crates".to_owned()));
        let other = same.replace("libc v0.2.1|std", "libc v0.2.1|extra_traits,std");
        let wrong = verdict(&parse(xtask), &parse(&other)).unwrap_err();
        assert!(wrong.contains("libc v0.2.1 (extra_traits,std or std)"), "{wrong}");
    }
}
