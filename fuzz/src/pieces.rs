//! Cutting an input into pieces, as a network does.

/// The input in pieces of 1 to `most` bytes, whose sizes follow from `seed` alone.
pub(crate) fn pieces(data: &[u8], seed: u8, most: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    let mut state = u32::from(seed) | 0x9e37_0000;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let size = 1 + (state >> 16) as usize % most;
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The first byte and what follows; zero and nothing of an empty input.
pub(crate) fn seed(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (*first, rest))
}
