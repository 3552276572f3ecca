//! The colours of pictures: a scale of rates, one of other quantities, one of differences, and a palette of fates.

use crate::output::drawing::Colour;
use crate::verdict::Fate;

/// Colour of the share `part` / `whole`, rounded to the nearest of the scale's 256 in integers.
pub fn rate_colour(part: u64, whole: u64) -> Colour {
    let last = (CIVIDIS.len() - 1) as u128;
    let index = (2 * last * u128::from(part) + u128::from(whole)) / (2 * u128::from(whole));
    CIVIDIS[index.min(last) as usize]
}

/// Black on a light colour, white on a dark one (by their luma, Rec. 709).
pub fn ink_on(colour: Colour) -> Colour {
    let luma = 2126 * (colour >> 16) + 7152 * (colour >> 8 & 255) + 722 * (colour & 255);
    if luma > 10_000 * 128 { 0x000000 } else { 0xffffff }
}

/// The colour of a fate.
pub fn fate_colour(fate: Fate) -> Colour {
    FATE_COLOURS[fate as usize]
}

/// Colours of the fates in their order, chosen so that they stay apart to normal and to colour-blind eyes. Exact zero has the colour of
/// a rate of 1, and no other fate is like that of a rate of 0.
pub const FATE_COLOURS: [Colour; Fate::ALL.len()] =
    [0x090200, 0xfee838, 0xabad45, 0x3f959c, 0xa0d9e5, 0x9e1b18, 0x704aac];

/// Colours of a scale.
const SHADES: usize = 255;

/// From few to many of what is no rate, and so must not look like one.
pub fn plain_shades() -> Vec<Colour> {
    shades(&[0xf1ecf7, 0xcab5e2, 0x9c76c1, 0x6c3c98, 0x371150])
}

/// From less to more; the one in the middle is neither.
pub fn difference_shades() -> Vec<Colour> {
    shades(&[0x12467f, 0x6d9ccb, 0xf4f4f4, 0xc68852, 0x6e3300])
}

/// Shades in even steps from each of `stops` to the next.
fn shades(stops: &[Colour]) -> Vec<Colour> {
    let last = SHADES - 1;
    let shade = |index: usize| {
        let whole = index * (stops.len() - 1);
        let (from, share) = ((whole / last).min(stops.len() - 2), whole - (whole / last).min(stops.len() - 2) * last);
        let mixed = [16, 8, 0].map(|shift| {
            let [a, b] = [stops[from], stops[from + 1]].map(|stop| (stop >> shift & 255) as usize);
            let byte = (a * (last - share) + b * share + last / 2) / last;
            (byte as Colour) << shift
        });
        mixed.iter().sum()
    };
    (0..SHADES).map(shade).collect()
}

