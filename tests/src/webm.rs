//! A film of VP9 pictures as a `WebM` file: the little of Matroska that a browser needs to play it and to seek in it.
//!
//! An element is an id, the length of its body, and the body (RFC 8794); which there are stands in RFC 9559. What is not needed is left
//! out: the index stands before the pictures, so no table says where it is.

/// One encoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it is shown, in milliseconds from the beginning.
    pub at: u64,
    /// Whether it can be read without the ones before it.
    pub key: bool,
    /// What the encoder made.
    pub bytes: Vec<u8>,
}

/// The file, of pictures in the order of their times, for so many milliseconds. The first picture must be a key.
pub fn file(width: u64, height: u64, lasts: u64, frames: &[Frame]) -> Vec<u8> {
    let clusters: Vec<(u64, Vec<u8>)> = frames.chunk_by(|_, next| !next.key).map(cluster).collect();
    let before = [info(lasts), tracks(width, height)].concat();
    // The index names places behind itself; its numbers are of one width, so a first try has the final length.
    let mut place = (before.len() + cues(&clusters, 0).len()) as u64;
    let index = cues(&clusters, place);
    let mut body = [before, index].concat();
    for (_, cluster) in clusters {
        place += cluster.len() as u64;
        body.extend(cluster);
    }
    debug_assert_eq!(place, body.len() as u64, "the index names the places");
    [head(), element(SEGMENT, &body)].concat()
}

fn head() -> Vec<u8> {
    let parts = [
        number(0x4286, 1),
        number(0x42f7, 1),
        number(0x42f2, 4),
        number(0x42f3, 8),
        element(0x4282, b"webm"),
        // Written by the rules of the fourth version, readable by those of the second.
        number(0x4287, 4),
        number(0x4285, 2),
    ];
    element(EBML, &parts.concat())
}

fn info(lasts: u64) -> Vec<u8> {
    // A tick is a millisecond: so many nanoseconds.
    let scale = number(0x2ad_7b1, 1_000_000);
    #[allow(clippy::cast_precision_loss, reason = "no film lasts 2^53 milliseconds")]
    let duration = element(DURATION, &(lasts as f64).to_be_bytes());
    let apps = [element(0x4d80, b"understudy"), element(0x5741, b"understudy")].concat();
    element(0x1549_a966, &[scale, duration, apps].concat())
}

fn tracks(width: u64, height: u64) -> Vec<u8> {
    // As the encoder converts the screen's sRGB: the matrix, a range with room at both ends, transfer and primaries.
    let colour = [number(0x55b1, BT_709), number(0x55b9, 1), number(0x55ba, BT_709), number(0x55bb, BT_709)];
    let video = [number(0xb0, width), number(0xba, height), element(0x55b0, &colour.concat())];
    let track = [
        number(0xd7, TRACK.into()),
        number(0x73c5, TRACK.into()),
        // A video, of which no block holds two pictures.
        number(0x83, 1),
        number(0x9c, 0),
        element(0x22_b59c, b"und"),
        element(0x86, b"V_VP9"),
        element(0xe0, &video.concat()),
    ];
    element(0x1654_ae6b, &element(0xae, &track.concat()))
}

/// Where each cluster stands in the segment, by its time; the first one at `place`.
fn cues(clusters: &[(u64, Vec<u8>)], mut place: u64) -> Vec<u8> {
    let mut points = Vec::new();
    for (at, cluster) in clusters {
        let position = [number(0xf7, TRACK.into()), element(CUE_POSITION, &place.to_be_bytes())].concat();
        points.extend(element(0xbb, &[number(0xb3, *at), element(0xb7, &position)].concat()));
        place += cluster.len() as u64;
    }
    element(CUES, &points)
}

/// A key and the pictures up to the next one, with its time.
fn cluster(frames: &[Frame]) -> (u64, Vec<u8>) {
    let start = frames.first().map_or(0, |frame| frame.at);
    let mut body = number(CLUSTER_TIME, start);
    for frame in frames {
        let after = i16::try_from(frame.at - start).expect("a scene is shorter than half a minute");
        let [high, low] = after.to_be_bytes();
        // The track as a length is written, the time after the cluster's, and a flag for a key.
        let head = [0x80 | TRACK, high, low, if frame.key { 0x80 } else { 0 }];
        body.extend(element(BLOCK, &[&head, frame.bytes.as_slice()].concat()));
    }
    (start, element(CLUSTER, &body))
}

fn element(id: u32, body: &[u8]) -> Vec<u8> {
    [&shortest(u64::from(id)), &length(body.len() as u64), body].concat()
}

fn number(id: u32, value: u64) -> Vec<u8> {
    element(id, &shortest(value))
}

