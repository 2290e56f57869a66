//! Makes every panic of a module a plain trap.
//!
//! Without this a panic puts together what it has to say, calls the hook and traps. There is nobody to say it to: the error stream of wasm
//! leads nowhere. What builds those words and passes their parts is a hundredth of a module, and no stable compiler leaves it out. Here
//! the functions that do nothing but panic become the trap itself; the optimiser then takes away whatever was only for them. It does not
//! see that the places they would have named, file, line and column, are nobody's any more: these are made zeros, which it leaves out.

use anyhow::{Context, Result, ensure};
use wasmparser::{DataKind, ExternalKind, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// The module, in which a panic calls this export of Rust's, if one is named, and traps.
pub fn silenced(module: &[u8], last: Option<&str>) -> Result<Vec<u8>> {
    let (mut imported, mut called, mut names) = (0, None, Vec::new());
    let (mut before, mut code, mut bodies) = (0, None, Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    // As wasm-bindgen has it before it makes the bindings: with a hash of the crate behind it.
                    let name = export.name.rsplit_once('_').map(|(name, _)| name);
                    if export.kind == ExternalKind::Func && name.is_some() && name == last {
                        called = Some(export.index);
                    }
                }
            }
            // Its head begins where the section before it ends.
            Payload::CodeSectionStart { range, .. } => code = Some((before, range.end)),
            Payload::CodeSectionEntry(body) => bodies.push(body.range()),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(section) = section.as_known() {
                    names.extend(panicking(section)?);
                }
            }
            _ => {}
        }
        before = match &payload {
            Payload::Version { range, .. } => range.end,
            _ => payload.as_section().map_or(before, |(_, range)| range.end),
        };
    }
    let (start, end) = code.context("there is no code")?;
    ensure!(!names.is_empty(), "no function of std's that panics is found: are their names others now?");
    ensure!(called.is_some() == last.is_some(), "what a panic is to call is not found");
    let mut trap = vec![NO_LOCALS];
    if let Some(called) = called {
        trap.push(CALL);
        number(&mut trap, called as usize);
    }
    trap.extend([UNREACHABLE, END]);
    let mut section = Vec::new();
    number(&mut section, bodies.len());
    for (index, range) in (imported..).zip(bodies) {
        let body = if names.contains(&index) { &trap[..] } else { &module[range] };
        number(&mut section, body.len());
        section.extend(body);
    }
    let mut made = module[..start].to_vec();
    made.push(CODE);
    number(&mut made, section.len());
    made.extend(section);
    made.extend(&module[end..]);
    forget_places(&mut made)?;
    Ok(made)
}

/// Makes zeros of what only panics would have read: `core::panic::Location`s, which are the address and length of a file's name, a line
/// and a column, and those names.
fn forget_places(module: &mut [u8]) -> Result<()> {
    let mut zeros = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::DataSection(section) = payload? else { continue };
        for data in section {
            let data = data?;
            let DataKind::Active { offset_expr, .. } = data.kind else { continue };
            let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else { continue };
            let (base, start) = (usize::try_from(value)?, data.range.end - data.data.len());
            for at in (0..data.data.len().saturating_sub(LOCATION - 1)).step_by(4) {
                let word = |nth: usize| {
                    let word = &data.data[at + 4 * nth..at + 4 * nth + 4];
                    word.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
                };
                let [name, length, line, column] = [0, 1, 2, 3].map(word);
                let place = name.checked_sub(base).map(|name| name..name + length);
                if let Some(place) = place
                    && data.data.get(place.clone()).is_some_and(is_file)
                    && (1..LINES).contains(&line)
                    && (1..COLUMNS).contains(&column)
                {
                    zeros.extend([at..at + LOCATION, place].map(|range| start + range.start..start + range.end));
                }
            }
        }
    }
    for zeros in zeros {
        module[zeros].fill(0);
    }
    Ok(())
}

/// Whether this is the name of a source file: they have a NUL behind them, which is part of it.
fn is_file(name: &[u8]) -> bool {
    let name = name.strip_suffix(b"\0").unwrap_or(name);
    name.ends_with(b".rs") && name.iter().all(u8::is_ascii_graphic)
}

/// Bytes of a `Location`, and what its line and column are below.
const LOCATION: usize = 16;
const LINES: usize = 100_000;
const COLUMNS: usize = 1_000;

/// The functions that only panic.
fn panicking(section: wasmparser::NameSectionReader<'_>) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for names in section {
        if let Name::Function(functions) = names? {
            for function in functions {
                let function = function?;
                // Functions by their own path, not methods, which may have such a path in their type.
                let free = ["_RNvNt", "_RINvNt", "_RNvCs", "_RNvNvMs_", "_RNvNvNt", "_ZN"];
                if free.iter().any(|start| function.name.starts_with(start))
                    && PANICS.iter().any(|path| function.name.contains(path))
                {
                    found.push(function.index);
                }
            }
        }
    }
    Ok(found)
}

/// As their names are written in a module (Rust's symbol mangling, legacy and v0): each part of the path behind its length.
const PANICS: [&str; 17] = [
    "4core9panicking",
    "4core3str16slice_error_fail",
    "4core4cell22panic_already_borrowed",
    "4core4cell30panic_already_mutably_borrowed",
    "4core4cell4lazy14panic_poisoned",
    "4core5slice5index16slice_index_fail",
    "4core5slice20copy_from_slice_impl17len_mismatch_fail",
    "4core6option13expect_failed",
    "4core6option13unwrap_failed",
    "4core6result13unwrap_failed",
    "5alloc5alloc18handle_alloc_error",
    "5alloc7raw_vec12handle_error",
    "5alloc7raw_vec17capacity_overflow",
    "13assert_failed",
    "3std6thread5local18panic_access_error",
    "7___rustc17rust_begin_unwind",
    "3std9panicking11begin_panic",
];

