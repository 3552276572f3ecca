// What counts as zero, as an event and as a fate. All tests are on bits: a driver may assume that infinities, NaN and
// subnormal numbers do not exist, but not what an integer compares to.

// Below the smallest normal number, 2^-126, which some devices flush to zero and others do not.
fn is_zero(w: f32) -> bool {
    return (bits(w) & 0x7fffffff) < 0x00800000;
}

// The iterate as it is stored: what counts as zero is zero.
fn stored(w: f32) -> f32 {
    return select(w, 0.0, is_zero(w));
}

// Not finite, or beyond the limit.
fn is_diverged(w: f32, limit: f32) -> bool {
    return (bits(w) & 0x7fffffff) > bits(limit);
}

fn is_landing(previous: f32, w: f32) -> bool {
    return !is_zero(previous) & is_zero(w);
}

// The opposite sign, or a landing. A step away from zero crosses nothing.
fn is_crossing(previous: f32, w: f32) -> bool {
    return !is_zero(previous) & (is_zero(w) | ((bits(previous) ^ bits(w)) < 0));
}

// A landing from |previous| >= 2^-64 is a jump to zero; one from below is the end of a geometric decay.
fn is_jump(previous: f32) -> bool {
    return (bits(previous) & 0x7fffffff) >= 0x1f800000;
}

// Whether a landing is a jump: `exact` is the weight before it was rounded to a narrower format, which may lose what is not 0.
fn jumps(previous: f32, exact: f32) -> bool {
    return is_jump(previous) & is_zero(exact);
}

// The step of the first event, where 0xffffffff stands for never.
fn first_step(so_far: u32, happens: bool, step: u32) -> u32 {
    return select(so_far, min(so_far, step), happens);
}

// A tail step goes against the last one that was not flat, whose difference `direction` is (0 where there was none).
fn is_reversal(direction: f32, difference: f32) -> bool {
    return (direction != 0.0) & (difference != 0.0) & ((bits(direction) ^ bits(difference)) < 0);
}

fn next_direction(direction: f32, difference: f32) -> f32 {
    return select(difference, direction, difference == 0.0);
}

// The octave of a tail's amplitude: 0 up to 2^-64, n up to 2^(n - 64), and 95 beyond 2^30.
fn octave(amplitude: f32) -> i32 {
    return min(max(((bits(amplitude) + 0x007fffff) >> 23) - 63, 0), 95);
}

// The first of the seven fates that holds: 0 diverged, 1 zero, 2 decayed, 3 near_zero, 4 settled, 5 oscillating, 6 moving.
// low and high bound the tail; jumped says that the last landing came by a jump.
fn fate(diverged: bool, low: f32, high: f32, jumped: bool, tolerance: f32, reversals: u32) -> u32 {
    let amplitude = max(abs(low), abs(high));
    if diverged {
        return 0;
    }
    if is_zero(amplitude) & jumped {
        return 1;
    }
    if !is_jump(amplitude) {
        return 2;
    }
    if amplitude <= tolerance {
        return 3;
    }
    if high - low <= 1.0e-4 * amplitude {
        return 4;
    }
    if reversals >= 2 {
        return 5;
    }
    return 6;
}
