#![no_main]

#[path = "../../tests/fuzz/mod.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::settings(data));
