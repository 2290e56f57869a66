//! The snapshot's own encoding: one description of each struct, for writing and for reading.
//!
//! A general encoding costs the background's wasm tens of kilobytes for the same structs. Here a struct lists its fields
//! once ([`fields!`]), and the same few instructions walk them in both directions. Nothing describes itself: a snapshot is
//! read by the version that wrote it or not at all.
//!
//! Whatever is read may be damaged or foreign. Then the [`Codec`] is broken, every further value is blank, and nothing of
//! it is used. A list grows by what is really there, so a damaged length allocates nothing.

use crate::map::Map;
use std::ops::{Deref, DerefMut};

/// A value that the snapshot can hold.
pub(crate) trait Field {
    /// What stands there before it is read.
    fn blank() -> Self;
    /// Whether it certainly is what stands there before it is read.
    fn is_blank(&self) -> bool {
        false
    }
    /// Writes the value, or reads into it.
    fn code(&mut self, codec: &mut Codec<'_>);
}

/// The bytes on their way out or in.
pub(crate) enum Codec<'a> {
    /// Writing.
    Out(Vec<u8>),
    /// Reading: what is left; `None` once something was wrong.
    In(Option<&'a [u8]>),
}

/// The text of a value, under the seal of its sum. Numbers are ASCII and texts what they are, so nothing of it need be
/// turned into characters: this is done after nearly every event.
pub(crate) fn write(version: u64, value: &mut impl Field) -> String {
    let mut bytes = Vec::with_capacity(ROOM);
    bytes.resize(SEAL, 0);
    let mut codec = Codec::Out(bytes);
    value.code(&mut codec);
    let Codec::Out(mut bytes) = codec else { return String::new() };
    let seal = seal(version, &bytes[SEAL..]);
    bytes[..SEAL].copy_from_slice(&seal);
    String::from_utf8(bytes).unwrap_or_default()
}

/// The value of a text, read into a value without lists; `None` if it is not exactly one, of this version.
pub(crate) fn read<T: Field>(version: u64, text: &str, mut value: T) -> Option<T> {
    let (start, rest) = text.as_bytes().split_at_checked(SEAL)?;
    if start != seal(version, rest) {
        return None;
    }
    let mut codec = Codec::In(Some(rest));
    value.code(&mut codec);
    matches!(codec, Codec::In(Some([]))).then_some(value)
}

/// Bytes that most snapshots need, and few enough for the lists of small pieces that allocators keep at hand (glibc's end at 1,032).
const ROOM: usize = 1_000;
/// Bytes of the seal, and of the longest number: 64 bits, six of them in each.
const SEAL: usize = 11;
/// The bits of a number in one byte, and the mark of one that more bytes follow: together they are ASCII.
const SIX: u64 = 0x3f;
const MORE: u8 = 0x40;

const MORES: u64 = 0x4040_4040_4040_4040;

/// The lowest 48 bits, six in each byte: halves, quarters and eighths move apart.
const fn spread(value: u64) -> u64 {
    let halves = (value & 0xff_ffff) | (value & 0xffff_ff00_0000) << 8;
    let quarters = (halves & 0x0fff_0000_0fff) | (halves & 0xff_f000_00ff_f000) << 4;
    (quarters & 0x3f_003f_003f_003f) | (quarters & 0x0fc0_0fc0_0fc0_0fc0) << 2
}

/// The sum of the bytes, six bits in each of the seal's.
fn seal(version: u64, bytes: &[u8]) -> [u8; SEAL] {
    let sum = sum(version, bytes);
    let [low, high] = [spread(sum), spread(sum >> 48)].map(u64::to_le_bytes);
    std::array::from_fn(|at| if at < 8 { low[at] } else { high[at - 8] })
}

/// FNV-1a over words of 64 bits: tells damage, or another version, from what was written. A last short word is filled with
/// its length.
fn sum(version: u64, bytes: &[u8]) -> u64 {
    // The product alone moves no bit downwards: without the turn the highest ones would count for little.
    let add = |sum: u64, word| (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    let (words, short) = bytes.as_chunks::<8>();
    let sum = words.iter().copied().fold(0xcbf2_9ce4_8422_2325 ^ version, add);
    if short.is_empty() {
        return sum;
    }
    let filling = u8::try_from(short.len()).unwrap_or(0);
    add(sum, std::array::from_fn(|at| short.get(at).copied().unwrap_or(filling)))
}

/// Writes a number of more than one byte.
#[inline(never)]
fn push_digits(bytes: &mut Vec<u8>, value: u64) {
    let count = (64 - value.leading_zeros()).div_ceil(6) as usize;
    // The last digit has no mark. It is taken away before the digits come to memory: to read there at once in another width
    // makes a processor wait.
    let last = u64::from(MORE) << (8 * ((count - 1) % 8));
    // A copy of a length that is known beforehand is a few instructions, any other a call.
    let end = bytes.len() + count;
    let mut digits = spread(value) | MORES;
    if count > 8 {
        bytes.extend_from_slice(&digits.to_le_bytes());
        digits = spread(value >> 48) | MORES;
    }
    bytes.extend_from_slice(&(digits ^ last).to_le_bytes());
    bytes.truncate(end);
}

/// Reads a number.
#[inline(never)]
fn take_number(rest: &mut Option<&[u8]>) -> u64 {
    let (mut value, mut shift) = (0_u64, 0);
    while let Some([byte, after @ ..]) = *rest {
        *rest = Some(after);
        value |= (u64::from(*byte) & SIX).wrapping_shl(shift);
        shift += 6;
        if *byte < MORE {
            return value;
        }
        if shift > 63 {
            break;
        }
    }
    *rest = None;
    0
}

impl Codec<'_> {
    /// Marks what is read as useless.
    pub fn refuse(&mut self) {
        if let Self::In(rest) = self {
            *rest = None;
        }
    }

    /// A whole number, six bits a byte, the lowest first. Reading a broken text yields 0.
    #[inline(never)]
    fn number(&mut self, value: u64) -> u64 {
        match self {
            Self::Out(bytes) if value <= SIX => bytes.push(value.to_le_bytes()[0]),
            Self::Out(bytes) => push_digits(bytes, value),
            Self::In(rest) => return take_number(rest),
        }
        value
    }

    /// How many bytes or items there are. Reading a broken text, or what no memory can hold, yields 0.
    fn length(&mut self, length: usize) -> usize {
        usize::try_from(self.number(length as u64)).unwrap_or_else(|_| {
            self.refuse();
            0
        })
    }

    /// Writes what was written before, if it was.
    #[inline(never)]
    fn again(&mut self, written: &[u8]) -> bool {
        match self {
            Self::Out(bytes) => bytes.extend_from_slice(written),
            // Nothing is read into what has been written.
            Self::In(_) => return false,
        }
        !written.is_empty()
    }

    /// How much has been written.
    fn place(&self) -> usize {
        if let Self::Out(bytes) = self { bytes.len() } else { 0 }
    }

    /// Keeps what has been written since.
    #[inline(never)]
    fn since(&self, start: usize, written: &mut Vec<u8>) {
        if let Self::Out(bytes) = self {
            written.extend_from_slice(&bytes[start..]);
        }
    }

    /// Whether it is so. Reading a broken text yields false.
    #[inline(never)]
    pub fn flag(&mut self, flag: bool) -> bool {
        if let Self::Out(bytes) = self {
            bytes.push(u8::from(flag));
            return flag;
        }
        let read = self.number(u64::from(flag));
        if read > 1 {
            self.refuse();
        }
        read == 1
    }

    #[inline(never)]
    fn text(&mut self, text: &mut String) {
        let length = self.length(text.len());
        match self {
            Self::Out(bytes) => bytes.extend_from_slice(text.as_bytes()),
            Self::In(rest) => {
                let found = rest.and_then(|bytes| bytes.split_at_checked(length));
                *rest = found.and_then(|(head, after)| {
                    text.push_str(std::str::from_utf8(head).ok()?);
                    Some(after)
                });
            }
        }
    }
}

macro_rules! numbers {
    ($($kind:ty),*) => {$(
        impl Field for $kind {
            fn blank() -> Self {
                0
            }
            fn is_blank(&self) -> bool {
                *self == 0
            }
            fn code(&mut self, codec: &mut Codec<'_>) {
                let read = codec.number(u64::from(*self));
                match Self::try_from(read) {
                    Ok(value) => *self = value,
                    Err(_) => codec.refuse(),
                }
            }
        }
    )*};
}

numbers!(u16, u32);

impl Field for u64 {
    fn blank() -> Self {
        0
    }
    fn is_blank(&self) -> bool {
        *self == 0
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        *self = codec.number(*self);
    }
}

impl Field for i64 {
    fn blank() -> Self {
        0
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        // The sign becomes the lowest bit, so that -1 is as short as 1.
        let folded = codec.number(((*self << 1) ^ (*self >> 63)).cast_unsigned());
        *self = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
    }
}

impl Field for bool {
    fn blank() -> Self {
        false
    }
    fn is_blank(&self) -> bool {
        !*self
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        *self = codec.flag(*self);
    }
}

impl Field for f64 {
    fn blank() -> Self {
        0.0
    }
    fn is_blank(&self) -> bool {
        self.to_bits() == 0
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        // Most are 0 or a short fraction: with the bytes turned round the many zeros at their end cost nothing.
        *self = Self::from_bits(codec.number(self.to_bits().swap_bytes()).swap_bytes());
        if !self.is_finite() {
            codec.refuse();
        }
    }
}

impl Field for f32 {
    fn blank() -> Self {
        0.0
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        let mut bits = self.to_bits();
        bits.code(codec);
        *self = Self::from_bits(bits);
        if !self.is_finite() {
            codec.refuse();
        }
    }
}

impl Field for String {
    fn blank() -> Self {
        Self::new()
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        codec.text(self);
    }
}

impl<T: Field> Field for Option<T> {
    fn blank() -> Self {
        None
    }
    fn is_blank(&self) -> bool {
        self.is_none()
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        if codec.flag(self.is_some()) {
            self.get_or_insert_with(T::blank).code(codec);
        }
    }
}

impl<T: Field> Field for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        for index in 0..codec.length(self.len()) {
            // Reading: no room is made before the next item is known to have begun.
            if self.len() == index {
                self.push(T::blank());
            }
            if let Some(item) = self.get_mut(index) {
                item.code(codec);
            }
            if matches!(codec, Codec::In(None)) {
                return;
            }
        }
    }
}

