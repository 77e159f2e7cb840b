//! Options and properties, as Apple's media frameworks take them.

use objc2_core_foundation::{CFDictionary, CFRetained, CFString, CFType};

/// A dictionary of these pairs.
pub(crate) fn dictionary(
    pairs: &[(&CFString, &CFType)],
) -> CFRetained<CFDictionary<CFString, CFType>> {
    let (keys, values): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    CFDictionary::from_slices(&keys, &values)
}
