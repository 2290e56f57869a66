//! `understudy diagnose` as a person or a program runs it.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/har")
}

fn understudy(args: &[&str], file: Option<&Path>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_understudy")).args(args).args(file).output().expect("the binary runs")
}

/// Every HAR file has what must be found in it beside it (`.json`), or the sentence that refuses it (`.txt`).
#[test]
fn every_file_says_what_stands_beside_it() {
    let bless = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut stems = BTreeSet::new();
    let mut expectations = BTreeSet::new();
    for file in fs::read_dir(folder()).expect("the folder") {
        let path = file.expect("a file").path();
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        match path.extension().and_then(|kind| kind.to_str()) {
            Some("har") => assert!(stems.insert(stem)),
            Some("json" | "txt") => assert!(expectations.insert(stem), "two expectations for one file"),
            _ => panic!("{} does not belong here", path.display()),
        }
    }
    if !bless {
        assert_eq!(stems, expectations, "each file needs an expectation, each expectation a file");
    }
    for stem in stems {
        let path = folder().join(&stem).with_extension("har");
        let out = understudy(&["diagnose", "--json"], Some(&path));
        let (good, bad) = (path.with_extension("json"), path.with_extension("txt"));
        if out.status.success() {
            assert!(out.stderr.is_empty(), "{stem}: {}", String::from_utf8_lossy(&out.stderr));
            let found: Value = serde_json::from_slice(&out.stdout).expect("JSON");
            if bless {
                fs::write(&good, pretty(&found)).expect("written");
            }
            let expected: Value = serde_json::from_str(&fs::read_to_string(&good).expect(&stem)).expect("JSON");
            assert_eq!(found, expected, "{stem}");
        } else {
            let sentence = String::from_utf8(out.stderr).expect("text");
            let told = sentence.replace(&path.display().to_string(), "FILE");
            if bless {
                fs::write(&bad, &told).expect("written");
            }
            assert_eq!(out.status.code(), Some(2), "{stem}");
            assert!(out.stdout.is_empty(), "{stem}: nothing but the sentence");
            assert_eq!(told.lines().count(), 1, "{stem}: one sentence: {told}");
            assert_eq!(told, fs::read_to_string(&bad).expect(&stem), "{stem}");
        }
    }
}

/// One entry a line, for reading.
fn pretty(found: &Value) -> String {
    let mut text = String::from("{\n");
    for key in ["verdict", "since", "surfaces", "evidence"] {
        text = text + "  \"" + key + "\": " + &found[key].to_string() + ",\n";
    }
    let rows: Vec<_> = found["entries"].as_array().expect("entries").iter().map(|row| format!("    {row}")).collect();
    text + "  \"entries\": [\n" + &rows.join(",\n") + "\n  ]\n}\n"
}

#[test]
fn the_page_to_read() {
    let out = understudy(&["diagnose"], Some(&folder().join("outage-recovered.har")));
    assert!(out.status.success());
    let page = String::from_utf8(out.stdout).expect("text");
    let first = page.lines().next().expect("a line");
    assert!(first.starts_with("Claude is down") && first.ends_with('.'), "{page}");
    for part in ["2026-03-02 11:37:04 UTC", "verdict    down", "at the end clear", "completion   capacity", "11 of 13"]
    {
        assert!(page.contains(part), "{part:?} is missing in\n{page}");
    }
    assert!(!page.contains("secret plan"), "a prompt is nobody's business here");
}

#[test]
fn what_is_asked_wrongly_is_explained() {
    let one = folder().join("healthy.har");
    let one = one.to_str().expect("a name");
    for args in [&[][..], &["diagnose"], &["diagnose", one, "two.har"], &["replay"], &["diagnose", one, "--yaml"]] {
        let out = understudy(args, None);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(out.stdout.is_empty());
        assert_eq!(String::from_utf8(out.stderr).expect("text").lines().count(), 1, "{args:?}");
    }
    for args in [&["--help"][..], &["diagnose", "-h"], &["--version"]] {
        let out = understudy(args, None);
        assert!(out.status.success() && !out.stdout.is_empty() && out.stderr.is_empty(), "{args:?}");
    }
    for path in ["/no/such/file.har", env!("CARGO_MANIFEST_DIR")] {
        let out = understudy(&["diagnose", path], None);
        assert_eq!(out.status.code(), Some(2), "{path}");
        assert_eq!(String::from_utf8(out.stderr).expect("text").lines().count(), 1, "{path}");
    }
}

/// Every way of cutting a file off or spoiling one byte of it ends with a verdict or with one sentence.
#[test]
fn no_damage_makes_it_panic() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("damaged.har");
    let whole = fs::read(folder().join("safari.har")).expect("the file");
    let mut seed: u64 = 0x9E37_79B9_7F4A_7C15;
    for round in 0..120 {
        // Marsaglia's xorshift: the same damage on every machine.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let at = usize::try_from(seed % whole.len() as u64).expect("small");
        let mut bytes = whole.clone();
        if round % 2 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] = seed.to_le_bytes()[7];
        }
        fs::write(&file, &bytes).expect("written");
        let out = understudy(&["diagnose", "--json"], Some(&file));
        let told = String::from_utf8_lossy(&out.stderr);
        match out.status.code() {
            Some(0) => assert!(serde_json::from_slice::<Value>(&out.stdout).is_ok()),
            Some(2) => assert_eq!(told.lines().count(), 1, "{told}"),
            other => panic!("{other:?} after damage at {at}: {told}"),
        }
    }
}