impl<T: Field, const N: usize> Field for [T; N] {
    fn blank() -> Self {
        std::array::from_fn(|_| T::blank())
    }
    fn is_blank(&self) -> bool {
        self.iter().all(T::is_blank)
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        for item in self {
            item.code(codec);
        }
    }
}

impl<K: Field, V: Field> Field for Map<K, V> {
    fn blank() -> Self {
        Self(Vec::new())
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        self.0.code(codec);
    }
}

impl<A: Field, B: Field> Field for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }
    fn is_blank(&self) -> bool {
        self.0.is_blank() && self.1.is_blank()
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        self.0.code(codec);
        self.1.code(codec);
    }
}

impl<A: Field, B: Field, C: Field> Field for (A, B, C) {
    fn blank() -> Self {
        (A::blank(), B::blank(), C::blank())
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        self.0.code(codec);
        self.1.code(codec);
        self.2.code(codec);
    }
}

/// A part of the snapshot that few events change: what was written of it is written again, until somebody could have changed it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept<T> {
    value: T,
    /// Empty if it must be written anew.
    written: Vec<u8>,
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Kept<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.written.clear();
        &mut self.value
    }
}

impl<T: Field> Field for Kept<T> {
    fn blank() -> Self {
        Self { value: T::blank(), written: Vec::new() }
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        if codec.again(&self.written) {
            return;
        }
        let start = codec.place();
        self.value.code(codec);
        codec.since(start, &mut self.written);
    }
}

