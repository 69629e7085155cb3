//! Places of the names above points, where no name covers another or a marker.

use super::draw::LETTER;

/// Distance of a name's middle from its point, and of two lines of names.
const ABOVE: f64 = 12.0;
const LINE: f64 = 14.0;
/// Half of a name's height, and half of a marker's size.
pub const HALF_HEIGHT: f64 = 6.5;
const MARKER: f64 = 6.0;
/// The ways that a name may move aside, on the nearest line and on those above it.
const ASIDE: [f64; 5] = [0.0, -8.0, 8.0, -16.0, 16.0];
/// Lines that it may stand on.
const LINES: usize = 3;

/// A name, and the point under it in CSS pixels.
pub struct Name<'a> {
    pub text: &'a str,
    pub point: (f64, f64),
}

/// A rectangle by its middle and half of its sides.
struct Area {
    middle: (f64, f64),
    half: (f64, f64),
}

impl Area {
    fn covers(&self, other: &Area) -> bool {
        (self.middle.0 - other.middle.0).abs() < self.half.0 + other.half.0
            && (self.middle.1 - other.middle.1).abs() < self.half.1 + other.half.1
    }
}

/// Half of a name's width.
pub fn half_width(text: &str) -> f64 {
    0.5 * LETTER * text.chars().count() as f64 + 1.0
}

/// The middle of each name: above its point, or as little aside, and then as little higher, as it takes to be free of
/// the markers and of the names before it; above its point too if no place below `top` is free.
pub fn places(names: &[Name], markers: &[(f64, f64)], top: f64) -> Vec<(f64, f64)> {
    let marker = |&middle: &(f64, f64)| Area { middle, half: (MARKER, MARKER) };
    let mut taken: Vec<Area> = markers.iter().map(marker).collect();
    let place = |name: &Name| {
        let half = (half_width(name.text), HALF_HEIGHT);
        let (x, y) = (name.point.0, name.point.1 - ABOVE);
        let on_line = |line: usize| ASIDE.map(|aside| (x + aside, y - line as f64 * LINE));
        let places = (0..LINES).flat_map(on_line).filter(|place| place.1 >= top);
        let mut areas = places.map(|middle| Area { middle, half });
        let free = areas.find(|area| !taken.iter().any(|other| area.covers(other)));
        let area = free.unwrap_or(Area { middle: (x, y), half });
        let middle = area.middle;
        taken.push(area);
        middle
    };
    names.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str, point: (f64, f64)) -> Name<'_> {
        Name { text, point }
    }

    #[test]
    fn a_name_stands_above_its_point_unless_a_neighbours_name_is_there() {
        let far = [name("net3", (100.0, 50.0)), name("net2", (200.0, 50.0))];
        assert_eq!(places(&far, &[], 0.0), [(100.0, 38.0), (200.0, 38.0)]);
        let near = [name("net3", (100.0, 50.0)), name("net2", (124.0, 51.0)), name("net1", (112.0, 50.0))];
        assert_eq!(places(&near, &[], 0.0), [(100.0, 38.0), (132.0, 39.0), (112.0, 24.0)]);
    }

    #[test]
    fn a_name_keeps_off_a_marker_of_another_kind() {
        assert_eq!(places(&[name("net1", (100.0, 50.0))], &[(104.0, 37.0)], 0.0), [(100.0, 24.0)]);
    }

    #[test]
    fn a_name_without_any_free_place_stands_above_its_point() {
        assert_eq!(places(&[name("net1", (100.0, 50.0))], &[(104.0, 36.0)], 30.0), [(100.0, 38.0)]);
    }
}
