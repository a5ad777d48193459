//! Whether the colours of the branches are told apart by readers who see no red or no green, and by those who see neither well.

use super::svg::STYLE;

/// Simulations of full protanopia and deuteranopia, on linear RGB. Source: Machado, Oliveira and Fernandes (2009), IEEE TVCG 15,
/// 1291–1298, severity 1.
const SIMULATIONS: [[[f64; 3]; 3]; 3] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
];
/// Colours are told apart from this distance in CIELAB on; ten is a difference seen at a glance.
const APART: f64 = 10.0;

/// Linear red, green and blue of `#rrggbb`.
fn linear(colour: &str) -> [f64; 3] {
    [1, 3, 5].map(|at| {
        let share = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    })
}

/// CIELAB of linear sRGB, white D65.
fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let dot = |row: [f64; 3]| row.iter().zip(rgb).map(|(a, b)| a * b).sum::<f64>();
    let rows = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
    let [x, y, z] = [0, 1, 2].map(|k| dot(rows[k]).max(0.0) / [0.9505, 1.0, 1.089][k]);
    let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    [116.0 * f(y) - 16.0, 500.0 * (f(x) - f(y)), 200.0 * (f(y) - f(z))]
}

/// How a line of that colour is dashed; empty for a solid one.
fn dash(index: usize) -> &'static str {
    let rule = format!(".s{index}{{stroke-dasharray:");
    STYLE.split(&rule).nth(1).and_then(|rest| rest.split('}').next()).unwrap_or_default()
}

#[test]
fn branches_are_told_apart_without_red_or_green() {
    for scheme in [0, 1] {
        let colours: Vec<&str> =
            (0..7).map(|k| &STYLE.split(&format!("--c{k}:")).nth(1 + scheme).unwrap()[..7]).collect();
        for matrix in SIMULATIONS {
            let seen = |colour: &str| {
                let rgb = linear(colour);
                lab([0, 1, 2].map(|k| matrix[k].iter().zip(rgb).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0)))
            };
            for (a, b) in (0..7).flat_map(|a| (0..a).map(move |b| (a, b))) {
                let (p, q) = (seen(colours[a]), seen(colours[b]));
                let distance = (0..3).map(|k| (p[k] - q[k]).powi(2)).sum::<f64>().sqrt();
                assert!(
                    distance > APART || dash(a) != dash(b),
                    "{} and {} are {distance:.1} apart",
                    colours[a],
                    colours[b]
                );
            }
        }
    }
}