/// Describes a struct: all its fields, in the order of the snapshot.
macro_rules! fields {
    ($name:ident: $($field:ident),+ $(,)?) => {
        impl $crate::codec::Field for $name {
            fn blank() -> Self {
                Self { $($field: $crate::codec::Field::blank()),+ }
            }
            fn code(&mut self, codec: &mut $crate::codec::Codec<'_>) {
                $(self.$field.code(codec);)+
            }
        }
    };
}

/// Describes a struct of which a part is nearly always blank: all of that part is one flag then.
macro_rules! fields_and_rare {
    ($name:ident: $($field:ident),*; $($rare:ident),+ $(,)?) => {
        impl $crate::codec::Field for $name {
            fn blank() -> Self {
                Self { $($field: $crate::codec::Field::blank(),)* $($rare: $crate::codec::Field::blank()),+ }
            }
            fn is_blank(&self) -> bool {
                $(self.$field.is_blank() &&)* $(self.$rare.is_blank())&&+
            }
            fn code(&mut self, codec: &mut $crate::codec::Codec<'_>) {
                $(self.$field.code(codec);)*
                if codec.flag(!($(self.$rare.is_blank())&&+)) {
                    $(self.$rare.code(codec);)+
                }
            }
        }
    };
}

/// Describes a struct of which a part is left out, and blank when it is read, once the rest of it says so.
macro_rules! fields_unless {
    ($name:ident $over:ident: $($field:ident),+; $($part:ident),+ $(,)?) => {
        impl $crate::codec::Field for $name {
            fn blank() -> Self {
                Self { $($field: $crate::codec::Field::blank(),)+ $($part: $crate::codec::Field::blank()),+ }
            }
            fn code(&mut self, codec: &mut $crate::codec::Codec<'_>) {
                $(self.$field.code(codec);)+
                if !self.$over() {
                    $(self.$part.code(codec);)+
                }
            }
        }
    };
}

