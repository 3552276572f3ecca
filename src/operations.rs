//! What a step costs: the operations of a kernel's WGSL, counted by its compiler.

use crate::kernel::Kernel;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;
use wgpu::naga::{self, Block, Expression, Function, MathFunction, Module, Statement};

/// Operations on one number each, as they are written: a compiler may merge or drop some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operations {
    /// Sums, products, comparisons, choices, logic on bits.
    pub plain: u32,
    /// Quotients and roots, for which devices have fewer units.
    pub special: u32,
}

impl AddAssign for Operations {
    fn add_assign(&mut self, other: Operations) {
        self.plain += other.plain;
        self.special += other.special;
    }
}

impl Operations {
    /// Those of one step of `kernel`, without what a driver does to see its events.
    pub fn of_step(kernel: Kernel) -> Operations {
        let module = naga::front::wgsl::parse_str(&kernel.wgsl()).expect("a kernel should be WGSL");
        let step = ["advance_state", "narrowed"].map(|name| {
            let is_it = |function: &&Function| function.name.as_deref() == Some(name);
            module.functions.iter().map(|(_, function)| function).find(is_it).expect("a kernel should have a step")
        });
        let mut operations = Operations::default();
        step.into_iter().for_each(|function| operations += of_block(&module, function, &function.body));
        operations
    }
}

/// The operations of a block, of the functions that it calls, and of the longer of two ways.
fn of_block(module: &Module, function: &Function, block: &Block) -> Operations {
    let mut operations = Operations::default();
    for statement in block {
        match statement {
            Statement::Emit(range) => {
                range.clone().for_each(|handle| operations += of_expression(&function.expressions[handle]));
            }
            Statement::Block(inner) => operations += of_block(module, function, inner),
            Statement::If { accept, reject, .. } => {
                let ways = [accept, reject].map(|way| of_block(module, function, way));
                operations += ways.into_iter().max_by_key(|way| way.plain + way.special).unwrap_or_default();
            }
            Statement::Call { function, .. } => {
                let called = &module.functions[*function];
                operations += of_block(module, called, &called.body);
            }
            _ => {}
        }
    }
    operations
}

fn of_expression(expression: &Expression) -> Operations {
    let (plain, special) = match expression {
        Expression::Binary { op: naga::BinaryOperator::Divide | naga::BinaryOperator::Modulo, .. }
        | Expression::Math { fun: MathFunction::Sqrt | MathFunction::InverseSqrt, .. } => (0, 1),
        Expression::Binary { .. } | Expression::Unary { .. } | Expression::Select { .. } | Expression::Math { .. } => {
            (1, 0)
        }
        // A number to another kind of number; the same bits are free.
        Expression::As { convert: Some(_), .. } => (1, 0),
        _ => (0, 0),
    };
    Operations { plain, special }
}