/// Cividis (Nuñez, Anderton and Renslow, PLOS ONE 13(7), 2018; CC0): even in lightness, and the same to colour-blind
/// eyes.
#[rustfmt::skip]
pub const CIVIDIS: [Colour; 256] = [
    0x00224e, 0x00234f, 0x002451, 0x002553, 0x002554, 0x002656, 0x002758, 0x002859, 0x00285b, 0x00295d, 0x002a5f, 0x002a61,
    0x002b62, 0x002c64, 0x002c66, 0x002d68, 0x002e6a, 0x002e6c, 0x002f6d, 0x00306f, 0x003070, 0x003170, 0x003171, 0x013271,
    0x053371, 0x083370, 0x0c3470, 0x0f3570, 0x123570, 0x143670, 0x163770, 0x18376f, 0x1a386f, 0x1c396f, 0x1e3a6f, 0x203a6f,
    0x213b6e, 0x233c6e, 0x243c6e, 0x263d6e, 0x273e6e, 0x293f6e, 0x2a3f6d, 0x2b406d, 0x2d416d, 0x2e416d, 0x2f426d, 0x31436d,
    0x32436d, 0x33446d, 0x34456c, 0x35456c, 0x36466c, 0x38476c, 0x39486c, 0x3a486c, 0x3b496c, 0x3c4a6c, 0x3d4a6c, 0x3e4b6c,
    0x3f4c6c, 0x404c6c, 0x414d6c, 0x424e6c, 0x434e6c, 0x444f6c, 0x45506c, 0x46516c, 0x47516c, 0x48526c, 0x49536c, 0x4a536c,
    0x4b546c, 0x4c556c, 0x4d556c, 0x4e566c, 0x4f576c, 0x50576c, 0x51586d, 0x52596d, 0x535a6d, 0x545a6d, 0x555b6d, 0x555c6d,
    0x565c6d, 0x575d6d, 0x585e6d, 0x595e6e, 0x5a5f6e, 0x5b606e, 0x5c616e, 0x5d616e, 0x5e626e, 0x5e636f, 0x5f636f, 0x60646f,
    0x61656f, 0x62656f, 0x636670, 0x646770, 0x656870, 0x656870, 0x666970, 0x676a71, 0x686a71, 0x696b71, 0x6a6c71, 0x6b6d72,
    0x6c6d72, 0x6c6e72, 0x6d6f72, 0x6e6f73, 0x6f7073, 0x707173, 0x717274, 0x727274, 0x727374, 0x737475, 0x747475, 0x757575,
    0x767676, 0x777776, 0x777777, 0x787877, 0x797977, 0x7a7a78, 0x7b7a78, 0x7c7b78, 0x7d7c78, 0x7e7c78, 0x7e7d78, 0x7f7e78,
    0x807f78, 0x817f78, 0x828079, 0x838179, 0x848279, 0x858279, 0x868379, 0x878478, 0x888578, 0x898578, 0x8a8678, 0x8b8778,
    0x8c8878, 0x8d8878, 0x8e8978, 0x8f8a78, 0x908b78, 0x918b78, 0x928c78, 0x928d78, 0x938e78, 0x948e77, 0x958f77, 0x969077,
    0x979177, 0x989277, 0x999277, 0x9a9376, 0x9b9476, 0x9c9576, 0x9d9576, 0x9e9676, 0x9f9775, 0xa09875, 0xa19975, 0xa29975,
    0xa39a74, 0xa49b74, 0xa59c74, 0xa69c74, 0xa79d73, 0xa89e73, 0xa99f73, 0xaaa073, 0xaba072, 0xaca172, 0xada272, 0xaea371,
    0xafa471, 0xb0a571, 0xb1a570, 0xb3a670, 0xb4a76f, 0xb5a86f, 0xb6a96f, 0xb7a96e, 0xb8aa6e, 0xb9ab6d, 0xbaac6d, 0xbbad6d,
    0xbcae6c, 0xbdae6c, 0xbeaf6b, 0xbfb06b, 0xc0b16a, 0xc1b26a, 0xc2b369, 0xc3b369, 0xc4b468, 0xc5b568, 0xc6b667, 0xc7b767,
    0xc8b866, 0xc9b965, 0xcbb965, 0xccba64, 0xcdbb63, 0xcebc63, 0xcfbd62, 0xd0be62, 0xd1bf61, 0xd2c060, 0xd3c05f, 0xd4c15f,
    0xd5c25e, 0xd6c35d, 0xd7c45c, 0xd9c55c, 0xdac65b, 0xdbc75a, 0xdcc859, 0xddc858, 0xdec958, 0xdfca57, 0xe0cb56, 0xe1cc55,
    0xe2cd54, 0xe4ce53, 0xe5cf52, 0xe6d051, 0xe7d150, 0xe8d24f, 0xe9d34e, 0xead34c, 0xebd44b, 0xedd54a, 0xeed649, 0xefd748,
    0xf0d846, 0xf1d945, 0xf2da44, 0xf3db42, 0xf5dc41, 0xf6dd3f, 0xf7de3e, 0xf8df3c, 0xf9e03a, 0xfbe138, 0xfce236, 0xfde334,
    0xfee434, 0xfee535, 0xfee636, 0xfee838,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What eyes without one kind of cone see of linear RGB: Machado, Oliveira and Fernandes, IEEE TVCG 15(6), 2009,
    /// table 1, severity 1.
    const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
        ("normal", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        ),
        (
            "deuteranopia",
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        ),
        (
            "tritanopia",
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
        ),
    ];

    fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    fn linear(colour: Colour) -> [f64; 3] {
        [16, 8, 0].map(|shift| {
            let share = f64::from(colour >> shift & 255) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// Oklab (Ottosson, 2020), where distances are roughly as large as they look.
    fn oklab(rgb: [f64; 3]) -> [f64; 3] {
        let cones = [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ];
        let lab = [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ];
        times(&lab, times(&cones, rgb.map(|share| share.clamp(0.0, 1.0))).map(f64::cbrt))
    }

    fn distance(vision: &[[f64; 3]; 3], a: Colour, b: Colour) -> f64 {
        let [a, b] = [a, b].map(|colour| oklab(times(vision, linear(colour))));
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
    }

    /// Half as much again as the closest two of Okabe and Ito's palette without its black (0.076, to a deuteranope).
    const APART: f64 = 0.12;

    #[test]
    fn fates_look_different_to_everyone() {
        for (name, vision) in VISIONS {
            for (i, &a) in FATE_COLOURS.iter().enumerate() {
                for &b in &FATE_COLOURS[i + 1..] {
                    let distance = distance(&vision, a, b);
                    assert!(distance > APART, "{name}: {a:06x} and {b:06x} are {distance:.3} apart");
                }
            }
        }
        for (name, vision) in VISIONS {
            for colour in FATE_COLOURS {
                assert!(distance(&vision, colour, CIVIDIS[0]) > APART, "{name}: {colour:06x} is like a rate of 0");
            }
        }
        assert_eq!(fate_colour(Fate::Zero), rate_colour(1, 1), "one colour, one meaning");
        let [_, (_, protanopia), ..] = VISIONS;
        assert!(distance(&protanopia, 0xd62728, 0x8c564b) < APART, "a palette's red and brown should be caught");
    }

    #[test]
    fn shades_go_one_way_and_differences_go_two_alike() {
        let lightness =
            |shades: Vec<Colour>| -> Vec<f64> { shades.iter().map(|shade| oklab(linear(*shade))[0]).collect() };
        let plain = lightness(plain_shades());
        assert!(plain.windows(2).all(|pair| pair[1] < pair[0] + 1e-3), "{plain:?}");
        assert!(plain[0] - plain[SHADES - 1] > 0.6);
        let differences = lightness(difference_shades());
        for (less, more) in differences.iter().zip(differences.iter().rev()) {
            assert!((less - more).abs() < 0.01, "{less} {more}");
        }
        assert!(differences[..=SHADES / 2].windows(2).all(|pair| pair[1] > pair[0] - 1e-3));
    }

    #[test]
    fn rates_grow_lighter_in_even_steps() {
        let lightness = CIVIDIS.map(|colour| oklab(linear(colour))[0]);
        for pair in lightness.windows(2) {
            // 0.66 of lightness on 255 steps, each rounded to 1/255 in three channels.
            assert!((-0.0005..0.008).contains(&(pair[1] - pair[0])), "{pair:?}");
        }
        assert_eq!((rate_colour(0, 9), rate_colour(9, 9)), (0x00224e, 0xfee838));
    }
}
