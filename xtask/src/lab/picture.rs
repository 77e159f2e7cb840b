//! What is in the picture that arrived: whether there is one, and whether it moves.

/// Width of the small grey pictures that are looked at.
pub(super) const WIDTH: usize = 160;
/// Their height.
pub(super) const HEIGHT: usize = 90;
/// How many of them are looked at for each second of the recording.
pub(super) const A_SECOND: usize = 5;

/// A second of the recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Second {
    /// Mean brightness, 0 to 255.
    pub(super) brightness: f64,
    /// How far the pixels of a picture lie from its mean; 0 for a single colour.
    pub(super) contrast: f64,
    /// How far a pixel changes from one picture to the next, at most; 0 for a still.
    pub(super) motion: f64,
}

impl Second {
    /// A test pattern has contrast; black, grey and green screens of failed decoders have none.
    pub(super) fn shows_something(&self) -> bool {
        self.brightness > 10.0 && self.contrast > 10.0
    }

    /// The virtual camera draws the running time and moves its bars.
    pub(super) fn moves(&self) -> bool {
        self.motion > 0.5
    }
}

/// Looks at pictures of one byte a pixel, second by second.
pub(super) fn look(pictures: &[u8]) -> Vec<Second> {
    let pictures: Vec<&[u8]> = pictures.chunks_exact(WIDTH * HEIGHT).collect();
    pictures.chunks(A_SECOND).map(second).collect()
}

fn second(pictures: &[&[u8]]) -> Second {
    let mean = |of: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = of.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        if count == 0.0 { 0.0 } else { sum / count }
    };
    let first = pictures.first().copied().unwrap_or_default();
    let brightness = mean(&mut first.iter().map(|pixel| f64::from(*pixel)));
    let spread = |pixel: &u8| (f64::from(*pixel) - brightness).abs();
    let motion = pictures.windows(2).map(|pair| {
        let (before, after) = (pair.first(), pair.last());
        let pixels = before.into_iter().zip(after).flat_map(|(a, b)| a.iter().zip(b.iter()));
        mean(&mut pixels.map(|(a, b)| f64::from(a.abs_diff(*b))))
    });
    Second {
        brightness,
        contrast: mean(&mut first.iter().map(spread)),
        motion: motion.fold(0.0, f64::max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(shift: usize) -> Vec<u8> {
        let bar = |x: usize| if (x + shift) % 40 < 20 { 200 } else { 40 };
        (0..HEIGHT).flat_map(|_| (0..WIDTH).map(bar)).collect()
    }

    #[test]
    fn moving_bars_show_something_and_move() {
        let pictures: Vec<u8> = (0..A_SECOND * 2).flat_map(picture).collect();
        let seconds = look(&pictures);
        assert_eq!(seconds.len(), 2);
        assert!(seconds.iter().all(|second| second.shows_something() && second.moves()));
    }

    #[test]
    fn a_still_shows_something_but_does_not_move_and_black_does_neither() {
        let still = look(&picture(0).repeat(A_SECOND));
        assert!(still[0].shows_something() && !still[0].moves());
        let black = look(&vec![0; WIDTH * HEIGHT * A_SECOND]);
        assert!(!black[0].shows_something() && !black[0].moves());
        assert!(look(&[]).is_empty());
    }
}
