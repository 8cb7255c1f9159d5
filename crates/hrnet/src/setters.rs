//! `with_..` methods of the settings, one line each.

/// A method that replaces one field and hands the settings on.
macro_rules! setters {
    ($($method:ident, $field:ident: $type:ty, $what:literal;)*) => {
        $(
            #[doc = concat!("Sets ", $what, ".")]
            #[must_use]
            pub fn $method(mut self, $field: $type) -> Self {
                self.$field = $field;
                self
            }
        )*
    };
}
pub(crate) use setters;
