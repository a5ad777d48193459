//! Every operation beside its twin: our kernel and the composition of candle tensors give the same numbers.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::*;
use crate::kernels::{Activation, Arithmetic, AttentionSizes, Convolution, Format, Panels, Pool};
use crate::layers::{LayerState, Memory};
use crate::options::Precision;

/// Numbers between −1 and 1, others for another `seed`.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let number = |i: u32| ((i + 1).wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503)) >> 8) as f32;
    (0..len as u32).map(|i| number(i) / (1 << 23) as f32 - 1.0).collect()
}

/// The same rows in memory of ours and in a tensor.
fn both(count: usize, width: usize, seed: u32, pool: &Arc<Pool>) -> [Rows; 2] {
    let values = numbers(count * width, seed);
    let host = Host::of(&values, width, pool).unwrap();
    [Rows::Host(host), Rows::Tensor(Tensor::from_vec(values, (count, width), &Device::Cpu).unwrap())]
}

fn values(rows: &Rows) -> Vec<f32> {
    match rows {
        Rows::Host(host) => host.values.to_vec(),
        Rows::Tensor(tensor) => tensor.flatten_all().unwrap().to_vec1().unwrap(),
    }
}

/// Sums in another order differ in their last bits.
fn agree(name: &str, ours: &[f32], twin: &[f32]) {
    assert_eq!(ours.len(), twin.len(), "{name}");
    let size = twin.iter().fold(1e-3_f32, |size, value| size.max(value.abs()));
    for (index, (a, b)) in ours.iter().zip(twin).enumerate() {
        assert!((a - b).abs() <= 2e-5 * size, "{name}: number {index} is {a}, its twin's {b}");
    }
}

fn agree_rows(name: &str, [ours, twin]: [Rows; 2]) {
    agree(name, &values(&ours), &values(&twin));
}

#[test]
fn what_is_done_to_rows() {
    let pool = Arc::new(Pool::default());
    let (x, y) = (both(19, 37, 1, &pool), both(19, 37, 2, &pool));
    let changed = |rows: &[Rows; 2], f: &dyn Fn(&mut Rows, usize)| {
        let mut rows = rows.clone();
        rows.iter_mut().enumerate().for_each(|(side, rows)| f(rows, side));
        rows
    };
    agree_rows("add", changed(&x, &|x, side| add(x, &y[side]).unwrap()));
    agree_rows("clamp", changed(&x, &|x, _| clamp(x, 0.4).unwrap()));
    agree_rows("columns", x.each_ref().map(|x| columns(x, 5..24).unwrap()));
    agree_rows("select", x.each_ref().map(|x| select(x, &[18, 0, 7, 7]).unwrap()));
    agree_rows("beside", [0, 1].map(|side| beside(vec![x[side].clone(), y[side].clone(), x[side].clone()]).unwrap()));
    for activation in [Activation::Gelu, Activation::GeluTanh, Activation::Silu, Activation::Relu] {
        agree_rows(&format!("{activation:?}"), changed(&x, &|x, _| activate(activation, x).unwrap()));
        let halves = both(19, 74, 3, &pool);
        agree_rows(&format!("gate {activation:?}"), halves.each_ref().map(|rows| gate(activation, rows).unwrap()));
    }
    for width in [37, 74] {
        let weight = numbers(width, 4);
        let rms = Norm::Rms { weight: weight.clone(), eps: 1e-5 };
        let layer = Norm::Layer { weight, bias: numbers(width, 5), eps: 1e-5 };
        for norm in [rms, layer, Norm::bare_rms(width, 1e-6), Norm::bare_layer(width, 1e-6)] {
            if width == 37 {
                agree_rows("norm", x.each_ref().map(|x| norm.apply(Input::One(x)).unwrap()));
                agree_rows("norm of a sum", [0, 1].map(|side| norm.apply(Input::Sum(&x[side], &y[side])).unwrap()));
            } else {
                agree_rows("norm of two", [0, 1].map(|side| norm.apply(Input::Joined(&x[side], &y[side])).unwrap()));
            }
        }
    }
}

#[test]
fn linear_layers() {
    let pool = Arc::new(Pool::default());
    let (out, input) = (45, 37);
    let (weight, bias) = (numbers(out * input, 6), numbers(out, 7));
    for biased in [false, true] {
        let bias = biased.then(|| bias.clone());
        let panels = Arc::new(Panels::of(&weight, out, input, Format::F32));
        let packed = Linear::Packed(Packed { weight: panels, bias: bias.clone(), arithmetic: Arithmetic::F32 });
        let tensor = Linear::Tensor {
            weight: Tensor::from_slice(&weight, (out, input), &Device::Cpu).unwrap(),
            bias: bias.as_ref().map(|bias| Tensor::new(&**bias, &Device::Cpu).unwrap()),
            inputs: Precision::F32,
        };
        let (layers, x) = ([packed, tensor], both(19, input, 8, &pool));
        agree_rows("linear", [0, 1].map(|side| layers[side].apply(&x[side]).unwrap()));
        let written = [0, 1].map(|side| {
            let mut logits = vec![0.0; 19 * out];
            layers[side].apply_to(&x[side], &mut logits).unwrap();
            logits
        });
        agree("head", &written[0], &written[1]);
        let looked_up = layers.each_ref().map(|layer| layer.look_up(&[44, 0, 3], &pool).unwrap());
        agree_rows("embedding", looked_up);
        if !biased {
            let mut onto = both(19, out, 9, &pool);
            onto.iter_mut().enumerate().for_each(|(side, y)| layers[side].apply_onto(&x[side], y).unwrap());
            agree_rows("adapter", onto);
        }
    }
}

