//! Gives what a module imports short names, in the module and in its bindings.
//!
//! wasm-bindgen names each import after what it is, with a hash behind that, and repeats the name of the bindings for each: a fortieth of
//! the background. Nobody but the two of them reads these names.

use crate::panics::number;
use anyhow::{Result, bail, ensure};
use wasmparser::{Parser, Payload, TypeRef};

/// The module and its bindings, with short names. `bindings` is the file name by which the module names them.
pub fn shortened(module: &[u8], script: &str, bindings: &str) -> Result<(Vec<u8>, String)> {
    let (mut before, mut found) = (0, None);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::ImportSection(section) = &payload {
            let mut imports = Vec::new();
            for import in section.clone().into_imports() {
                let import = import?;
                let TypeRef::Func(kind) = import.ty else { bail!("{} is no function", import.name) };
                ensure!(import.module == bindings, "{} comes from {}", import.name, import.module);
                imports.push((import.name, kind));
            }
            found = Some((before, section.range().end, imports));
        }
        before = match &payload {
            Payload::Version { range, .. } => range.end,
            _ => payload.as_section().map_or(before, |(_, range)| range.end),
        };
    }
    let Some((start, end, imports)) = found else { return Ok((module.to_vec(), script.to_owned())) };

    let mut script = replaced(script, &format!("\"{bindings}\": "), &format!("\"{FROM}\": "))?;
    let mut section = Vec::new();
    number(&mut section, imports.len());
    for (index, (name, kind)) in imports.iter().enumerate() {
        let short = short(index);
        script = replaced(&script, &format!("\n        {name}: function("), &format!("\n        {short}: function("))?;
        for text in [FROM, &short] {
            number(&mut section, text.len());
            section.extend(text.as_bytes());
        }
        section.push(FUNCTION);
        number(&mut section, usize::try_from(*kind)?);
    }
    let mut made = module[..start].to_vec();
    made.push(IMPORTS);
    number(&mut made, section.len());
    made.extend(section);
    made.extend(&module[end..]);
    Ok((made, script))
}

/// Where all imports come from.
const FROM: &str = "w";

/// Section and kind of the binary format (WebAssembly Core Specification 2.0, 5.5.5).
const IMPORTS: u8 = 2;
const FUNCTION: u8 = 0;

/// `a` to `z`, `aa` and so on.
fn short(index: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(index % 26).unwrap_or_default());
    let before = if index < 26 { String::new() } else { short(index / 26 - 1) };
    before + letter.encode_utf8(&mut [0; 4])
}

/// Replaces what must stand there exactly once.
fn replaced(script: &str, long: &str, short: &str) -> Result<String> {
    ensure!(
        script.matches(long).count() == 1,
        "{long:?} does not stand once in the bindings: are they made in another way now?"
    );
    Ok(script.replacen(long, short, 1))
}

#[cfg(test)]
mod tests {
    use super::{short, shortened};
    use wasmparser::{Parser, Payload};

    const SCRIPT: &str = "{\n        __wbg_get_741ff2: function(a) {},\n        __wbg_set_0aa: function() { return \
                          handleError(function (a) {}) },\n    \"./one_bg.js\": import0,\n}\nwasm.__wbg_get_741ff2();";

    /// Imports two functions of these names and exports nothing.
    fn module(from: &str, names: [&str; 2]) -> Vec<u8> {
        let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let imports = names.map(|name| [text(from), text(name), vec![0, 0]].concat()).concat();
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02".to_vec();
        module.push(u8::try_from(imports.len() + 1).unwrap());
        module.push(2);
        module.extend(imports);
        module.extend(b"\x03\x02\x01\x00\x0a\x04\x01\x02\x00\x0b");
        module
    }

    fn imports(module: &[u8]) -> Vec<(String, String)> {
        wasmparser::validate(module).unwrap();
        let sections = Parser::new(0).parse_all(module).filter_map(|payload| match payload.unwrap() {
            Payload::ImportSection(section) => Some(section),
            _ => None,
        });
        let imports = sections.flat_map(|section| section.into_imports().map(Result::unwrap).collect::<Vec<_>>());
        imports.map(|import| (import.module.to_owned(), import.name.to_owned())).collect()
    }

    #[test]
    fn both_sides_get_the_same_names() {
        let long = module("./one_bg.js", ["__wbg_get_741ff2", "__wbg_set_0aa"]);
        let (made, script) = shortened(&long, SCRIPT, "./one_bg.js").unwrap();
        assert_eq!(imports(&made), [("w".into(), "a".into()), ("w".into(), "b".into())]);
        let wanted =
            SCRIPT.replace("__wbg_get_741ff2: f", "a: f").replace("__wbg_set_0aa", "b").replace("./one_bg.js", "w");
        assert_eq!(script, wanted);
    }

    #[test]
    fn bindings_of_another_shape_are_seen() {
        let long = module("./one_bg.js", ["__wbg_get_741ff2", "__wbg_set_0aa"]);
        assert!(shortened(&long, &SCRIPT.replace("_get_", "_put_"), "./one_bg.js").is_err());
        assert!(shortened(&long, &SCRIPT.replace("\"./one_bg.js\"", "'./one_bg.js'"), "./one_bg.js").is_err());
        assert!(shortened(&long, SCRIPT, "./two_bg.js").is_err());
    }

    #[test]
    fn names_are_all_different() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(short), ["a", "z", "aa", "az", "ba", "zz", "aaa"]);
    }
}
