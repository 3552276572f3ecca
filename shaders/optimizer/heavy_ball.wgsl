// The velocity a = momentum a + slope, then w - rate a: PyTorch's SGD with momentum and no dampening, whose velocity holds
// slopes and not steps.
fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32, momentum: f32) -> State {
    let velocity = momentum * state.a + slope;
    return State(state.w - rate * velocity, velocity, state.b, state.c);
}

// A penalty step that takes the weight on to w counts as a slope, too: the velocity stays the whole move over the rate, so that
// what rests is the minimum of loss and penalty (iPiano: Ochs, Chen, Brox and Pock, SIAM J. Imaging Sci. 7, 2014). At a rate of 0
// nothing moves.
fn kept(after: State, w: f32, rate: f32) -> State {
    return State(w, after.a + select((after.w - w) / rate, 0.0, rate == 0.0), after.b, after.c);
}
