//! `build`: the extension for both browsers, unpacked and packed, from one source and always the same bytes.

use crate::manifest::{Browser, manifest};
use crate::repo::Repo;
use crate::{catalogue, imports, pack, panics, setup, shell, site};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

/// The wasm modules that are shipped, by the name of their files.
pub const MODULES: [(&str, &str); 2] = [("background", "understudy-background"), ("pages", "understudy-pages")];

/// The website's module.
pub const SITE: (&str, &str) = ("site", "understudy-site");

/// The triple of everything that runs inside a browser.
pub const WASM: &str = "wasm32-unknown-unknown";

/// Files by their path inside the extension.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// What was built.
pub struct Built {
    /// What each browser gets.
    pub extension: Vec<(Browser, Contents)>,
    /// The website.
    pub site: Contents,
}

/// Builds `dist/`.
pub fn build(repo: &Repo) -> Result<Built> {
    setup::wasm(repo)?;
    let optimiser = setup::optimiser(repo)?;
    shell::step("compile the extension to wasm", &mut compile(repo)?)?.or_fail("Compiling the extension to wasm")?;
    let common = common(repo, &optimiser)?;
    let started = Instant::now();
    let source = fs::read_to_string(repo.root.join("extension").join(MANIFEST))
        .context("extension/manifest.json cannot be read")?;
    let mut built = Vec::new();
    for browser in Browser::ALL {
        let manifest = manifest(&source, browser, &repo.version, &catalogue::optional_hosts())?;
        let mut contents = common.clone();
        contents.insert(MANIFEST.to_owned(), (serde_json::to_string_pretty(&manifest)? + "\n").into_bytes());
        missing(&manifest, &contents)?;
        pack::fill(&repo.dist().join(browser.name()), &contents)?;
        pack::zip(&package(repo, browser), &contents)?;
        built.push((browser, contents));
    }
    let mut page = site::contents(repo)?;
    for (file, mut bytes) in bound(repo, &optimiser, SITE)? {
        if file == "site.js" {
            bytes.extend_from_slice(site::START.as_bytes());
        }
        page.insert(file, bytes);
    }
    pack::fill(&repo.dist().join("www"), &page)?;
    shell::done("put dist/chrome, dist/firefox, their packages and dist/www together", started);
    Ok(Built { extension: built, site: page })
}

/// The store package of a browser.
pub fn package(repo: &Repo, browser: Browser) -> std::path::PathBuf {
    repo.dist().join(format!("understudy-{}.zip", browser.name()))
}

/// The compiler call. Paths of this machine are mapped away, so that two machines build the same bytes, and to short ones: they stand
/// in the modules, wherever a panic says its place.
fn compile(repo: &Repo) -> Result<Command> {
    let mut command = repo.cargo();
    command.args(["build", "--target", WASM, "--profile", PROFILE, "--lib"]);
    for (_, package) in MODULES.into_iter().chain([SITE]) {
        command.args(["--package", package]);
    }
    let home = std::env::var_os("CARGO_HOME").map_or_else(|| setup::home().join(".cargo"), Into::into);
    let sysroot = shell::ask("rustc", &["--print", "sysroot"]).context("rustc does not say where it is installed")?;
    let map = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let mut flags = vec![
        map(&home, "/c"),
        map(&Path::new(&sysroot).join("lib/rustlib/src/rust/library"), "/r"),
        map(&repo.root, "/u"),
    ];
    // Named after the index it comes from, which may be a mirror. The last flag that fits a path counts.
    for registry in fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten() {
        flags.push(map(&registry.path(), "/c"));
    }
    // The encoded form, because a path may hold a space. Host tools are not affected: cargo keeps these for the target.
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")).env_remove("RUSTFLAGS");
    Ok(command)
}

/// Everything but the manifest: `extension/` as it is, and the wasm modules with their bindings.
fn common(repo: &Repo, optimiser: &Path) -> Result<Contents> {
    let mut contents = Contents::new();
    for (name, path) in pack::files(&repo.root.join("extension"))? {
        if name != MANIFEST {
            contents.insert(name, fs::read(path)?);
        }
    }
    for module in MODULES {
        for (file, bytes) in bound(repo, optimiser, module)? {
            contents.insert(format!("wasm/{file}"), bytes);
        }
    }
    Ok(contents)
}

