//! The runner of the wasm unit tests, from the same version of wasm-bindgen as the tests themselves.
#![expect(clippy::disallowed_macros, reason = "a test runner prints")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
