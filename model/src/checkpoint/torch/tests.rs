use super::*;
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torch").join(name)
}

fn problem(name: &str) -> String {
    match read(&file(name)) {
        Err(Error::Torch { problem, .. }) => problem,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_tensor_is_found_with_its_type_shape_and_place() {
    for name in ["many.bin", "protocol4.bin"] {
        let found = read(&file(name)).unwrap();
        let told = |t: &StoredTensor| (t.name.clone(), t.dtype, t.shape.clone(), t.strides.clone());
        let expected = [
            ("f32", "F32", vec![3, 4], None),
            ("f16", "F16", vec![3, 4], None),
            ("bf16", "BF16", vec![3, 4], None),
            ("f64", "F64", vec![3, 4], None),
            ("transposed", "F32", vec![4, 3], Some(vec![1, 4])),
            ("part", "F32", vec![2, 4], None),
            ("column", "F32", vec![3], Some(vec![4])),
            ("tied", "F32", vec![3, 4], None),
            ("parameter", "F32", vec![3, 4], None),
            ("scalar", "F32", vec![], None),
            ("mask", "BOOL", vec![2, 2], None),
            ("steps", "I64", vec![2], None),
        ];
        let expected = expected.map(|(name, dtype, shape, strides)| (name.to_owned(), dtype, shape, strides));
        assert_eq!(found.iter().map(told).collect::<Vec<_>>(), expected, "{name}");
        let bytes = fs_err::read(file(name)).unwrap();
        let place = |name: &str| found.iter().find(|tensor| tensor.name == name).unwrap().start as usize;
        let number = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(place("tied"), place("f32"), "shared storage stays shared");
        assert_eq!(number(place("f32") + 4 * 11).to_bits(), 11f32.to_bits());
        assert_eq!((number(place("part")), number(place("column") + 16)), (4.0, 5.0), "{name}");
        assert_eq!((number(place("parameter")), number(place("scalar"))), (1.0, 2.5), "{name}");
    }
}

#[test]
fn what_is_no_sound_archive_is_refused_by_name() {
    let cases = [
        ("evil.bin", "asks for `posix.system`"),
        ("wrapped.bin", "`state_dict` is not a tensor"),
        ("before_1.6.bin", "torch before 1.6"),
        ("compressed.bin", "is compressed"),
        ("short_storage.bin", "should hold 12 elements, but has 20 bytes"),
        ("big_endian.bin", "byte order is `big`"),
        ("too_large.bin", "more elements than the 12 that are stored"),
    ];
    for (name, words) in cases {
        let found = problem(name);
        assert!(found.contains(words), "{name}: {found}");
    }
}

/// Cut at any byte, or with any one byte changed, it is read or refused, never a panic and never a place outside the file.
#[test]
fn a_damaged_archive_never_leads_outside_the_file() {
    let sound = fs_err::read(file("one.bin")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.bin");
    let check = |bytes: &[u8]| {
        fs_err::write(&path, bytes).unwrap();
        for tensor in read(&path).into_iter().flatten() {
            let count: usize = tensor.shape.iter().product();
            let dense = tensor.strides.is_none();
            assert!(!dense || tensor.start + count as u64 * width(tensor.dtype) <= bytes.len() as u64, "{tensor:?}");
        }
    };
    (0..sound.len()).step_by(7).for_each(|cut| check(&sound[..cut]));
    for at in 0..sound.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut damaged = sound.clone();
            damaged[at] ^= change;
            check(&damaged);
        }
    }
}
