//! Which of the rates that an encoder offers comes nearest to the wanted one.

/// The rate that lies nearest to `wanted` in any of `ranges`, lowest and highest of each; of two
/// that are equally near the lower one. Where nothing is offered, the wanted one.
pub(super) fn nearest(wanted: u32, ranges: &[(u32, u32)]) -> u32 {
    let within = |&(least, most): &(u32, u32)| wanted.clamp(least.min(most), most.max(least));
    let rates = ranges.iter().map(within);
    rates.min_by_key(|rate| (rate.abs_diff(wanted), *rate)).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rate_on_offer_is_taken() {
        let single = [64_000, 96_000, 128_000, 320_000].map(|rate| (rate, rate));
        for (wanted, expected) in [
            (16_000, 64_000),
            (80_000, 64_000),
            (81_000, 96_000),
            (128_000, 128_000),
            (900_000, 320_000),
        ] {
            assert_eq!(nearest(wanted, &single), expected, "{wanted}");
        }
        assert_eq!(nearest(100_000, &[(64_000, 320_000)]), 100_000, "any within a range");
        assert_eq!(nearest(100_000, &[]), 100_000);
    }
}