/// Two sequences, one of which goes on from what an earlier call left: does `f` on both sides twice and compares rows and states.
fn twice(name: &str, memory: Memory, f: impl Fn(usize, &[Span], &mut [&mut LayerState], u32) -> Rows) {
    let pool = Arc::new(Pool::default());
    let sides = [0, 1].map(|side| {
        let mut layers = [memory.zeros(&pool).unwrap(), memory.zeros(&pool).unwrap()];
        let first = [Span { start: 0, len: 41, position: 0, keep_state: true }];
        let [one, other] = &mut layers;
        let begun = f(side, &first, &mut [&mut *one], 1);
        let spans = [
            Span { start: 0, len: 5, position: 41, keep_state: true },
            Span { start: 5, len: 3, position: 0, keep_state: false },
        ];
        let rows = f(side, &spans, &mut [&mut *one, &mut *other], 2);
        let (keys, cached) = layers[0].cache.rows(46);
        let left = [&layers[0].columns[..], &layers[0].recurrent[..], &keys[..], &cached[..]].concat();
        assert!(
            layers[1].columns.iter().chain(layers[1].recurrent.iter()).all(|value| *value == 0.0),
            "a leaf left a state"
        );
        [values(&begun), values(&rows), left].concat()
    });
    agree(name, &sides[0], &sides[1]);
}

#[test]
fn recurrences() {
    let pool = Arc::new(Pool::default());
    let (heads, head_dim, state, groups, taps) = (6, 5, 7, 3, 4);
    let inner = heads * head_dim;
    let channels = inner + 2 * groups * state;
    let convolution = |channels: usize| Convolution { taps: numbers(taps * channels, 10), bias: numbers(channels, 11) };
    let rows = |side: usize, spans: &[Span], width: usize, seed: u32| {
        let count = spans.iter().map(|span| span.len).sum();
        both(count, width, seed, &pool)[side].clone()
    };
    let memory = Memory { columns: (taps - 1) * channels, recurrent: inner * state, ..Memory::default() };
    let columns = Memory { recurrent: 0, ..memory };
    twice("convolution", columns, |side, spans, layers, seed| {
        convolve(&convolution(channels), &rows(side, spans, channels + 9, seed), spans, layers).unwrap()
    });
    for dt_limit in [[0.0, f32::INFINITY], [0.5, 0.8]] {
        let weights = MixerWeights {
            convolution: convolution(channels),
            dt_bias: numbers(heads, 12),
            a: numbers(heads, 13).iter().map(|value| -1.0 - value).collect(),
            d: numbers(heads, 14),
            norm: numbers(inner, 15),
            sizes: MixerSizes { heads, head_dim, state, groups, dt_limit, norm_eps: 1e-5 },
        };
        twice("mixer", memory, |side, spans, layers, seed| {
            mixer(&weights, &rows(side, spans, inner + channels + heads, seed), spans, layers).unwrap()
        });
    }
    for groups in [1, 3] {
        let weights = SelectiveWeights {
            dt_bias: numbers(inner, 16),
            a: numbers(inner * state, 17).iter().map(|value| -1.0 - value).collect(),
            d: numbers(inner, 18),
            state,
            groups,
        };
        let memory = Memory { recurrent: inner * state, ..Memory::default() };
        twice("selective scan", memory, |side, spans, layers, seed| {
            let [x, dt, gated] = [(inner, 0), (inner, 1), (2 * inner, 2)]
                .map(|(width, more)| rows(side, spans, width, seed + 20 * more));
            let [b, c] = [3, 4].map(|more| rows(side, spans, groups * state, seed + 20 * more));
            let selected = Selected { x: &x, dt: &dt, b: &b, c: &c, gated: &gated };
            selective_scan(&weights, selected, spans, layers).unwrap()
        });
    }
}

#[test]
fn attention_of_all_kinds() {
    let pool = Arc::new(Pool::default());
    for (heads, kv_heads, head_dim, half, window) in
        [(4, 4, 10, 0, None), (6, 2, 14, 7, None), (5, 1, 34, 4, None), (6, 3, 8, 4, Some(9)), (4, 2, 33, 0, Some(1))]
    {
        let sizes = AttentionSizes { heads, kv_heads, head_dim, scale: 0.4, window };
        let angles = (half > 0).then(|| {
            let turned: Vec<f32> = numbers(46 * half, 30).iter().map(|angle| angle * 3.0).collect();
            let of = |f: fn(f32) -> f32| turned.iter().map(|angle| f(*angle)).collect();
            Angles { cos: of(f32::cos), sin: of(f32::sin), half }
        });
        twice(
            &format!("{sizes:?}"),
            Memory { attention: Some(sizes), ..Memory::default() },
            |side, spans, layers, seed| {
                let count = spans.iter().map(|span| span.len).sum();
                let widths = [(sizes.width(), 0), (sizes.kv_width(), 1), (sizes.kv_width(), 2)];
                let qkv = widths.map(|(width, more)| both(count, width, seed + 40 * more, &pool)[side].clone());
                attention(sizes, qkv, angles.as_ref(), spans, layers).unwrap()
            },
        );
    }
}
