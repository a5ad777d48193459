//! Archives as `torch.save` writes them: an uncompressed zip of a pickle and the bytes of its storages.

use std::path::Path;

/// A tensor to be saved: its name, the name of its storage class, its shape and its bytes.
pub(crate) struct Saved {
    pub(crate) name: String,
    pub(crate) storage: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// Writes `tensors` as the archive `path`.
pub(crate) fn save(path: &Path, tensors: &[Saved]) {
    let mut zip = Zip::default();
    zip.add("archive/data.pkl", &pickle(tensors));
    zip.add("archive/byteorder", b"little");
    for (key, tensor) in tensors.iter().enumerate() {
        zip.add(&format!("archive/data/{key}"), &tensor.bytes);
    }
    zip.add("archive/version", b"3\n");
    fs_err::write(path, zip.end()).unwrap();
}

/// The dictionary of the tensors, in protocol 2.
fn pickle(tensors: &[Saved]) -> Vec<u8> {
    let mut out = b"\x80\x02}(".to_vec();
    for (key, tensor) in tensors.iter().enumerate() {
        let count: usize = tensor.shape.iter().product();
        text(&mut out, &tensor.name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        out.extend(format!("ctorch\n{}\n", tensor.storage).bytes());
        text(&mut out, &key.to_string());
        text(&mut out, "cpu");
        number(&mut out, count);
        out.extend(b"tQ");
        number(&mut out, 0);
        tuple(&mut out, &tensor.shape);
        let strides: Vec<usize> =
            (0..tensor.shape.len()).map(|side| tensor.shape[side + 1..].iter().product()).collect();
        tuple(&mut out, &strides);
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.bytes());
}

fn number(out: &mut Vec<u8>, number: usize) {
    out.push(b'J');
    out.extend((number as i32).to_le_bytes());
}

fn tuple(out: &mut Vec<u8>, numbers: &[usize]) {
    out.push(b'(');
    numbers.iter().for_each(|&number_of| number(out, number_of));
    out.push(b't');
}

/// A zip whose entries are stored as they are.
#[derive(Default)]
struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

impl Zip {
    fn add(&mut self, name: &str, content: &[u8]) {
        let start = self.bytes.len() as u32;
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0]; // version, flags, method, time, date
        common.extend(crc(content).to_le_bytes());
        common.extend([content.len() as u32; 2].iter().flat_map(|len| len.to_le_bytes()));
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]); // no extra field
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&common);
        self.bytes.extend(name.bytes());
        self.bytes.extend(content);
        self.directory.extend(b"PK\x01\x02\x14\x00");
        self.directory.extend(&common);
        self.directory.extend([0; 10]); // comment, disk, attributes
        self.directory.extend(start.to_le_bytes());
        self.directory.extend(name.bytes());
        self.entries += 1;
    }

    fn end(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([self.entries; 2].iter().flat_map(|count| count.to_le_bytes()));
        self.bytes.extend((self.directory.len() as u32).to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes
    }
}

/// CRC-32 of IEEE 802.3.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}
