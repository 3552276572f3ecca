//! Groups of weights, which some penalties take together.

use super::unknown;

/// Weights in groups, each in one: those that a spec names, and of all others each alone. Groups go by their first weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// The weights of all groups, one group after another, each in ascending order.
    pub members: Vec<usize>,
    /// Where each group begins among these, and their number at last.
    pub firsts: Vec<usize>,
    /// What lambda is multiplied by for the norm of each group: the square root of its size, and the factor that its weights have.
    pub strengths: Vec<f32>,
    /// The name of the group of each weight, empty where it is alone; none where no group is named.
    pub names: Vec<String>,
}

impl Groups {
    /// Each weight alone.
    pub fn alone(factors: &[f32]) -> Groups {
        Groups {
            members: (0..factors.len()).collect(),
            firsts: (0..=factors.len()).collect(),
            strengths: factors.to_vec(),
            names: Vec::new(),
        }
    }

    /// The groups that `named` says, of weights that are called `names`.
    ///
    /// # Errors
    /// Where one names what is no weight, or weights of different factors.
    pub fn new(names: &[String], factors: &[f32], named: &[(String, Vec<String>)]) -> Result<Groups, String> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut is_alone = vec![true; names.len()];
        let mut of_weights = vec![String::new(); if named.is_empty() { 0 } else { names.len() }];
        for (group, own) in named {
            let place = |name: &String| {
                let place = names.iter().position(|known| known == name);
                place.ok_or_else(|| unknown(&format!("groups.{group}"), name, names))
            };
            let mut places = own.iter().map(place).collect::<Result<Vec<usize>, _>>()?;
            places.sort_unstable();
            if let Some(other) = places.iter().find(|place| factors[**place] != factors[places[0]]) {
                return Err(format!(
                    "problem.penalty_factor gives {:?} {:?} and {:?} {:?}, and problem.groups.{group} holds both; give all columns of a group one factor",
                    names[places[0]], factors[places[0]], names[*other], factors[*other]
                ));
            }
            for place in &places {
                is_alone[*place] = false;
                of_weights[*place].clone_from(group);
            }
            groups.push(places);
        }
        groups.extend((0..names.len()).filter(|place| is_alone[*place]).map(|place| vec![place]));
        groups.sort_unstable();
        let ends = groups.iter().scan(0, |end, group| {
            *end += group.len();
            Some(*end)
        });
        let strength = |group: &Vec<usize>| (f64::from(factors[group[0]]) * (group.len() as f64).sqrt()) as f32;
        Ok(Groups {
            firsts: [0].into_iter().chain(ends).collect(),
            strengths: groups.iter().map(strength).collect(),
            members: groups.concat(),
            names: of_weights,
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.strengths.len()
    }

    pub fn is_empty(&self) -> bool {
        self.strengths.is_empty()
    }

    /// The weights of each, and what lambda is multiplied by for their norm.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[usize], f32)> {
        (0..self.len()).map(|group| (&self.members[self.firsts[group]..self.firsts[group + 1]], self.strengths[group]))
    }
}
