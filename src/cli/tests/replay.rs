//! `understudy replay` and `understudy accuracy` as a person or a program runs them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/traces")
}

fn understudy(args: &[&str], file: Option<&Path>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_understudy")).args(args).args(file).output().expect("the binary runs")
}

/// Every trace has what must be found in it beside it, with probes and without, or the sentence that refuses it.
#[test]
fn every_trace_says_what_stands_beside_it() {
    let bless = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut traces, mut expectations) = (BTreeSet::new(), BTreeSet::new());
    for file in fs::read_dir(folder()).expect("the folder") {
        let path = file.expect("a file").path();
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let known = match path.extension().and_then(|kind| kind.to_str()) {
            Some("jsonl") => traces.insert(stem),
            Some("txt") => expectations.insert(stem),
            _ => false,
        };
        assert!(known, "{} does not belong here", path.display());
    }
    if !bless {
        assert_eq!(traces, expectations, "each trace needs an expectation, each expectation a trace");
    }
    for stem in traces {
        let path = folder().join(&stem).with_extension("jsonl");
        let mut found = String::new();
        for args in [&["replay", "--json"][..], &["replay", "--no-probe", "--json"]] {
            let out = understudy(args, Some(&path));
            let text = String::from_utf8(if out.status.success() { out.stdout } else { out.stderr }).expect("text");
            assert_eq!(out.status.code(), Some(if stem.starts_with("bad-") { 2 } else { 0 }), "{stem}: {text}");
            found = found + args[1] + "\n" + &text.replace(&path.display().to_string(), "FILE");
        }
        let beside = path.with_extension("txt");
        if bless {
            fs::write(&beside, &found).expect("written");
        }
        assert_eq!(found, fs::read_to_string(&beside).expect(&stem), "{stem}");
    }
}

#[test]
fn the_page_to_read() {
    let out = understudy(&["replay"], Some(&folder().join("completion-only.jsonl")));
    let page = String::from_utf8(out.stdout).expect("text");
    assert!(page.lines().any(|line| line.ends_with("UTC  down       completion")), "{page}");
}

#[test]
fn what_is_asked_wrongly_is_explained() {
    for args in [
        &["replay"][..],
        &["replay", "a", "b"],
        &["replay", "/no/such/file"],
        &["replay", "a", "--seed", "1"],
        &["accuracy", "x"],
        &["accuracy", "--years", "many"],
        &["accuracy", "--no-probe"],
        &["diagnose", "a", "--stress"],
    ] {
        let out = understudy(args, None);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(out.stdout.is_empty());
        assert_eq!(String::from_utf8(out.stderr).expect("text").lines().count(), 1, "{args:?}");
    }
}

#[test]
fn accuracy_prints_every_rule_and_is_the_same_twice() {
    let args = ["accuracy", "--seed", "5", "--years", "1", "--outages", "60"];
    let [first, second] = [understudy(&args, None), understudy(&args, None)];
    assert!(first.status.success() && first.stderr.is_empty(), "no bar in a file");
    assert_eq!(first.stdout, second.stdout);
    let page = String::from_utf8(first.stdout).expect("text");
    for rule in
        ["3 in a row", "Envoy", "resilience4j", "Hystrix", "LiteLLM", "SRE", "without probes", "with probes", "pinball"]
    {
        assert!(page.contains(rule), "{rule} is missing in\n{page}");
    }
    let json = understudy(&[&args[..], &["--json", "--stress"]].concat(), None);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((json["rules"].as_array().map(Vec::len), json["stress"].as_bool()), (Some(9), Some(true)));
}
