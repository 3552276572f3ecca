//! Sobol's sequence in many dimensions, with the direction numbers of S. Joe and F. Y. Kuo ("Constructing Sobol sequences with
//! better two-dimensional projections", SIAM J. Sci. Comput. 30, 2008; their file new-joe-kuo-6).

/// Of each dimension from the second on a primitive polynomial over two elements, as bits, and its first numbers m.
const ROWS: [(u32, &[u32]); 63] = [
    (3, &[1]),
    (7, &[1, 3]),
    (11, &[1, 3, 1]),
    (13, &[1, 1, 1]),
    (19, &[1, 1, 3, 3]),
    (25, &[1, 3, 5, 13]),
    (37, &[1, 1, 5, 5, 17]),
    (41, &[1, 1, 5, 5, 5]),
    (47, &[1, 1, 7, 11, 19]),
    (55, &[1, 1, 5, 1, 1]),
    (59, &[1, 1, 1, 3, 11]),
    (61, &[1, 3, 5, 5, 31]),
    (67, &[1, 3, 3, 9, 7, 49]),
    (91, &[1, 1, 1, 15, 21, 21]),
    (97, &[1, 3, 1, 13, 27, 49]),
    (103, &[1, 1, 1, 15, 7, 5]),
    (109, &[1, 3, 1, 15, 13, 25]),
    (115, &[1, 1, 5, 5, 19, 61]),
    (131, &[1, 3, 7, 11, 23, 15, 103]),
    (137, &[1, 3, 7, 13, 13, 15, 69]),
    (143, &[1, 1, 3, 13, 7, 35, 63]),
    (145, &[1, 3, 5, 9, 1, 25, 53]),
    (157, &[1, 3, 1, 13, 9, 35, 107]),
    (167, &[1, 3, 1, 5, 27, 61, 31]),
    (171, &[1, 1, 5, 11, 19, 41, 61]),
    (185, &[1, 3, 5, 3, 3, 13, 69]),
    (191, &[1, 1, 7, 13, 1, 19, 1]),
    (193, &[1, 3, 7, 5, 13, 19, 59]),
    (203, &[1, 1, 3, 9, 25, 29, 41]),
    (211, &[1, 3, 5, 13, 23, 1, 55]),
    (213, &[1, 3, 7, 3, 13, 59, 17]),
    (229, &[1, 3, 1, 3, 5, 53, 69]),
    (239, &[1, 1, 5, 5, 23, 33, 13]),
    (241, &[1, 1, 7, 7, 1, 61, 123]),
    (247, &[1, 1, 7, 9, 13, 61, 49]),
    (253, &[1, 3, 3, 5, 3, 55, 33]),
    (285, &[1, 3, 1, 15, 31, 13, 49, 245]),
    (299, &[1, 3, 5, 15, 31, 59, 63, 97]),
    (301, &[1, 3, 1, 11, 11, 11, 77, 249]),
    (333, &[1, 3, 1, 11, 27, 43, 71, 9]),
    (351, &[1, 1, 7, 15, 21, 11, 81, 45]),
    (355, &[1, 3, 7, 3, 25, 31, 65, 79]),
    (357, &[1, 3, 1, 1, 19, 11, 3, 205]),
    (361, &[1, 1, 5, 9, 19, 21, 29, 157]),
    (369, &[1, 3, 7, 11, 1, 33, 89, 185]),
    (391, &[1, 3, 3, 3, 15, 9, 79, 71]),
    (397, &[1, 3, 7, 11, 15, 39, 119, 27]),
    (425, &[1, 1, 3, 1, 11, 31, 97, 225]),
    (451, &[1, 1, 1, 3, 23, 43, 57, 177]),
    (463, &[1, 3, 7, 7, 17, 17, 37, 71]),
    (487, &[1, 3, 1, 5, 27, 63, 123, 213]),
    (501, &[1, 1, 3, 5, 11, 43, 53, 133]),
    (529, &[1, 3, 5, 5, 29, 17, 47, 173, 479]),
    (539, &[1, 3, 3, 11, 3, 1, 109, 9, 69]),
    (545, &[1, 1, 1, 5, 17, 39, 23, 5, 343]),
    (557, &[1, 3, 1, 5, 25, 15, 31, 103, 499]),
    (563, &[1, 1, 1, 11, 11, 17, 63, 105, 183]),
    (601, &[1, 1, 5, 11, 9, 29, 97, 231, 363]),
    (607, &[1, 1, 5, 15, 19, 45, 41, 7, 383]),
    (617, &[1, 3, 7, 7, 31, 19, 83, 137, 221]),
    (623, &[1, 1, 1, 3, 23, 15, 111, 223, 83]),
    (631, &[1, 1, 5, 13, 31, 15, 55, 25, 161]),
    (637, &[1, 1, 3, 13, 25, 47, 39, 87, 257]),
];

/// The direction numbers of a dimension, counted from 0: of the binary digits of an index, the lowest first, each flips these
/// of the 32 digits of the point.
pub(super) fn directions(dimension: usize) -> [u32; 32] {
    let mut directions = std::array::from_fn(|digit| 1 << (31 - digit));
    let Some((polynomial, first)) = dimension.checked_sub(1).map(|row| ROWS[row]) else {
        return directions;
    };
    let degree = first.len();
    for digit in 0..32 {
        directions[digit] = match first.get(digit) {
            Some(m) => m << (31 - digit),
            None => {
                let last = directions[digit - degree];
                let inner = (1..degree).filter(|place| polynomial >> (degree - place) & 1 == 1);
                inner.fold(last ^ (last >> degree), |sum, place| sum ^ directions[digit - place])
            }
        };
    }
    directions
}

