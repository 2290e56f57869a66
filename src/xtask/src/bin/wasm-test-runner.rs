//! The runner of the wasm unit tests, from the same version of wasm-bindgen as the tests themselves.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
