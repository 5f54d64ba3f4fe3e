//! Plots as SVG for the pages that tinybench writes.
//!
//! Positions across a plot are in percent of its width and heights in pixels, so that one and the
//! same plot fits a phone and a desk with its text at full size. Colours come from the page's
//! style sheet by class, so that they follow its light and dark scheme, and every mark carries its
//! value as a `<title>`. A plotting library's SVG has a fixed size, fixed colours and no titles,
//! which is why these few shapes are written here.
//!
//! The functions return the SVG's text. They expect finite values and escape every text.

mod bars;
mod course;
mod flame;
mod history;
mod lines;
mod roof;
mod scale;
mod scatter;
mod spans;
mod strip;
mod svg;

pub use bars::{Bar, BarGroup, Part, bars};
pub use course::{Course, course};
pub use flame::{Flame, flame};
pub use history::{Fit, History, Point, history, sparkline};
pub use lines::{Line, lines};
pub use roof::{Mark, Roof, roofline};
pub use scatter::{Dot, scatter};
pub use spans::{Span, spans};
pub use strip::{Strip, strips};
pub use svg::{Anchor, Svg, escape, visible};
