//! `understudy diagnose` on a HAR file of 200 MB, as a person runs it.

#![allow(missing_docs, reason = "the function that criterion's macro writes has none")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

const SIZE: u64 = 200 * 1_000 * 1_000;

/// Scripts and pictures with their text, as browsers write them, and now and then a request of Claude's.
fn write(path: &Path) -> std::io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    let text = r#"function a(b){return b?\"x\":\"y\"}\n\t/* la la la */ "#.repeat(1_200);
    let mut written = 0;
    let mut entry = |file: &mut BufWriter<File>, n: u64| -> std::io::Result<()> {
        let (url, body) = if n.is_multiple_of(8) {
            (
                "https://claude.ai/api/organizations/11111111-2222-4333-8444-555555555555/chat_conversations_v2?limit=30",
                "[]",
            )
        } else {
            ("https://assets-proxy.anthropic.com/claude-ai/v2/assets/v1/index.js", text.as_str())
        };
        let comma = if n == 0 { "" } else { "," };
        let second = n % 3_600;
        let line = format!(
            "{comma}\n{{\"startedDateTime\":\"2026-03-02T11:{:02}:{:02}.000Z\",\"time\":80,\"request\":{{\"method\":\"GET\",\"url\":\"{url}\",\"headers\":[]}},\"response\":{{\"status\":200,\"headers\":[{{\"name\":\"content-type\",\"value\":\"application/json\"}}],\"content\":{{\"size\":{},\"mimeType\":\"application/json\",\"text\":\"{body}\"}}}},\"timings\":{{\"receive\":10}}}}",
            second / 60,
            second % 60,
            body.len()
        );
        written += line.len() as u64;
        file.write_all(line.as_bytes())
    };
    file.write_all(b"{\"log\":{\"version\":\"1.2\",\"entries\":[")?;
    let mut n = 0;
    while file.get_ref().metadata()?.len() < SIZE {
        entry(&mut file, n)?;
        n += 1;
    }
    file.write_all(b"]}}")?;
    file.flush()?;
    drop(file);
    Ok(std::fs::metadata(path)?.len())
}

fn benches(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large.har");
    let size = write(&path).expect("a file of 200 MB");
    let mut group = criterion.benchmark_group("diagnose");
    group.sample_size(10).throughput(Throughput::Bytes(size));
    group.bench_function("200 MB", |bencher| {
        bencher.iter(|| {
            let done = Command::new(env!("CARGO_BIN_EXE_understudy")).arg("diagnose").arg(&path).output();
            assert!(done.expect("the binary runs").status.success());
        });
    });
    group.finish();
    // Nothing is lost with it.
    let _ = std::fs::remove_file(&path);
}

criterion_group!(all, benches);
criterion_main!(all);