/// The point `index` of a dimension with these directions, in units of 2^-32. Points come in the plain order of the index: the
/// first 2^m are those of the usual order by Gray's code.
pub(super) fn point(directions: &[u32; 32], index: u32) -> u32 {
    let flips = directions.iter().enumerate().filter(|(digit, _)| index >> digit & 1 == 1);
    flips.fold(0, |point, (_, direction)| point ^ direction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::FAMILY;
    use std::collections::BTreeSet;

    /// Points 1000 and 4095 of `scipy.stats.qmc.Sobol(64, scramble=False, bits=32)`, times 2^32. It comes to its points by
    /// Gray's code.
    const POINT_1000: [u32; 64] = [
        943718400, 415236096, 2227175424, 2906652672, 1203765248, 3896508416, 197132288, 3862953984, 2151677952,
        297795584, 364904448, 1094713344, 692060160, 1648361472, 616562688, 1589641216, 3091202048, 1480589312,
        4257218560, 3116367872, 2243952640, 2361393152, 4081057792, 2319450112, 2503999488, 3896508416, 171966464,
        4206886912, 255852544, 1463812096, 633339904, 624951296, 1270874112, 2545942528, 3443523584, 3309305856,
        3644850176, 3569352704, 1321205760, 2059403264, 3921674240, 1094713344, 4123000832, 3015704576, 3611295744,
        398458880, 3745513472, 3946840064, 4290772992, 2059403264, 1514143744, 2218786816, 3233808384, 1883242496,
        541065216, 3829399552, 1950351360, 339738624, 3795845120, 2453667840, 1916796928, 2587885568, 1111490560,
        1916796928,
    ];
    const POINT_4095: [u32; 64] = [
        1048576, 4042260480, 1435500544, 3872391168, 4038066176, 338690048, 4077912064, 1678770176, 823132160,
        1058013184, 2446327808, 1380974592, 1584398336, 2232418304, 2366636032, 1789919232, 267386880, 2616197120,
        3492806656, 2238709760, 969932800, 3144679424, 2911895552, 1913651200, 787480576, 2289041408, 1626341376,
        122683392, 4012900352, 3673161728, 1552941056, 376438784, 3266314240, 1129316352, 4092592128, 753926144,
        2492465152, 1408237568, 711983104, 976224256, 862978048, 45088768, 2876243968, 2907701248, 2874146816,
        4176478208, 3004170240, 84934656, 4113563648, 2609905664, 1997537280, 158334976, 2922381312, 4266655744,
        238026752, 621805568, 3004170240, 2265972736, 2748317696, 2446327808, 1274019840, 1653604352, 2949644288,
        2377121792,
    ];

    fn gray(index: u32) -> u32 {
        index ^ (index >> 1)
    }

    #[test]
    fn points_are_those_of_scipy() {
        for (index, expected) in [(1000, POINT_1000), (4095, POINT_4095)] {
            let found: Vec<u32> = (0..64).map(|dimension| point(&directions(dimension), gray(index))).collect();
            assert_eq!(found, expected);
        }
        // The first points of the first dimensions, in sixteenths.
        let expected = [
            [0, 0, 0, 0, 0, 0],
            [8, 8, 8, 8, 8, 8],
            [12, 4, 4, 4, 12, 12],
            [4, 12, 12, 12, 4, 4],
            [6, 6, 10, 14, 6, 2],
            [14, 14, 2, 6, 14, 10],
            [10, 2, 14, 10, 10, 14],
            [2, 10, 6, 2, 2, 6],
            [3, 5, 15, 7, 9, 5],
        ];
        for (index, row) in (0..).zip(expected) {
            let found: [u32; 6] = std::array::from_fn(|dimension| point(&directions(dimension), gray(index)) >> 28);
            assert_eq!(found, row);
        }
    }

    /// Each point of a dimension has one of its own: directions are a basis.
    #[test]
    fn no_two_points_of_a_dimension_are_equal() {
        for dimension in 0..=ROWS.len() {
            let directions = directions(dimension);
            assert!((0..32).all(|digit| directions[digit].trailing_zeros() == 31 - digit as u32), "{dimension}");
        }
    }

    #[test]
    fn there_is_a_dimension_for_every_parameter() {
        let problems = FAMILY.problems.iter().map(|row| (0, &row.member));
        let penalties = FAMILY.penalties.iter().map(|row| (1, &row.member));
        let optimizers = FAMILY.optimizers.iter().map(|row| (2, &row.member));
        let schedules = FAMILY.schedules.iter().flat_map(|row| [(3, &row.member), (4, &row.member)]);
        let members = problems.chain(penalties).chain(optimizers).chain(schedules);
        let paths: BTreeSet<(i32, &str)> =
            members.flat_map(|(role, member)| member.parameters.iter().map(move |own| (role, own.name))).collect();
        // Those, noise and the start.
        assert!(paths.len() + 2 < 1 + ROWS.len(), "{}", paths.len());
    }
}
