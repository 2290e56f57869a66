//! A film of what a browser shows: pictures at their real times, encoded by the browser itself (Chromium).
//!
//! Nothing is drawn into them and nothing is left out but a picture that is the one before; what is seen is what happened, when it
//! happened.

use crate::browser::Browser;
use crate::webdriver::text;
use crate::webm::{self, Frame};
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// A camera that runs in front of a browser.
pub struct Film<'a> {
    browser: &'a Browser,
    size: (u32, u32),
    start: Instant,
    pictures: Vec<Picture>,
    said: Vec<(u64, &'static str)>,
    cut: bool,
}

struct Picture {
    at: u64,
    png: String,
    /// Whether it begins a scene.
    cut: bool,
}

/// What became of it.
pub struct Reel {
    /// The film.
    pub webm: Vec<u8>,
    /// Its captions.
    pub vtt: String,
    /// One of its pictures, as `WebP`.
    pub poster: Vec<u8>,
}

impl<'a> Film<'a> {
    /// Begins to film the current tab, in a window of this size, each pixel of it two of the film's.
    pub fn begin(browser: &'a Browser, size: (u32, u32)) -> Result<Self> {
        let film = Self { browser, size, start: Instant::now(), pictures: Vec::new(), said: Vec::new(), cut: false };
        film.frame_tab()?;
        Ok(Self { start: Instant::now(), ..film })
    }

    /// Gives the current tab the size of the film: each tab has its own.
    pub fn frame_tab(&self) -> Result<()> {
        self.browser.size(self.size.0, self.size.1, SCALE)
    }

    /// Takes a picture.
    pub fn look(&mut self) -> Result<()> {
        let at = self.now();
        let png = BASE64_STANDARD.encode(self.browser.screenshot()?);
        if self.pictures.last().is_none_or(|last| last.png != png) {
            self.pictures.push(Picture { at, png, cut: std::mem::take(&mut self.cut) });
        }
        Ok(())
    }