/// A number without the zeros before it; zero is one byte.
fn shortest(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    bytes[(value.leading_zeros() as usize / 8).min(7)..].to_vec()
}

/// A length: as many bytes as the highest bit of the first one says, seven bits in each. All ones would mean "not known".
fn length(value: u64) -> Vec<u8> {
    let bytes = (1..8).find(|bytes| value < (1 << (7 * bytes)) - 1).unwrap_or(8);
    let marked = value | 1 << (7 * bytes);
    marked.to_be_bytes()[8 - bytes..].to_vec()
}

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const DURATION: u32 = 0x4489;
const CUES: u32 = 0x1c53_bb6b;
const CUE_POSITION: u32 = 0xf1;
const CLUSTER: u32 = 0x1f43_b675;
const CLUSTER_TIME: u32 = 0xe7;
const BLOCK: u32 = 0xa3;
const TRACK: u8 = 1;
/// ITU-R BT.709, in each of the three tables.
const BT_709: u64 = 1;

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "these tests make up numbers that fit")]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_are_as_short_as_they_may_be() {
        assert_eq!([shortest(0), shortest(255), shortest(256)], [vec![0], vec![255], vec![1, 0]]);
        // RFC 8794, section 4: one byte ends at 126, because 127 is all ones.
        assert_eq!([length(0), length(126)], [vec![0x80], vec![0xfe]]);
        assert_eq!([length(127), length(16_382)], [vec![0x40, 127], vec![0x7f, 0xfe]]);
        assert_eq!(length(16_383), vec![0x20, 0x3f, 0xff]);
        assert_eq!(length(1 << 50), vec![1, 4, 0, 0, 0, 0, 0, 0]);
        assert_eq!(element(BLOCK, b"ab"), [0xa3, 0x82, b'a', b'b']);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let frame = |at, key, length| Frame { at, key, bytes: vec![at as u8; length] };
        let frames = [frame(0, true, 300), frame(40, false, 5), frame(90, true, 20_000), frame(4_090, false, 1)];
        let file = file(1440, 1000, 5_000, &frames);

        let top = children(&file);
        assert_eq!(top.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [EBML, SEGMENT]);
        let segment = top[1].1;
        let parts = children(segment);
        let ids: Vec<u32> = parts.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [0x1549_a966, 0x1654_ae6b, CUES, CLUSTER, CLUSTER], "the index before the pictures");
        let duration = find(parts[0].1, DURATION);
        assert_eq!(f64::from_be_bytes(duration.try_into().unwrap()).to_bits(), 5_000_f64.to_bits());
        let video = find(find(parts[1].1, 0xae), 0xe0);
        assert_eq!([value(find(video, 0xb0)), value(find(video, 0xba))], [1440, 1000]);

        let mut read = Vec::new();
        let mut starts = Vec::new();
        for (_, cluster) in parts.iter().filter(|(id, _)| *id == CLUSTER) {
            let start = value(find(cluster, CLUSTER_TIME));
            // Where it stands in the segment: before its id and the length of its body.
            let at = cluster.as_ptr() as usize - segment.as_ptr() as usize;
            starts.push((start, (at - 4 - length(cluster.len() as u64).len()) as u64));
            for (_, block) in children(cluster).into_iter().filter(|(id, _)| *id == BLOCK) {
                assert_eq!(block[0], 0x81, "the one track");
                let at = start + u64::from(u16::from_be_bytes([block[1], block[2]]));
                read.push(Frame { at, key: block[3] == 0x80, bytes: block[4..].to_vec() });
            }
        }
        assert_eq!(read, frames);
        let cues: Vec<(u64, u64)> = children(parts[2].1)
            .into_iter()
            .map(|(_, point)| (value(find(point, 0xb3)), value(find(find(point, 0xb7), CUE_POSITION))))
            .collect();
        assert_eq!(cues, starts, "each place of the index is a cluster's");
        assert_eq!(cues.len(), 2);
    }

    fn children(mut body: &[u8]) -> Vec<(u32, &[u8])> {
        let mut found = Vec::new();
        while !body.is_empty() {
            let wide = body[0].leading_zeros() as usize + 1;
            let id = value(&body[..wide]) as u32;
            body = &body[wide..];
            let wide = body[0].leading_zeros() as usize + 1;
            let length = (value(&body[..wide]) ^ 1 << (7 * wide)) as usize;
            found.push((id, &body[wide..wide + length]));
            body = &body[wide + length..];
        }
        found
    }

    fn find(body: &[u8], wanted: u32) -> &[u8] {
        children(body).into_iter().find(|(id, _)| *id == wanted).expect("the element").1
    }

    fn value(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}