/// Describes an enum without data: all its variants, in their own order, the first of them for blank.
macro_rules! variants {
    ($name:ident: $first:ident $(, $variant:ident)* $(,)?) => {
        impl $crate::codec::Field for $name {
            fn blank() -> Self {
                Self::$first
            }
            fn code(&mut self, codec: &mut $crate::codec::Codec<'_>) {
                let mut index = *self as u32;
                index.code(codec);
                // Known numbers only.
                *self = match index {
                    known if known == Self::$first as u32 => Self::$first,
                    $(known if known == Self::$variant as u32 => Self::$variant,)*
                    _ => return codec.refuse(),
                };
            }
        }
    };
}

pub(crate) use {fields, fields_and_rare, fields_unless, variants};

#[cfg(test)]
mod tests {
    use super::{Codec, Field, Kept, SEAL, seal, write};
    use crate::map::Map;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Colour {
        Red,
        Green,
    }
    variants!(Colour: Red, Green);

    #[derive(Debug, PartialEq)]
    struct All {
        short: u16,
        long: u64,
        signed: (i64, i64, i64),
        floats: [f64; 3],
        float: f32,
        texts: Vec<String>,
        maybe: Option<(Colour, bool)>,
        map: Map<String, Option<u32>>,
    }
    fields!(All: short, long, signed, floats, float, texts, maybe, map);

    fn all() -> All {
        let mut map = Map::default();
        map.insert("naïve 🧑‍💻".to_owned(), Some(u32::MAX));
        map.insert(String::new(), None);
        All {
            short: 128,
            long: u64::MAX,
            signed: (-1, i64::MIN, i64::MAX),
            floats: [0.0, -1.5, f64::MAX],
            float: 0.25,
            texts: vec!["a".repeat(200), String::new()],
            maybe: Some((Colour::Green, true)),
            map,
        }
    }

    fn read<T: Field>(version: u64, text: &str) -> Option<T> {
        super::read(version, text, T::blank())
    }

