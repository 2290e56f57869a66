//! The story of 2 March 2026, lived through in a real browser.
fn main() {}
