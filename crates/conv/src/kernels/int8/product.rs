//! Products of matrices of bytes: as those of floats, with words for terms and whole numbers for
//! sums.

use super::{
    super::{Isa, portable, simd::unrolled},
    Int8Simd, native,
};

/// `sums[r][j] = row_scales[r] * column_scales[j] * (starts[j] + sum of the products of bytes)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Int8Product<'a> {
    /// Words of each sum.
    pub(crate) groups: usize,
    /// Source bytes of row `r` and group `g` at `g * factor_stride + r`.
    pub(crate) factors: &'a [u32],
    pub(crate) factor_stride: usize,
    pub(crate) row_scales: &'a [f32],
    /// Signed bytes of column `j` and group `g` at `g * column_stride + j`.
    pub(crate) columns: &'a [u32],
    pub(crate) column_stride: usize,
    /// What the sum of column `j` starts from: see [`super::start`].
    pub(crate) starts: &'a [u32],
    pub(crate) column_scales: &'a [f32],
    pub(crate) rows: usize,
    /// Vectors of columns.
    pub(crate) vectors: usize,
}

impl Int8Product<'_> {
    fn is_inside(&self, lanes: usize, stride: usize, sums: usize) -> bool {
        let columns = self.vectors * lanes;
        let last = self.groups.max(1) - 1;
        (self.rows.max(1) - 1) * stride + columns <= sums
            && last * self.factor_stride + self.rows <= self.factors.len()
            && last * self.column_stride + columns <= self.columns.len()
            && self.rows <= self.row_scales.len()
            && columns <= self.starts.len().min(self.column_scales.len())
    }
}

/// Words ahead that are asked for: filters of wide layers come from memory.
const AHEAD: usize = 2048;

/// A kernel, from the rows and vectors that start at `[row, vector]`.
pub(super) type Int8ProductKernel = unsafe fn(&Int8Product<'_>, [usize; 2], &mut [f32], usize);

impl Isa {
    /// Computes the product; row `r` of the sums starts at `sums[r * stride]`.
    pub(crate) fn int8_product(self, product: &Int8Product<'_>, sums: &mut [f32], stride: usize) {
        assert!(
            self.computes_int8() && product.is_inside(self.lanes(), stride, sums.len()),
            "a product of bytes reaches outside its slices"
        );
        self.for_each_part([product.rows, product.vectors], |first, size| {
            if let Some(kernel) = native::product(self, size[0], size[1]) {
                // SAFETY: the instruction set is available, all accesses are inside, and the numbers
                // of rows and vectors are the kernel's own.
                return unsafe { kernel(product, first, sums, stride) };
            }
            assert!(self == Self::Portable, "no kernel for this product of bytes");
            in_safe_rust(product, first, size, sums, stride);
        });
    }
}

/// The kernel: `M` rows times `N` vectors stay in registers over the whole sum.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller; `product.is_inside(V::LANES, ..)` of the sums,
/// and the `M` rows and `N` vectors from `first` on are the product's own.
#[inline(always)]
pub(super) unsafe fn product<V: Int8Simd, const M: usize, const N: usize>(
    product: &Int8Product<'_>,
    first: [usize; 2],
    sums: &mut [f32],
    stride: usize,
) {
    let column = first[1] * V::LANES;
    // SAFETY: by this function's contract every pointer that is read or written is inside its
    // slice.
    unsafe {
        let to = sums.as_mut_ptr().add(first[0] * stride + column);
        let starts = product.starts.as_ptr().add(column);
        let mut totals = [[V::splat_word(0); N]; M];
        unrolled!(N, J, {
            let start = V::load_words(starts.add(J * V::LANES));
            unrolled!(M, I, {
                totals[I][J] = start;
            });
        });
        let mut factors = product.factors.as_ptr().wrapping_add(first[0]);
        let mut columns = product.columns.as_ptr().wrapping_add(column);
        for _ in 0..product.groups {
            let mut x = [V::splat_word(0); N];
            unrolled!(N, J, {
                V::prefetch(columns.wrapping_add(AHEAD + J * V::LANES));
                x[J] = V::load_words(columns.add(J * V::LANES));
            });
            unrolled!(M, I, {
                let factor = V::splat_word(*factors.add(I));
                unrolled!(N, J, {
                    totals[I][J] = V::dot(factor, x[J], totals[I][J]);
                });
            });
            factors = factors.wrapping_add(product.factor_stride);
            columns = columns.wrapping_add(product.column_stride);
        }
        let column_scales = product.column_scales.as_ptr().add(column);
        let mut scales = [V::splat(0.0); N];
        unrolled!(N, J, {
            scales[J] = V::load(column_scales.add(J * V::LANES));
        });
        unrolled!(M, I, {
            let row = V::splat(*product.row_scales.get_unchecked(first[0] + I));
            unrolled!(N, J, {
                let sum = V::to_floats(totals[I][J]).mul(scales[J]).mul(row);
                sum.store_first(to.add(I * stride + J * V::LANES), V::LANES);
            });
        });
    }
}

/// The same sums in safe Rust.
fn in_safe_rust(
    product: &Int8Product<'_>,
    first: [usize; 2],
    size: [usize; 2],
    sums: &mut [f32],
    stride: usize,
) {
    for row in first[0]..first[0] + size[0] {
        for column in first[1] * portable::LANES..(first[1] + size[1]) * portable::LANES {
            let mut total = product.starts[column] as i32;
            for g in 0..product.groups {
                let factor = product.factors[g * product.factor_stride + row];
                total += dot(factor, product.columns[g * product.column_stride + column]);
            }
            let scaled = total as f32 * product.column_scales[column];
            sums[row * stride + column] = scaled * product.row_scales[row];
        }
    }
}

/// The sum of the products of four unsigned bytes by four signed ones.
pub(super) fn dot(unsigned: u32, signed: u32) -> i32 {
    let bytes = unsigned.to_le_bytes().into_iter().zip(signed.to_le_bytes());
    bytes.map(|(u, s)| i32::from(u) * i32::from(s as i8)).sum()
}