    /// Bytes with a right seal, as far as they are text: damage that the seal would not find.
    fn sealed(bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        String::from_utf8_lossy(&seal(1, text.as_bytes())).into_owned() + &text
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read::<All>(1, &write(1, &mut all())), Some(all()));
        let mut small = All::blank();
        let bytes = write(1, &mut small);
        assert_eq!(read::<All>(1, &bytes), Some(small));
        assert_eq!(read::<All>(2, &bytes), None);
    }

    #[test]
    fn what_is_cut_or_longer_is_refused() {
        let text = write(1, &mut all());
        for (cut, _) in text.char_indices() {
            assert_eq!(read::<All>(1, &text[..cut]), None, "{cut}");
            assert!(cut < SEAL || read::<All>(1, &sealed(&text.as_bytes()[SEAL..cut])).is_none(), "{cut}");
        }
        assert_eq!(read::<All>(1, &sealed(&[&text.as_bytes()[SEAL..], &[0]].concat())), None);
    }

    #[test]
    fn damage_is_found() {
        let text = write(1, &mut all());
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut damaged = text.clone().into_bytes();
                damaged[at] ^= 1 << bit;
                // What is no text any more no store gives back.
                let Ok(damaged) = String::from_utf8(damaged) else { continue };
                assert_eq!(read::<All>(1, &damaged), None, "{at} {bit}");
            }
        }
    }

    #[test]
    fn anything_at_all_is_survived() {
        let mut state = 7_u64;
        for length in 0..4_000 {
            let noise: Vec<u8> = (0..length % 97)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    // Many small numbers, so that it gets beyond the first field.
                    if state >> 62 == 0 {
                        (state >> 40).to_le_bytes()[0] & 0x7f
                    } else {
                        (state >> 40).to_le_bytes()[0] & 3
                    }
                })
                .collect();
            let found = read::<All>(1, &sealed(&noise));
            assert!(found.is_none_or(|mut found| read::<All>(1, &write(1, &mut found)) == Some(found)));
        }
    }

    #[test]
    fn a_length_alone_makes_no_room() {
        let mut bytes = Codec::Out(Vec::new());
        bytes.number(u64::MAX);
        let Codec::Out(bytes) = bytes else { unreachable!() };
        assert_eq!(read::<Vec<String>>(1, &sealed(&bytes)), None);
        assert_eq!(read::<String>(1, &sealed(&bytes)), None);
        assert_eq!(read::<Colour>(1, &sealed(&[2])), None);
        assert_eq!(read::<bool>(1, &sealed(&[2])), None);
        assert_eq!(read::<u16>(1, &sealed(&[0x40, 0x40, 0x10])), None);
        assert_eq!(read::<u64>(1, &sealed(&[0x40; 12])), None);
    }

    #[derive(Debug, PartialEq)]
    struct Rare {
        often: u64,
        seldom: Option<u64>,
        never: [(u64, bool); 2],
    }
    fields_and_rare!(Rare: often; seldom, never);

    #[test]
    fn what_is_seldom_anything_is_one_flag_while_it_is_nothing() {
        let rare = |often, seldom, never| Rare { often, seldom, never };
        for (mut one, bytes) in [
            (rare(0, None, [(0, false); 2]), 2),
            (rare(5, None, [(0, false); 2]), 2),
            // Nothing of it is lost as soon as one part is something.
            (rare(0, Some(0), [(0, false); 2]), 8),
            (rare(0, None, [(0, false), (0, true)]), 7),
        ] {
            assert_eq!(one.is_blank(), one == Rare::blank());
            let text = write(1, &mut one);
            assert_eq!(text.len() - SEAL, bytes, "{one:?}");
            assert_eq!(read::<Rare>(1, &text), Some(one));
        }
    }

    #[test]
    fn what_was_kept_is_what_would_be_written_anew() {
        let mut kept = Kept::<Vec<String>>::default();
        for text in ["", "a", "ab"] {
            kept.push(text.to_owned());
            let anew = write(1, &mut (*kept).clone());
            // The first time it is written, and the second time only written again.
            assert_eq!([write(1, &mut kept), write(1, &mut kept)], [anew.clone(), anew.clone()]);
            let mut back: Kept<Vec<String>> = super::read(1, &anew, Kept::default()).unwrap();
            assert_eq!((*back).clone(), (*kept).clone());
            assert_eq!(write(1, &mut back), anew);
        }
    }
}
