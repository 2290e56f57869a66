//! A folder as a website on a port of this machine: files as they are, nothing else.

use anyhow::Result;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The website. It is served as long as the process lives: a test's.
pub struct Served {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Served {
    /// Begins to serve a folder.
    pub fn start(folder: PathBuf) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, noted) = (folder.clone(), Arc::clone(&noted));
                thread::spawn(move || drop(answer(stream, &folder, &noted)));
            }
        });
        Ok(Self { url, asked })
    }

    /// The address of its first page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Method and path of every request until now.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(mut stream: TcpStream, folder: &Path, asked: &Mutex<Vec<String>>) -> Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    // The head to its end: a connection that is closed before is reset.
    let mut range = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        range = line.strip_prefix("range: bytes=").map(str::to_owned).or(range);
    }
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{method} {path}"));
    let name = path.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
    let found = (method == "GET" && !name.contains("..")).then(|| fs::read(folder.join(name)).ok()).flatten();
    let kind = match Path::new(name).extension().and_then(|kind| kind.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("webm") => "video/webm",
        Some("vtt") => "text/vtt",
        _ => "application/octet-stream",
    };
    let (status, body) = found.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    // A player that seeks asks for a part: without an answer to that, it does not let anybody seek.
    let part = range.and_then(|range| part(&range, body.len()));
    let (status, place, body) = match part {
        Some((from, to)) => {
            let place = format!("content-range: bytes {from}-{to}/{}\r\n", body.len());
            ("206 Partial Content", place, &body[from..=to])
        }
        None => (status, String::new(), body.as_slice()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\naccept-ranges: bytes\r\n{place}content-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    Ok(())
}

/// The first and the last byte of "5-9" or "5-", where there are such.
fn part(range: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = range.trim().split_once('-')?;
    let (from, last) = (from.parse().ok()?, length.checked_sub(1)?);
    let to = if to.is_empty() { last } else { last.min(to.parse().ok()?) };
    (from <= to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn a_part_ends_with_the_file() {
        assert_eq!([part("2-4", 10), part("2-", 10), part("2-99", 10)], [Some((2, 4)), Some((2, 9)), Some((2, 9))]);
        assert_eq!([part("10-", 10), part("0-", 0), part("4-2", 10), part("-5", 10)], [None; 4]);
    }
}
