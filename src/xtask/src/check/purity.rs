//! The engine touches nothing: as wasm it links without a single import, and it is built from data crates only.

use super::Verdict;
use crate::build::WASM;
use crate::repo::Repo;
use crate::shell::step;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use wasmparser::{Parser, Payload};

/// Links the whole engine as a wasm module of its own and reads what it would import.
///
/// Dead code is kept: otherwise the linker would leave out everything, since nothing is exported, and an empty module
/// imports nothing either.
pub fn no_imports(repo: &Repo) -> Result<Verdict> {
    let mut command = repo.cargo();
    command
        .args(["rustc", "--package", "understudy-engine", "--lib", "--crate-type", "cdylib", "--target", WASM])
        // An optimised engine would lose what nobody calls before the linker sees it.
        .args(["--config", "profile.dev.package.understudy-engine.opt-level=0"])
        .args(["--", "-C", "link-dead-code", "-C", "link-arg=--no-gc-sections"]);
    step("link the engine alone", &mut command)?.or_fail("Linking the engine as a wasm module")?;
    let path = repo.target.join(WASM).join("debug/understudy_engine.wasm");
    Ok(verdict(&fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?))
}

fn verdict(wasm: &[u8]) -> Verdict {
    let found = imports(wasm).map_err(|error| format!("the module cannot be read: {error}"))?;
    if !found.imports.is_empty() {
        return Err(format!("it imports {}: the engine may not touch the world", found.imports.join(", ")));
    }
    // A contract function stands in the module's names, so the engine's code is really in there.
    if !found.linked {
        return Err("Engine::handle is not in the module: this gate would pass on anything".to_owned());
    }
    Ok(format!("{} functions, no import", found.functions))
}

struct Found {
    imports: Vec<String>,
    functions: u32,
    linked: bool,
}

fn imports(wasm: &[u8]) -> Result<Found> {
    let mut found = Found { imports: Vec::new(), functions: 0, linked: false };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    found.imports.push(format!("{}.{}", import.module, import.name));
                }
            }
            Payload::FunctionSection(section) => found.functions = section.count(),
            Payload::CustomSection(section) if section.name() == "name" => {
                let names = String::from_utf8_lossy(section.data());
                found.linked = names.contains("understudy_engine") && names.contains("6Engine6handle");
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Every crate below the engine is known to be pure data handling; a new one needs a look and a line here.
pub fn dependencies(repo: &Repo) -> Result<Verdict> {
    let output = repo
        .cargo()
        .args(["tree", "--package", "understudy-engine", "--target", WASM, "--edges", "normal,no-proc-macro"])
        .args(["--prefix", "none", "--format", "{p}"])
        .output()?;
    if !output.status.success() {
        return Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let crates: BTreeSet<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let unknown: Vec<&str> = crates.iter().copied().filter(|name| !PURE.contains(name)).collect();
    Ok(if unknown.is_empty() {
        Ok(format!("{} crates", crates.len()))
    } else {
        Err(format!(
            "the engine came to depend on {}: if it reads no clock, random source or network, name it in {}",
            unknown.join(", "),
            file!()
        ))
    })
}

/// The engine, serde with JSON, and what they are made of.
const PURE: [&str; 8] = ["understudy-engine", "serde", "serde_core", "serde_json", "itoa", "memchr", "ryu", "zmij"];

#[cfg(test)]
mod tests {
    use super::verdict;

    /// `(module (import "env" "now" (func)))`
    const WITH_IMPORT: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0b\x01\x03env\x03now\0\0";

    #[test]
    fn an_import_is_named() {
        assert!(verdict(WITH_IMPORT).unwrap_err().contains("env.now"));
    }

    #[test]
    fn an_empty_module_does_not_pass() {
        assert!(verdict(b"\0asm\x01\0\0\0").unwrap_err().contains("Engine::handle"));
    }
}
