//! End to end, in real browsers.
fn main() {}