/// A module, made small, and its bindings.
fn bound(repo: &Repo, optimiser: &Path, (name, package): (&str, &str)) -> Result<Contents> {
    let module = repo.target.join(WASM).join(PROFILE).join(package.replace('-', "_")).with_extension("wasm");
    let out = repo.target.join("bindings").join(name);
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    // What has panicked in the background is begun anew.
    let last = (package == MODULES[0].1).then_some("renew");
    let silenced = fs::read(&module)
        .map_err(Into::into)
        .and_then(|made| panics::silenced(&made, last))
        .with_context(|| format!("{} cannot be made silent", module.display()))?;
    Bindgen::new()
        .input_bytes(name, silenced)
        .out_name(name)
        .web(true)?
        .typescript(false)
        // `init()` finds the module beside its bindings.
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&out)
        .with_context(|| format!("the bindings of {} cannot be generated", module.display()))?;
    let (module, script) = (out.join(format!("{name}_bg.wasm")), out.join(format!("{name}.js")));
    optimise(optimiser, &module, &repo.target.join("optimised").join(name))?;
    let bindings = format!("./{name}_bg.js");
    let (short, named) = imports::shortened(&fs::read(&module)?, &fs::read_to_string(&script)?, &bindings)
        .with_context(|| format!("the imports of {} cannot be named", module.display()))?;
    fs::write(&module, short)?;
    fs::write(&script, named)?;
    pack::files(&out)?.into_iter().map(|(file, path)| Ok((file, fs::read(path)?))).collect()
}

/// Makes a module smaller in its place: about a fifteenth, which the compiler leaves lying about. It takes seconds, so what came of a
/// module is kept in `kept`, beside that module.
fn optimise(optimiser: &Path, module: &Path, kept: &Path) -> Result<()> {
    fs::create_dir_all(kept)?;
    let (before, after, how) = (kept.join("before.wasm"), kept.join("after.wasm"), kept.join("how"));
    let made = fs::read(module)?;
    let same = |path: &Path, wanted: &[u8]| fs::read(path).is_ok_and(|known| known == wanted);
    if !same(&before, &made) || !same(&how, SMALLER.join(" ").as_bytes()) {
        let name = module.file_stem().unwrap_or_default().to_string_lossy();
        let mut command = Command::new("node");
        command.arg(optimiser).args(SMALLER).arg(module).arg("-o").arg(&after);
        shell::step(&format!("make {name} small"), &mut command)?.or_fail("Making a wasm module small")?;
        fs::write(&before, &made)?;
        fs::write(&how, SMALLER.join(" "))?;
    }
    fs::copy(&after, module).with_context(|| format!("{} cannot be written", module.display()))?;
    Ok(())
}

/// Nothing lies in the first kilobyte of memory: it is the far end of the stack. What is used most gets the short numbers. The flow of
/// control is laid out anew twice between the rounds, which saves a hundredth; numbers that a function needs often are named once, which
/// saves two more, and comes last, because every other round takes them back.
const SMALLER: [&str; 13] = [
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "-Oz",
    "--const-hoisting",
    "--low-memory-unused",
    "--reorder-functions",
    "--reorder-locals",
];

/// Every file the manifest names is there: a browser would refuse the whole extension, or worse, a part of it in silence.
fn missing(manifest: &serde_json::Value, contents: &Contents) -> Result<()> {
    let mut names = Vec::new();
    collect(manifest, &mut names);
    let missing: Vec<&str> = names.into_iter().filter(|name| !contents.contains_key(*name)).collect();
    ensure!(missing.is_empty(), "extension/manifest.json names files that do not exist: {}", missing.join(", "));
    Ok(())
}

fn collect<'a>(value: &'a serde_json::Value, names: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::String(text) => {
            let suffix = Path::new(text).extension().and_then(|suffix| suffix.to_str());
            if !text.contains([' ', ':', '*']) && matches!(suffix, Some("js" | "html" | "css" | "png" | "svg" | "wasm"))
            {
                names.push(text.split(['#', '?']).next().unwrap_or(text));
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        serde_json::Value::Object(map) => map.values().for_each(|value| collect(value, names)),
        _ => {}
    }
}

const MANIFEST: &str = "manifest.json";

/// The profile of the workspace's Cargo.toml: small before fast.
const PROFILE: &str = "wasm";

#[cfg(test)]
mod tests {
    use super::{Contents, missing};
    use serde_json::json;

    #[test]
    fn a_file_the_manifest_names_must_be_there() {
        let manifest = json!({
            "background": { "service_worker": "background.js" },
            "action": { "default_popup": "popup.html#top", "default_title": "Understudy" },
            "content_security_policy": { "extension_pages": "default-src 'none'; script-src 'self'" },
            "icons": { "48": "icons/48.png" },
        });
        let mut contents = Contents::new();
        contents.insert("background.js".into(), Vec::new());
        contents.insert("popup.html".into(), Vec::new());
        assert_eq!(
            missing(&manifest, &contents).unwrap_err().to_string(),
            "extension/manifest.json names files that do not exist: icons/48.png"
        );
        contents.insert("icons/48.png".into(), Vec::new());
        missing(&manifest, &contents).unwrap();
    }
}
