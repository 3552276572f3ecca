//! The files of the explorer's page and of reports, as they are built into the program.

/// The explorer's page.
pub const EXPLORER: &str = include_str!("../../explorer/page/index.html");

/// How both look.
pub const CSS: &str = include_str!("../../explorer/page/explorer.css");

/// What the pages run, by the names by which they call each other; what calls the library comes first.
pub const SCRIPTS: [(&str, &str); 10] = [
    ("zerosweep.js", include_str!("../../explorer/page/zerosweep.js")),
    ("plots.js", include_str!("../../explorer/page/plots.js")),
    ("course.js", include_str!("../../explorer/page/course.js")),
    ("state.js", include_str!("../../explorer/page/state.js")),
    ("map.js", include_str!("../../explorer/page/map.js")),
    ("pool.js", include_str!("../../explorer/page/pool.js")),
    ("knobs.js", include_str!("../../explorer/page/knobs.js")),
    ("examples.js", include_str!("../../explorer/page/examples.js")),
    ("explorer.js", include_str!("../../explorer/page/explorer.js")),
    ("worker.js", include_str!("../../explorer/page/worker.js")),
];

/// The library as WebAssembly, packed by zlib; `cargo page` makes it.
pub const PACKED_LIBRARY: &[u8] = include_bytes!("../../explorer/page/zerosweep_bg.wasm.zlib");

/// The library as WebAssembly.
pub fn library() -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec_zlib(PACKED_LIBRARY).expect("what is built in should be whole")
}
