//! Sorting, once.
//!
//! The sorts of the standard library are made anew for every type and every way to compare, five kilobytes of wasm each. Here only numbers
//! are compared, so all lists share one sort.

use std::collections::BinaryHeap;

/// Puts a list in the order of a number that each of its items has; what has the same number stays in the order it had.
pub fn by<T>(list: &mut [T], number: impl Fn(&T) -> u64) {
    let order = order(list.iter().map(number).zip(0..).collect());
    for at in 0..order.len() {
        // What was to come here may have made way for another already: then it is where that one was.
        let mut from = order[at].1;
        while from < at {
            from = order[from].1;
        }
        list.swap(at, from);
    }
}

#[inline(never)]
fn order(numbers: Vec<(u64, usize)>) -> Vec<(u64, usize)> {
    BinaryHeap::from(numbers).into_sorted_vec()
}

#[cfg(test)]
mod tests {
    use super::by;

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        // A linear congruential generator: every list up to a hundred, with many equals and with few.
        let mut seed = 1_u64;
        let mut next = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % most
        };
        for length in 0..100 {
            for most in [1, 2, 7, 1_000] {
                let mut list: Vec<(u64, usize)> = (0..length).map(|at| (next(most), at)).collect();
                let mut expected = list.clone();
                expected.sort_by_key(|item| item.0);
                by(&mut list, |item| item.0);
                assert_eq!(list, expected);
            }
        }
    }

    #[test]
    fn what_is_in_order_or_turned_or_shifted_is_no_trouble() {
        for shift in [0, 1, 9_999] {
            let mut list: Vec<u64> = (0..10_000).map(|at| (at + shift) % 10_000).collect();
            by(&mut list, |at| *at);
            assert!(list.is_sorted());
            list.reverse();
            by(&mut list, |at| *at);
            assert!(list.is_sorted());
        }
    }
}
