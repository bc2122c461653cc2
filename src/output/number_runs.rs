//! Numbers as Parquet's hybrid of runs and bit-packed groups.

/// Values that one group of packed bits holds.
const GROUP: usize = 8;
/// Groups under one header of one byte.
const GROUPS: usize = 63;

/// Bits that hold every number below `count`.
pub(super) fn bits_for(count: usize) -> u8 {
    let most = (count as u32).saturating_sub(1);
    (u32::BITS - most.leading_zeros()) as u8
}

/// Appends numbers of so many bits each.
pub(super) fn pack(numbers: &[u32], bits: u8, out: &mut Vec<u8>) {
    let mut at = 0;
    while at < numbers.len() {
        let same = same_from(numbers, at);
        if same >= GROUP || at + same == numbers.len() {
            run(numbers[at], same, bits, out);
            at += same;
            continue;
        }
        let header = out.len();
        out.push(0);
        let mut groups = 0;
        while groups < GROUPS && at < numbers.len() && (groups == 0 || same_from(numbers, at) < GROUP) {
            let end = (at + GROUP).min(numbers.len());
            group(&numbers[at..end], bits, out);
            at = end;
            groups += 1;
        }
        out[header] = (groups << 1 | 1) as u8;
    }
}

/// How many numbers from a place on are alike.
fn same_from(numbers: &[u32], at: usize) -> usize {
    let rest = numbers.get(at..).unwrap_or_default();
    rest.iter().take_while(|number| Some(*number) == rest.first()).count()
}

fn run(number: u32, count: usize, bits: u8, out: &mut Vec<u8>) {
    let mut header = count << 1;
    while header >= 0x80 {
        out.push(header as u8 | 0x80);
        header >>= 7;
    }
    out.push(header as u8);
    out.extend_from_slice(&number.to_le_bytes()[..usize::from(bits.div_ceil(8))]);
}

fn group(numbers: &[u32], bits: u8, out: &mut Vec<u8>) {
    // Half of a group fits into one number, all of it into one of twice the size.
    let hold =
        |numbers: &[u32]| numbers.iter().rev().fold(0_u64, |held, number| held << bits | u64::from(*number));
    if let Some((low, high)) = numbers.split_at_checked(GROUP / 2).filter(|_| bits <= 16) {
        let held = u128::from(hold(high)) << (u32::from(bits) * (GROUP / 2) as u32) | u128::from(hold(low));
        out.extend_from_slice(&held.to_le_bytes()[..usize::from(bits)]);
        return;
    }
    let end = out.len() + usize::from(bits);
    let (mut held, mut count) = (0_u64, 0);
    for number in numbers {
        held |= u64::from(*number) << count;
        count += u32::from(bits);
        while count >= 8 {
            out.push(held as u8);
            held >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        out.push(held as u8);
    }
    out.resize(end, 0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads the hybrid as its definition says.
    fn unpack(mut bytes: &[u8], bits: usize, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let (mut header, mut shift) = (0, 0);
            loop {
                header |= usize::from(bytes[0] & 0x7f) << shift;
                shift += 7;
                let more = bytes[0] & 0x80 != 0;
                bytes = &bytes[1..];
                if !more {
                    break;
                }
            }
            if header & 1 == 0 {
                let (value, rest) = bytes.split_at(bits.div_ceil(8));
                let value = value.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
                numbers.extend(std::iter::repeat_n(value, header >> 1));
                bytes = rest;
            } else {
                let (packed, rest) = bytes.split_at((header >> 1) * bits);
                let bit = |at: usize| u32::from(packed[at / 8] >> (at % 8) & 1);
                numbers.extend(
                    (0..(header >> 1) * GROUP)
                        .map(|value| (0..bits).map(|b| bit(value * bits + b) << b).sum::<u32>()),
                );
                bytes = rest;
            }
        }
        assert!(bytes.is_empty(), "bytes are left over");
        numbers.truncate(count);
        numbers
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            runs in prop::collection::vec((0..70_000_u32, prop_oneof![1..4_usize, 1..40_usize, 500..900_usize]), 1..60),
            most in 0..70_000_u32,
        ) {
            let numbers: Vec<u32> =
                runs.iter().flat_map(|(n, times)| std::iter::repeat_n(n % (most + 1), *times)).collect();
            let bits = bits_for(most as usize + 1);
            let mut bytes = Vec::new();
            pack(&numbers, bits, &mut bytes);
            prop_assert_eq!(unpack(&bytes, usize::from(bits), numbers.len()), numbers);
        }
    }

    #[test]
    fn bits_are_as_few_as_hold_the_largest() {
        let found = [0, 1, 2, 3, 4, 5, 256, 257].map(bits_for);
        assert_eq!(found, [0, 0, 1, 2, 2, 3, 8, 9]);
    }
}
