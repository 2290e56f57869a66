//! Where bytes come from: a file on this machine, at once, or a file in a browser, which hands its slices out one after another.

use std::future::Future;
use std::io::{self, Read};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Bytes, front to back.
pub trait Source {
    /// Puts the next ones into `buffer` and tells how many; none at the end.
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>>;
}

/// A reader that waits by itself.
pub struct Blocking<R>(pub R);

impl<R: Read> Source for Blocking<R> {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// What becomes of reading a [`Blocking`] source: it never has to be asked twice.
pub fn at_once<T>(reading: impl Future<Output = T>) -> T {
    match pin!(reading).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(read) => read,
        Poll::Pending => unreachable!("a blocking source has no answer yet"),
    }
}