    /// Goes on taking pictures for so long.
    pub fn hold(&mut self, span: Duration) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < span {
            self.look()?;
        }
        Ok(())
    }

    /// Goes on taking pictures until something is there.
    pub fn until<T>(&mut self, what: &str, mut there: impl FnMut() -> Result<Option<T>>) -> Result<T> {
        let start = Instant::now();
        loop {
            self.look()?;
            if let Some(found) = there()? {
                return Ok(found);
            }
            ensure!(start.elapsed() < LIMIT, "while filming: {what}");
        }
    }

    /// The next picture begins a scene: a player can start there.
    pub fn cut(&mut self) {
        self.cut = true;
    }

    /// From now on this caption is shown.
    pub fn say(&mut self, caption: &'static str) {
        self.said.push((self.now(), caption));
    }

    /// How many pictures there are.
    pub fn taken(&self) -> usize {
        self.pictures.len()
    }

    /// Encodes it, in the current tab, which must be a page of a site by TLS. The poster is the last of the first `poster` pictures.
    pub fn develop(mut self, poster: usize) -> Result<Reel> {
        self.look()?;
        let lasts = self.now();
        let (width, height) = (self.size.0 * SCALE, self.size.1 * SCALE);
        let pictures = &self.pictures;
        let run = |body: &str, arguments: Value| self.browser.eval_with(body, &arguments);
        run(LOAD, json!([width, height]))?;
        for (index, picture) in pictures.iter().enumerate() {
            run(ENCODE, json!([picture.png, picture.at, index == 0 || picture.cut]))?;
        }
        // Once more at its very end: a player that stops at the last picture stops there.
        let last = pictures.last().context("no picture was taken")?;
        run(ENCODE, json!([last.png, lasts, false]))?;
        let made = run(UNLOAD, json!([]))?;
        let made: Vec<(u64, bool, String)> = serde_json::from_value(made)?;
        ensure!(made.len() == pictures.len() + 1, "{} pictures, {} encoded", pictures.len() + 1, made.len());
        let frames = made.into_iter().map(|(at, key, bytes)| {
            let bytes = BASE64_STANDARD.decode(bytes)?;
            Ok(Frame { at, key, bytes })
        });
        let frames = frames.collect::<Result<Vec<_>>>()?;
        let webm = webm::file(u64::from(width), u64::from(height), lasts, &frames);
        let poster = poster.checked_sub(1).and_then(|index| pictures.get(index)).context("no poster")?;
        let poster = BASE64_STANDARD.decode(text(run(POSTER, json!([poster.png]))?)?)?;
        Ok(Reel { webm, vtt: captions(&self.said, lasts), poster })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Each is shown until the next one comes.
fn captions(said: &[(u64, &str)], lasts: u64) -> String {
    let mut vtt = "WEBVTT\n".to_owned();
    let ends = said.iter().skip(1).map(|(at, _)| *at).chain([lasts]);
    for ((from, caption), to) in said.iter().zip(ends) {
        let _ = write!(vtt, "\n{} --> {}\n{caption}\n", clock(*from), clock(to));
    }
    vtt
}

fn clock(ms: u64) -> String {
    format!("{:02}:{:02}.{:03}", ms / 60_000, ms / 1_000 % 60, ms % 1_000)
}

/// For screens with small pixels, and for the whole of a large one.
const SCALE: u32 = 2;

/// What takes longer is no film.
const LIMIT: Duration = Duration::from_secs(20);

/// The encoder. One quality for every picture, not one rate: a still screen costs nothing, and words are sharp when they come.
const LOAD: &str = "
    const [width, height] = arguments;
    const chunks = window.film = [];
    const encoder = window.encoder = new VideoEncoder({
        output: (chunk) => {
            const bytes = new Uint8Array(chunk.byteLength);
            chunk.copyTo(bytes);
            let text = '';
            for (const byte of bytes) text += String.fromCharCode(byte);
            chunks.push([Math.round(chunk.timestamp / 1000), chunk.type === 'key', btoa(text)]);
        },
        error: (error) => { window.filmError = String(error); },
    });
    const config = {codec: 'vp09.00.40.08', width, height, bitrateMode: 'quantizer', latencyMode: 'quality', hardwareAcceleration: 'prefer-software', contentHint: 'text'};
    return VideoEncoder.isConfigSupported(config).then(({supported}) => {
        if (!supported) throw new Error('VP9 cannot be encoded here');
        encoder.configure(config);
    });
";

/// One picture, in the colours that every player takes for granted: BT.709, with room at both ends. Left to itself the encoder uses the
/// whole range, which not every player is told of.
const ENCODE: &str = "
    const [png, at, keyFrame] = arguments;
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
    return createImageBitmap(new Blob([bytes], {type: 'image/png'})).then((picture) => {
        if (window.filmError) throw new Error(window.filmError);
        const {width, height} = picture, area = width * height;
        const canvas = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true});
        canvas.drawImage(picture, 0, 0);
        const {data} = canvas.getImageData(0, 0, width, height);
        // All of the brightness, then a quarter of each of the two differences.
        const planes = new Uint8ClampedArray(area * 1.5);
        for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) {
            const luma = (r, g, b) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
            const [r, g, b] = [data[4 * at], data[4 * at + 1], data[4 * at + 2]];
            planes[at] = 16 + luma(r, g, b) * 219 / 255;
            if (x % 2 || y % 2) continue;
            const mean = (n) => (data[4 * at + n] + data[4 * at + 4 + n] + data[4 * (at + width) + n] + data[4 * (at + width) + 4 + n]) / 4;
            const [red, blue] = [mean(0), mean(2)], bright = luma(red, mean(1), blue), place = area + y / 2 * width / 2 + x / 2;
            planes[place] = 128 + (blue - bright) / 1.8556 * 224 / 255;
            planes[place + area / 4] = 128 + (red - bright) / 1.5748 * 224 / 255;
        }
        const colorSpace = {matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', fullRange: false};
        const frame = new VideoFrame(planes, {format: 'I420', codedWidth: width, codedHeight: height, timestamp: at * 1000, colorSpace});
        window.encoder.encode(frame, {keyFrame, vp9: {quantizer: 40}});
        frame.close();
        picture.close();
    });
";

const UNLOAD: &str = "
    return window.encoder.flush().then(() => {
        if (window.filmError) throw new Error(window.filmError);
        return window.film;
    });
";

/// A screenshot is a large PNG; a photograph of it is a third as long and looks the same.
const POSTER: &str = "
    const [png] = arguments;
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
    return createImageBitmap(new Blob([bytes], {type: 'image/png'})).then(async (picture) => {
        const canvas = new OffscreenCanvas(picture.width, picture.height);
        canvas.getContext('2d').drawImage(picture, 0, 0);
        const made = await canvas.convertToBlob({type: 'image/webp', quality: 0.6});
        let text = '';
        for (const byte of new Uint8Array(await made.arrayBuffer())) text += String.fromCharCode(byte);
        return btoa(text);
    });
";

#[cfg(test)]
mod tests {
    use super::captions;

    #[test]
    fn a_caption_stands_until_the_next_one() {
        let vtt = captions(&[(0, "One."), (61_250, "Two.")], 62_000);
        assert_eq!(vtt, "WEBVTT\n\n00:00.000 --> 01:01.250\nOne.\n\n01:01.250 --> 01:02.000\nTwo.\n");
    }
}
