//! What the README shows can be typed as it stands.

use zerosweep::plan::Plan;
use zerosweep::spec::{Format, LoadedSpec, Spec};

/// Its spec, with the tables that it shows for further choices put behind.
#[test]
fn the_specs_of_the_readme_are_valid() {
    let readme = include_str!("../../README.md");
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [spec, together, choices, table, penalties, pictures, refined] = blocks[..] else {
        panic!("{} blocks of TOML", blocks.len())
    };
    let plain = Spec::parse(spec, Format::Toml, "README.md", &[]).unwrap_or_else(|error| panic!("{error}")).spec;
    assert_eq!(Plan::new(&plain).cells, 50 * 40 * 3);
    let read = |text: &str| {
        let loaded = Spec::parse(text, Format::Toml, "README.md", &[]).and_then(LoadedSpec::with_table);
        Plan::new(&loaded.unwrap_or_else(|error| panic!("{error}")).spec)
    };
    assert_eq!(read(table).trajectories, 100 * 1000);
    let (problem, _) = table.split_once("[penalty]").expect("a penalty");
    assert_eq!(read(&format!("{problem}{penalties}")).trajectories, 2 * 50 * 1000);
    let sets = ["penalty.k=[1.0, 2.0]", "problem.target={ linspace = [-1.0, 1.0, 5] }"].map(str::to_owned);
    let both = format!("{spec}\n{choices}");
    let chosen = Spec::parse(&both, Format::Toml, "README.md", &sets).unwrap_or_else(|error| panic!("{error}")).spec;
    let sets = ["penalty.k=[0.5, 1.0]", "problem.target={ linspace = [-1.0, 1.0, 5] }"].map(str::to_owned);
    let shown = format!("{spec}\n{pictures}");
    let shown = Spec::parse(&shown, Format::Toml, "README.md", &sets).unwrap_or_else(|error| panic!("{error}")).spec;
    assert_eq!(shown.report.maps.map(|maps| maps.len()), Some(3));
    let refined = format!("{spec}\n{refined}");
    let refined =
        Spec::parse(&refined, Format::Toml, "README.md", &sets).unwrap_or_else(|error| panic!("{error}")).spec;
    assert_eq!(
        refined.report.refine.map(|refine| refine.along),
        Some(vec!["penalty.lambda".to_owned(), "penalty.k".to_owned()])
    );
    let together = format!("{together}{spec}");
    let sets = ["optimizer.learning_rate={ geomspace = [1e-3, 1.0, 50] }".to_owned()];
    let zipped =
        Spec::parse(&together, Format::Toml, "README.md", &sets).unwrap_or_else(|error| panic!("{error}")).spec;
    assert_eq!(Plan::new(&zipped).cells, 50 * 3);
    assert_eq!((chosen.zero.tail, chosen.report.maps.map(|maps| maps.len())), (500, Some(1)));
}

/// `zerosweep members --markdown > docs/family.md` writes the page anew.
#[test]
fn the_page_of_the_family_is_current() {
    assert!(
        include_str!("../../docs/family.md") == zerosweep::output::members::markdown(),
        "docs/family.md is not what `zerosweep members --markdown` prints; write it anew"
    );
}

/// `zerosweep members --pictures docs/img/family` draws them anew.
#[test]
fn the_pictures_of_the_family_are_current() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/img/family");
    let drawn = zerosweep::output::portraits();
    for picture in &drawn {
        let path = folder.join(format!("{}.svg", picture.stem));
        let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            kept == picture.svg,
            "{} is not what `zerosweep members --pictures` draws; draw it anew",
            path.display()
        );
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), drawn.len(), "{} has other files", folder.display());
}
