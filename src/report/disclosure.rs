//! stub
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountId(pub(crate) usize);
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reads {
    #[default]
    Undeclared,
    Nothing,
    Of(Vec<CountId>),
}
