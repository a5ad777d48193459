//! Tests of `number`.

use proptest::prelude::*;

use super::super::spell;
use super::numbers;

#[test]
fn digits_and_words_are_read() {
    let cases: [(&str, &[f64]); 33] = [
        ("12", &[12.0]),
        ("twelve", &[12.0]),
        ("Twelve times, matey!", &[12.0]),
        ("It is twenty-one.", &[21.0]),
        ("twenty one", &[21.0]),
        ("one hundred and five", &[105.0]),
        ("a hundred", &[100.0]),
        ("two thousand three hundred and forty-five", &[2345.0]),
        ("three million two hundred thousand and one", &[3_200_001.0]),
        ("nine hundred ninety-nine thousand nine hundred ninety-nine", &[999_999.0]),
        ("1,234,567.5", &[1_234_567.5]),
        ("-5 or −6", &[-5.0, -6.0]),
        ("7 x 8 = 56", &[7.0, 8.0, 56.0]),
        ("7-8", &[7.0, 8.0]),
        ("2.5 million", &[2_500_000.0]),
        ("two dozen", &[24.0]),
        ("a dozen eggs", &[12.0]),
        ("one two three", &[1.0, 2.0, 3.0]),
        ("seven, eight", &[7.0, 8.0]),
        ("nineteen eighty", &[19.0, 80.0]),
        ("twelve and a half", &[12.5]),
        ("two and two", &[2.0, 2.0]),
        ("no one knows", &[]),
        ("this one has one", &[1.0]),
        ("vitamin B12", &[]),
        ("hundreds of someone", &[]),
        ("zero", &[0.0]),
        ("3 .", &[3.0]),
        ("1, 2, 3", &[1.0, 2.0, 3.0]),
        ("the answer is 4.", &[4.0]),
        ("twenty\none", &[20.0, 1.0]),
        ("", &[]),
        ("٣ cats 🐈", &[3.0]),
    ];
    for (text, wanted) in cases {
        assert_eq!(numbers(text), wanted, "{text}");
    }
}

#[test]
fn numbers_are_read_as_models_write_them() {
    let cases: [(&str, &[f64]); 78] = [
        ("minus three", &[-3.0]),
        ("It is minus a hundred.", &[-100.0]),
        ("negative twenty-one or minus-three", &[-21.0, -3.0]),
        ("Minus 5 degrees", &[-5.0]),
        ("seven minus three is four", &[7.0, 3.0, 4.0]),
        ("7 minus 3", &[7.0, 3.0]),
        ("x minus 3", &[3.0]),
        ("plus or minus 3", &[3.0]),
        ("-2.5 million", &[-2_500_000.0]),
        ("the answer--3", &[3.0]),
        ("x=-3", &[-3.0]),
        ("–5 and a range of 7–8", &[-5.0, 7.0, 8.0]),
        ("-$5, $-6, −€7 and US$8", &[-5.0, -6.0, -7.0, 8.0]),
        ("+4", &[4.0]),
        ("1e3", &[1000.0]),
        ("1.5e-3 and 2E+2", &[0.0015, 200.0]),
        ("6.02 × 10²³", &[6.02e23]),
        (r"$3 \times 10^{8}$ m/s", &[3e8]),
        ("10 000 ships", &[10_000.0]),
        ("10\u{2009}000 or 20\u{a0}000 or 30\u{202f}000", &[10_000.0, 20_000.0, 30_000.0]),
        ("1'000 and 2’000", &[1000.0, 2000.0]),
        ("$9{,}500", &[9500.0]),
        (r"9\,500 and 9,\!500", &[9500.0, 9500.0]),
        ("1.000,50 Euro", &[1000.5]),
        ("R$ 1.234.567,89", &[1_234_567.89]),
        ("₹1,23,456", &[123_456.0]),
        ("3,5 Liter", &[3.5]),
        ("0,125", &[0.125]),
        ("1_000_000", &[1_000_000.0]),
        ("1,2,3", &[1.0, 2.0, 3.0]),
        ("the point (3,5)", &[3.0, 5.0]),
        ("in 2024, 15", &[2024.0, 15.0]),
        ("72 clips, altogether.", &[72.0]),
        ("on 24.12.2024 at 10:30", &[24.0, 12.0, 2024.0, 10.0, 30.0]),
        ("2024-01-15", &[2024.0, 1.0, 15.0]),
        ("12/25/2024", &[12.0, 25.0, 2024.0]),
        ("Fifty–six", &[56.0]),
        ("fifty\u{2011}six", &[56.0]),
        ("٥٦", &[56.0]),
        ("٣٫٥ و ١٬٠٠٠", &[3.5, 1000.0]),
        ("５６ and ५६ and 𝟓𝟔", &[56.0, 56.0, 56.0]),
        ("答案是56。", &[56.0]),
        (r"\boxed{42}", &[42.0]),
        (r"\boxed{-\frac{3}{4}}", &[-0.75]),
        (r"1\frac{1}{2}", &[1.5]),
        ("3/4", &[0.75]),
        ("1 1/2 cups", &[1.5]),
        ("2½ or ¾", &[2.5, 0.75]),
        ("two and a half", &[2.5]),
        ("one hundred and three quarters", &[100.75]),
        ("two thirds", &[2.0 / 3.0]),
        ("one half", &[0.5]),
        ("3 quarters", &[3.0]),
        ("half a dozen", &[6.0]),
        ("half a million", &[500_000.0]),
        ("three point two five", &[3.25]),
        ("one point five million", &[1_500_000.0]),
        ("a ten point lead", &[10.0]),
        ("two billion", &[2e9]),
        ("three trillion five", &[3_000_000_000_005.0]),
        ("3 millions", &[3e6]),
        ("the twenty-first", &[21.0]),
        ("the one hundred and fifth", &[105.0]),
        ("the second and the third", &[]),
        ("12 metres per second", &[12.0]),
        ("a twenty second break", &[20.0]),
        ("21st", &[21.0]),
        ("50% or fifty percent or 5%-10%", &[50.0, 50.0, 5.0, 10.0]),
        ("56 cm^2 or 56 cm² or x^{2}", &[56.0, 56.0]),
        ("10^3 and 2^0.5", &[1000.0, 2.0]),
        ("10k", &[10_000.0]),
        ("the well-known COVID-19", &[19.0]),
        ("1. Add the eggs.\n2. Wait 10 minutes.\n3. Serve.", &[10.0]),
        ("1) 12\n2) 15", &[12.0, 15.0]),
        ("12. That is all.", &[12.0]),
        ("1. First\n\n1. again", &[1.0, 1.0]),
        ("4\u{200b}2", &[42.0]),
        ("1e999", &[f64::INFINITY]),
    ];
    for (text, wanted) in cases {
        let found = numbers(text);
        let near = |(a, b): (&f64, &f64)| a.total_cmp(b).is_eq() || (a - b).abs() < 1e-12 * b.abs();
        assert!(found.len() == wanted.len() && found.iter().zip(wanted).all(near), "{text}: {found:?}");
    }
}

proptest! {
    #[test]
    fn what_is_spelt_is_read(n in 0_u64..1_000_000_000) {
        prop_assert_eq!(numbers(&spell(n).unwrap()), vec![n as f64]);
    }
}