/// Two hundred megabytes in constant memory. Linux only: it reads the peak from `/proc`.
#[cfg(target_os = "linux")]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test outside of the engine, which tells its time"
)]
#[test]
fn a_large_file_needs_no_memory() {
    use std::io::{BufWriter, Read, Write};
    use std::process::Stdio;

    const ORG: &str = "https://claude.ai/api/organizations/5f1cbd6e-0c2f-4f5c-8b53-9d7d5f3a1c11";
    const CHAT: &str = "chat_conversations/019f3f4c-ba14-79cd-bbb7-6926ba65fb53";
    const PEAK_KB: u64 = 24 * 1024;

    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large.har");
    let mut file = BufWriter::new(fs::File::create(&path).expect("a file"));
    let picture = "iVBORw0KGgoAAAANSUhEUgAA".repeat(40_000);
    let tree = r#"{\"uuid\":\"019f3e54\",\"sender\":\"human\",\"text\":\"caf\u00e9 😀\\n\"},"#.repeat(2_000);
    let delta =
        r#"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"x\"}}\n\n"#;
    let stream = delta.repeat(1_000)
        + r#"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n"#;
    let mut size = 0;
    let mut count = 0_usize;
    let mut put = |text: &str| {
        size += text.len();
        file.write_all(text.as_bytes()).expect("written");
        size
    };
    put("{\"log\":{\"version\":\"1.2\",\"entries\":[");
    loop {
        // Mostly small requests, some large ones.
        let (method, url, kind, text, encoding) = match count % 30 {
            0 => ("GET", "https://example.com/picture.png".to_owned(), "image/png", &*picture, "base64"),
            10 => ("GET", format!("{ORG}/{CHAT}?tree=True"), "application/json", &*tree, ""),
            20 => ("POST", format!("{ORG}/{CHAT}/completion"), "text/event-stream", &*stream, ""),
            n if n % 2 == 0 => ("GET", format!("{ORG}/chat_conversations_v2?limit=30"), "application/json", "{}", ""),
            _ => ("POST", "https://claude.ai/api/event_logging/batch".to_owned(), "application/json", "{}", ""),
        };
        let comma = if count == 0 { "" } else { "," };
        let at = format!("2026-03-02T{:02}:{:02}:{:02}.000Z", count / 3_600 % 24, count / 60 % 60, count % 60);
        put(&format!(
            r#"{comma}{{"startedDateTime":"{at}","time":200,"request":{{"method":"{method}","url":"{url}"}},"response":{{"status":200,"content":{{"size":{},"mimeType":"{kind}","text":""#,
            text.len()
        ));
        put(text);
        count += 1;
        if put(&format!("\",\"encoding\":\"{encoding}\"}}}}}}")) >= 200 * 1024 * 1024 {
            break;
        }
    }
    put("]}}");
    file.flush().expect("written");
    drop(file);

    let started = std::time::Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_understudy"))
        .args(["diagnose", "--json"])
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut out = child.stdout.take().expect("a pipe");
    // The first byte comes when all is judged, and the rest of the report does not fit into the pipe: the process waits
    // for us while its peak is read.
    let mut report = vec![0];
    out.read_exact(&mut report).expect("a report");
    let took = started.elapsed();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("the process lives");
    let peak: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .expect("a peak");
    out.read_to_end(&mut report).expect("the rest");
    assert!(child.wait().expect("an end").success());
    fs::remove_file(&path).expect("removed");

    let found: Value = serde_json::from_slice(&report).expect("JSON");
    assert_eq!(found["entries"].as_array().map(Vec::len), Some(count));
    assert_eq!(found["entries"][20]["class"], "capacity", "the last event of a long stream is found");
    assert_eq!(found["entries"][10]["class"], "ok");
    assert!(report.len() > 128 * 1024, "a report of {} bytes would not have waited for us", report.len());
    eprintln!("200 MB, {count} requests: {took:.1?}, peak {peak} KB");
    assert!(peak < PEAK_KB, "peak {peak} KB");
}

#[test]
fn a_receipt_has_three_forms() {
    let file = folder().join("outage.har");
    let run = |args: &[&str]| {
        let out = understudy(&[&["diagnose", "--receipt"], args].concat(), Some(&file));
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("text")
    };
    let json: Value = serde_json::from_str(&run(&["json", "--target", "99.9"])).expect("JSON");
    let incident = &json["incidents"][0];
    let expected = fs::read_to_string(folder().join("outage.json")).expect("the verdict");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    assert_eq!(incident["first_failure"], expected["since"]);
    assert!(incident["verdict"].is_string() && incident["recovery"].is_null(), "{incident}");
    assert_eq!(
        (&json["month"]["target_percent"], &json["month"]["target_met"]),
        (&Value::from(99.9), &Value::from(false))
    );
    assert_eq!(json["month"]["availability_basis"], "observed");
    let first = incident["first_failure"].as_str().expect("a time");
    for form in ["md", "csv"] {
        let text = run(&[form]);
        assert!(text.contains(first), "{text}");
        assert!(!text.contains("receipt_"), "a sentence without words: {text}");
    }
    for wrong in [
        &["--receipt", "pdf"][..],
        &["--target", "99.9"],
        &["--receipt", "md", "--target", "x"],
        &["--json", "--receipt", "md"],
    ] {
        let out = understudy(&[&["diagnose"], wrong].concat(), Some(&file));
        assert_eq!((out.status.code(), out.stdout.is_empty()), (Some(2), true), "{wrong:?}");
    }
    let undated = understudy(&["diagnose", "--receipt", "md"], Some(&folder().join("undated.har")));
    assert_eq!((undated.status.code(), undated.stdout.is_empty()), (Some(2), true));
}
