//! Numbers as people read them. Everything starts from Rust's exact decimal conversion, never from logarithms.

/// The shortest text that names `value`: `0.25`, `−3`, `2.5×10⁻⁸`.
pub fn exact(value: f32) -> String {
    readable(&format!("{:e}", value + 0.0))
}

/// Like [`exact`], for a tick that was computed in f64.
pub fn exact_f64(value: f64) -> String {
    readable(&format!("{:e}", value + 0.0))
}

/// `10` to a power, as a sign: `10⁻⁴`.
pub fn power_of_ten(exponent: i32) -> String {
    format!("10{}", superscript(exponent))
}

/// `value` to at most `digits` significant digits.
pub fn rounded(value: f32, digits: usize) -> String {
    let scientific = format!("{:.*e}", digits - 1, value + 0.0);
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` should print an exponent");
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    readable(&format!("{mantissa}e{exponent}"))
}

/// The decimal exponent of a positive number: the power of its leading digit.
pub fn exponent(value: f64) -> i32 {
    let scientific = format!("{value:e}");
    let (_, exponent) = scientific.split_once('e').expect("`{:e}` should print an exponent");
    exponent.parse().expect("the exponent should be an integer")
}

/// `mantissa` times ten to the `exponent`, correctly rounded.
pub fn decimal(mantissa: i64, exponent: i32) -> f64 {
    format!("{mantissa}e{exponent}").parse().expect("a decimal should parse")
}

/// Turns `-1.25e-1` into `−0.125`, and into `−1.25×10⁻⁹` where plain digits would be too many to count.
fn readable(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` should print an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent should be an integer");
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("−", rest));
    let digits = mantissa.replace('.', "");
    let point = exponent + 1;
    let body = if !(-3..=6).contains(&point) {
        let times = if mantissa == "1" { String::new() } else { format!("{mantissa}×") };
        format!("{times}{}", power_of_ten(exponent))
    } else if point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else if digits.len() <= point as usize {
        format!("{digits}{}", "0".repeat(point as usize - digits.len()))
    } else {
        format!("{}.{}", &digits[..point as usize], &digits[point as usize..])
    };
    format!("{sign}{body}")
}

fn superscript(exponent: i32) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => char::from_u32('⁰' as u32 + (c as u32 - '0' as u32)).expect("superscripts should be characters"),
    };
    exponent.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (-2.5, "−2.5"),
            (1024.0, "1024"),
            (0.00025, "0.00025"),
            (1e-5, "10⁻⁵"),
            (2.5e-8, "2.5×10⁻⁸"),
            (-3e9, "−3×10⁹"),
            (999_999.0, "999999"),
            (1e6, "10⁶"),
            (1e-14, "10⁻¹⁴"),
        ];
        for (value, text) in cases {
            assert_eq!(exact(value), text);
        }
    }

    #[test]
    fn exponents_are_those_of_the_leading_digit() {
        assert_eq!([exponent(1.0), exponent(9.99), exponent(10.0), exponent(0.02)], [0, 0, 1, -2]);
        assert_eq!(decimal(-25, -1), -2.5);
    }
}
