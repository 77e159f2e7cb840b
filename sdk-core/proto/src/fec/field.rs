//! Arithmetic in the field of 256 elements, with the polynomial x⁸ + x⁴ + x³ + x² + 1.

const POLYNOMIAL: u8 = 0x1D;

/// The product of two elements.
pub(super) const fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut b, mut product) = (a, b, 0);
    while b != 0 {
        if b & 1 != 0 {
            product ^= a;
        }
        a = double(a);
        b >>= 1;
    }
    product
}

/// What gives one when it is multiplied by `a`; zero for zero.
pub(super) fn inverse(a: u8) -> u8 {
    // The group has 255 elements, so that the 254th power is the inverse.
    let (mut power, mut inverse) = (a, 1);
    for _ in 1..8 {
        power = multiply(power, power);
        inverse = multiply(inverse, power);
    }
    inverse
}

/// Adds `factor` times `bytes` to `sum`, which is as long.
pub(super) fn add_product(sum: &mut [u8], bytes: &[u8], factor: u8) {
    match factor {
        0 => {}
        1 => sum.iter_mut().zip(bytes).for_each(|(sum, byte)| *sum ^= byte),
        _ => {
            let products = products(factor);
            sum.iter_mut().zip(bytes).for_each(|(sum, byte)| *sum ^= product(&products, *byte));
        }
    }
}

/// Multiplies each of `bytes` by `factor`.
pub(super) fn scale(bytes: &mut [u8], factor: u8) {
    let products = products(factor);
    bytes.iter_mut().for_each(|byte| *byte = product(&products, *byte));
}

/// `factor` times each element.
fn products(factor: u8) -> [u8; 256] {
    let mut products = [0; 256];
    let mut doubled = factor;
    for bit in 0..8 {
        let (done, rest) = products.split_at_mut(1 << bit);
        for (product, lower) in rest.iter_mut().zip(done) {
            *product = *lower ^ doubled;
        }
        doubled = double(doubled);
    }
    products
}

fn product(products: &[u8; 256], byte: u8) -> u8 {
    // There are 256 products, and a byte has no more values.
    products.get(usize::from(byte)).copied().unwrap_or(0)
}

const fn double(a: u8) -> u8 {
    a << 1 ^ if a & 0x80 != 0 { POLYNOMIAL } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_but_zero_has_an_inverse() {
        for a in 1..=255 {
            assert_eq!(multiply(a, inverse(a)), 1, "{a}");
        }
        assert_eq!(inverse(0), 0);
    }

    #[test]
    fn sums_of_products_are_the_same_however_they_are_formed() {
        let bytes: Vec<u8> = (0..=255).collect();
        for factor in [0, 1, 2, 29, 255] {
            let mut sum = vec![0x5A; 256];
            add_product(&mut sum, &bytes, factor);
            let expected = bytes.iter().map(|byte| 0x5A ^ multiply(*byte, factor));
            assert!(sum.iter().copied().eq(expected), "{factor}");
            let mut scaled = bytes.clone();
            scale(&mut scaled, factor);
            assert!(scaled.iter().zip(&bytes).all(|(s, b)| *s == multiply(*b, factor)));
        }
    }
}