/// Section and instructions of the binary format (WebAssembly Core Specification 2.0, 5.4 and 5.5).
const CODE: u8 = 10;
const NO_LOCALS: u8 = 0;
const UNREACHABLE: u8 = 0x00;
const END: u8 = 0x0b;
const CALL: u8 = 0x10;

/// A number as the binary format has it: in LEB128.
pub fn number(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{number, silenced};
    use wasmparser::{Operator, Parser, Payload};

    /// A module: an import, an export `renew_…` that calls it, and a function of each of these names that does nothing.
    fn module(names: &[&str]) -> Vec<u8> {
        let section = |id: u8, content: &[u8]| {
            let mut section = vec![id];
            number(&mut section, content.len());
            section.extend(content);
            section
        };
        let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let count = u8::try_from(names.len()).unwrap() + 1;
        let mut code = vec![count, 4, 0, 0x10, 0, 0x0b];
        let mut functions = vec![count - 1];
        for (index, name) in (2_u8..).zip(names) {
            code.extend([3, 0, 0x01, 0x0b]);
            functions.push(index);
            functions.extend(text(name));
        }
        let types = [vec![count], vec![0; count.into()]].concat();
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(1, &[1, 0x60, 0, 0]),
            section(2, &[&[1][..], &text("m"), &text("f"), &[0, 0]].concat()),
            section(3, &types),
            section(7, &[&[1][..], &text("renew_fe330e3b9c84f03e"), &[0, 1]].concat()),
            section(10, &code),
            section(0, &[text("name"), section(1, &functions)].concat()),
        ]
        .concat()
    }

    /// What each function does, in words of the format's.
    fn bodies(module: &[u8]) -> Vec<Vec<String>> {
        wasmparser::validate(module).unwrap();
        let entries = Parser::new(0).parse_all(module).filter_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        let word = |operator: Operator<'_>| format!("{operator:?}");
        entries
            .map(|body| body.get_operators_reader().unwrap().into_iter().map(|one| word(one.unwrap())).collect())
            .collect()
    }

    #[test]
    fn what_only_panics_becomes_a_trap_and_the_rest_stays() {
        let names = [
            "_RNvNtCsgXGp5Oqx2Ny_4core9panicking9panic_fmt",
            "_ZN17understudy_engine6engine6Engine6handle17h7b8bf45884bd5dd7E",
            "_ZN4core6option13unwrap_failed17h7b8bf45884bd5dd7E",
            "_RNvXs0_NtCsgXGp5Oqx2Ny_4core9panickingNtB5_10AssertKindNtNtB7_3fmt5Debug3fmt",
        ];
        let (call, trap) = ("Call { function_index: ", "Unreachable");
        let called = |index: u32| format!("{call}{index} }}");
        let end = || "End".to_owned();
        let nothing = || vec!["Nop".to_owned(), end()];
        let module = module(&names);
        let renewed = || vec![called(1), trap.to_owned(), end()];
        let silent = silenced(&module, Some("renew")).unwrap();
        assert_eq!(bodies(&silent), [vec![called(0), end()], renewed(), nothing(), renewed(), nothing()]);
        // Where nothing is to be renewed, it is the trap alone.
        let trapped = || vec![trap.to_owned(), end()];
        let silent = silenced(&module, None).unwrap();
        assert_eq!(bodies(&silent), [vec![called(0), end()], trapped(), nothing(), trapped(), nothing()]);
    }

    #[test]
    fn a_place_that_only_a_panic_names_becomes_zeros() {
        let text = b"src/engine/src/map.rs\0keep.rs and this ";
        let words = |words: [u32; 4]| words.map(u32::to_le_bytes).concat();
        // A location; a text of the same length that is not a file's; a length and numbers without a name; a column that is none.
        let (base, name) = (1_024, 1_024 + 64);
        let tables = [[name, 22, 7, 9], [name + 22, 12, 7, 9], [7, 22, 7, 9], [name, 22, 7, 0]].map(words).concat();
        let data = [&tables[..], text].concat();
        let mut section = vec![1, 0, 0x41];
        section.extend([0x80, 0x08, 0x0b]);
        number(&mut section, data.len());
        section.extend(&data);
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend([5, 3, 1, 0, 1, 11]);
        number(&mut module, section.len());
        module.extend(&section);
        assert_eq!(base + 64, name);
        super::forget_places(&mut module).unwrap();
        wasmparser::validate(&module).unwrap();
        let left = &module[module.len() - data.len()..];
        assert!(left[..16].iter().all(|byte| *byte == 0), "{left:?}");
        assert_eq!(left[16..64], data[16..64]);
        assert!(left[64..86].iter().all(|byte| *byte == 0), "{left:?}");
        assert_eq!(left[86..], data[86..]);
    }

    #[test]
    fn names_that_are_not_known_any_more_are_seen() {
        let names = ["_RNvNtCsgXGp5Oqx2Ny_4core9panicking9panic_fmt"];
        assert!(silenced(&module(&names), Some("renewed")).is_err());
        assert!(silenced(&module(&["_ZN4core6option3map17h7b8bf45884bd5dd7E"]), None).is_err());
    }
}
