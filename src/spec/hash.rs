//! The fingerprint of a spec's meaning.

use super::{
    Axis, Choice, Design, Key, MapRequest, Matrix, Method, ModelSpec, Over, PathOf, Refine, Resample, Spacing, Spec,
    Stability, Starts,
};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

impl Spec {
    /// The SHA-256, in hexadecimal, of what the spec means.
    ///
    /// It changes with any value, with the name, what moves together, the pool, the maps, what is refined and what is stable. It does not change with comments, the order of
    /// keys, the way a number is written or the choice of TOML or JSON, nor with the file that the spec came from.
    pub fn hash(&self) -> String {
        let mut canon = Canon(Sha256::new());
        canon.text("zerosweep spec 1");
        canon.text(&self.name);
        canon.number(u64::from(self.steps));
        canon.choices(&self.problems, |problem| problem.member.kind);
        canon.choices(&self.penalties, |penalty| penalty.member.kind);
        canon.choices(&self.optimizers, |optimizer| optimizer.name());
        if let Some(usual) = &self.usual_optimizers {
            canon.text("usual optimizers");
            usual.iter().for_each(|place| canon.number(*place as u64));
        }
        canon.axis(&self.start);
        canon.floats(&self.zero.tolerances);
        canon.floats(&[self.zero.divergence]);
        canon.number(u64::from(self.zero.tail));
        canon.texts(&self.report.pool);
        match &self.report.maps {
            None => canon.number(0),
            Some(maps) => {
                canon.number(1);
                canon.number(maps.len() as u64);
                for map in maps {
                    canon.text(&map.x);
                    canon.text(&map.y);
                    canon.texts(&map.facets);
                    canon.shown(map);
                }
            }
        }
        if let Some(Refine { measure, cells, tolerance, along }) = &self.report.refine {
            canon.text("refine");
            canon.text(&measure.name());
            canon.number(*cells);
            canon.number(tolerance.to_bits());
            canon.texts(along);
        }
        if let Some(Stability { threshold, pfer, assumption }) = self.report.stability {
            canon.text("stability");
            canon.number(threshold.to_bits());
            canon.number(pfer.to_bits());
            canon.text(assumption.name());
        }
        if !self.together.zip.is_empty() {
            canon.text("zip");
            canon.number(self.together.zip.len() as u64);
            self.together.zip.iter().for_each(|list| canon.texts(list));
        }
        if self.together.sample {
            canon.text("sample");
        }
        if let Some(model) = &self.model {
            canon.model(model);
        }
        canon.finish()
    }
}

/// Feeds values to the digest so that no two sequences of values give the same bytes: every length comes first.
struct Canon(Sha256);

impl Canon {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        for text in texts {
            self.text(text);
        }
    }

    fn floats(&mut self, floats: &[f32]) {
        self.number(floats.len() as u64);
        for float in floats {
            self.0.update(float.to_bits().to_le_bytes());
        }
    }

    fn axis(&mut self, axis: &Axis) {
        self.text(&axis.path);
        self.text(match &axis.spacing {
            Spacing::Fixed => "fixed",
            Spacing::List => "list",
            Spacing::Linear => "linear",
            Spacing::Geometric => "geometric",
            Spacing::Path(PathOf::Table) => "path",
            Spacing::Path(PathOf::EachDraw(_)) => "path of each draw",
            Spacing::Random => "random",
            Spacing::Derived(_) => "derived",
        });
        axis.expression().into_iter().for_each(|expression| self.text(&expression.meaning()));
        self.floats(&axis.values);
    }

    fn choices<C: Copy>(&mut self, choices: &[Choice<C>], name: impl Fn(C) -> &'static str) {
        self.number(choices.len() as u64);
        for choice in choices {
            self.text(name(choice.kind));
            self.number(choice.parameters.len() as u64);
            for axis in &choice.parameters {
                self.axis(axis);
            }
        }
    }

    /// What a map shows, but for its axes and facets, as far as it was given.
    fn shown(&mut self, map: &MapRequest) {
        let MapRequest { measures, only, difference, line, .. } = map;
        if !measures.is_empty() {
            self.text("measures");
            self.texts(&measures.iter().map(|measure| measure.name()).collect::<Vec<_>>());
        }
        for only in only {
            self.text("only");
            self.text(&only.name);
            self.number(only.keys.len() as u64);
            only.keys.iter().for_each(|key| self.key(*key));
        }
        if let Some(difference) = difference {
            self.text("difference");
            self.text(&difference.name);
            [difference.of, difference.minus].into_iter().for_each(|key| self.key(key));
        }
        if *line {
            self.text("line");
        }
    }

    fn model(&mut self, model: &ModelSpec) {
        self.text("model");
        self.text(&model.digest);
        match &model.over {
            Over::Rows(rows) => {
                self.text(&rows.response);
                match &rows.columns {
                    None => self.number(0),
                    Some(columns) => self.texts(columns),
                }
                self.texts(&rows.exclude);
                self.number(rows.standardize.into());
                self.number(rows.intercept.into());
                self.text(rows.row_weights.as_deref().unwrap_or_default());
            }
            Over::Design(Design { rows, columns, support, correlation, noise, seed }) => {
                self.text("design");
                [rows, support].into_iter().for_each(|axis| self.axis(axis));
                self.number(*columns as u64);
                [correlation, noise].iter().for_each(|number| self.number(number.to_bits()));
                self.number(*seed);
            }
            Over::Matrix(Matrix { matrix, minimum }) => {
                self.number(minimum.len() as u64);
                matrix.iter().flatten().chain(minimum).for_each(|number| self.number(number.to_bits()));
            }
        }
        self.number(model.penalty_factor.len() as u64);
        for (name, factor) in &model.penalty_factor {
            self.text(name);
            self.floats(&[*factor]);
        }
        let Resample { method, count, seed } = model.resample;
        self.text(model.resample.name());
        self.number(if let Method::Folds { folds } = method { folds.into() } else { 0 });
        self.number(count.into());
        self.number(seed);
        self.number(model.kkt.map_or(0, f64::to_bits));
        match &model.starts {
            Starts::Drawn(distribution) => {
                let (word, numbers) = distribution.key();
                self.text(word);
                numbers.into_iter().for_each(|number| self.number(number));
            }
            starts => starts.word().into_iter().for_each(|word| self.text(word)),
        }
        if let Some(group) = model.rows().and_then(|rows| rows.group.as_ref()) {
            self.text("group");
            self.text(group);
        }
        for (name, columns) in &model.groups {
            self.text("groups");
            self.text(name);
            self.texts(columns);
        }
    }

    fn key(&mut self, key: Key) {
        match key {
            Key::Text(text) => self.text(text),
            Key::Number(value) => self.floats(&[value]),
            Key::Absent => self.text(""),
        }
    }

    fn finish(self) -> String {
        self.0.finalize().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
