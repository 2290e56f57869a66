//! The allocator of every wasm module of ours.

/// Five kilobytes smaller than std's own. What is freed is given to later requests, and joined with what is free beside it.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[cfg(test)]
mod tests {
    use std::arch::wasm32::memory_size;
    use std::hint::black_box;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// Pages of 64 KiB.
    const MEGABYTE: usize = 16;
    /// A thousand events each.
    const ROUNDS: usize = 12;

    /// What one event needs: short strings of which some live on, a snapshot that grows by pushes, now and then a prompt that
    /// is kept, and sometimes a request's whole body, twice.
    fn event(at: usize, kept: &mut [String], prompts: &mut [String]) {
        for one in 0..60 {
            // Far steps through the list, so that what is freed lies between what lives.
            let place = (at * 61 + one * 377) % kept.len();
            kept[place] = "x".repeat(8 + (at * 31 + one * 97) % 300);
        }
        let mut snapshot = String::new();
        for _ in 0..(200 + at * 7919 % 7000) {
            snapshot.push_str("12345678");
        }
        black_box(&snapshot);
        if at.is_multiple_of(20) {
            let place = at / 20 % prompts.len();
            prompts[place] = "ä".repeat(at * 104_729 % 100_000);
        }
        if at.is_multiple_of(500) {
            let mut body = Vec::new();
            for _ in 0..8 {
                body.extend_from_slice(&vec![b'{'; 1 << 20]);
            }
            let _ = black_box((String::from_utf8(body.clone()), body));
        }
    }

    #[wasm_bindgen_test]
    fn memory_comes_to_an_end_of_its_growth() {
        let (mut kept, mut prompts) = (vec![String::new(); 1500], vec![String::new(); 50]);
        let mut sizes = Vec::new();
        for round in 0..ROUNDS {
            for at in 0..1000 {
                event(round * 1000 + at, &mut kept, &mut prompts);
            }
            sizes.push(memory_size::<0>());
        }
        // Where the bodies come to lie depends on what the other tests have left: once more they may need a new place. A leak would need
        // one again and again.
        let last = sizes[ROUNDS - 1];
        let mut settled = sizes[2..].to_vec();
        settled.dedup();
        assert!(settled.len() <= 2, "{sizes:?}");
        // 9 MB live, and for a moment two bodies beside them, one of which is being moved to twice its place.
        assert!(last < 64 * MEGABYTE, "{sizes:?}");
    }
}
