//! A file of the visitor's as a source of bytes: one slice after another, so that the page goes on answering and memory stays small.

use js_sys::Uint8Array;
use std::io;
use understudy_cli::source::Source;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

/// A file that is read.
pub struct Slices<T> {
    file: File,
    /// Bytes that were asked for.
    read: f64,
    slice: Vec<u8>,
    used: usize,
    tell: T,
}

impl<T: FnMut(f64) -> bool> Slices<T> {
    /// Before each slice `tell` hears how many bytes were read, and says whether to go on.
    pub fn new(file: File, tell: T) -> Self {
        Self { file, read: 0.0, slice: Vec::new(), used: 0, tell }
    }

    async fn next(&mut self) -> io::Result<()> {
        if !(self.tell)(self.read) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let end = (self.read + SLICE).min(self.file.size());
        let refused = |_| io::Error::other("the browser does not give it");
        let slice = self.file.slice_with_f64_and_f64(self.read, end).map_err(refused)?;
        // The browser answers in a turn of its own: clicks and drawing have theirs in between.
        let bytes = JsFuture::from(slice.array_buffer()).await.map_err(refused)?;
        self.slice = Uint8Array::new(bytes.unchecked_ref()).to_vec();
        (self.read, self.used) = (end, 0);
        Ok(())
    }
}

impl<T: FnMut(f64) -> bool> Source for Slices<T> {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.slice.len() && self.read < self.file.size() {
            self.next().await?;
        }
        let left = &self.slice[self.used..];
        let taken = left.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&left[..taken]);
        self.used += taken;
        Ok(taken)
    }
}

/// Bytes that are read at once: some milliseconds of work.
const SLICE: f64 = 1_048_576.0;
