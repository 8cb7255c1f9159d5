//! Products of matrices whose sums fit in registers: a few rows of factors times a few vectors of
//! columns, over all terms.

use super::{
    Isa, native,
    simd::{Simd, unrolled},
};

/// `sums[r][j] = sum over the terms of factor[r] * column[j]`, in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product<'a> {
    pub(crate) terms: usize,
    /// Factor of row `r` and term `t` at `r * factor_strides[0] + t * factor_strides[1]`.
    pub(crate) factors: &'a [f32],
    pub(crate) factor_strides: [usize; 2],
    /// Column `j` of term `t` at `t * column_stride + j`.
    pub(crate) columns: &'a [f32],
    pub(crate) column_stride: usize,
    pub(crate) rows: usize,
    /// Vectors of columns.
    pub(crate) vectors: usize,
}

impl Product<'_> {
    /// Whether the factors of a term lie side by side. A kernel that knows it beforehand saves
    /// addresses, up to a tenth of its time.
    fn is_plain(&self) -> bool {
        self.factor_strides[0] == 1
    }

    fn is_inside(&self, lanes: usize, stride: usize, sums: usize) -> bool {
        let columns = self.vectors * lanes;
        let reach = |count: usize, stride: usize, len: usize| (count.max(1) - 1) * stride + len;
        let [row, term] = self.factor_strides;
        reach(self.rows, stride, columns) <= sums
            && (self.terms == 0
                || reach(self.rows, row, 0) + reach(self.terms, term, 1) <= self.factors.len()
                    && reach(self.terms, self.column_stride, columns) <= self.columns.len())
    }
}

/// A kernel, from the rows and vectors that start at `[row, vector]`.
pub(super) type ProductKernel = unsafe fn(&Product<'_>, [usize; 2], &mut [f32], usize);

impl Isa {
    /// Computes the product; row `r` of the sums starts at `sums[r * stride]`.
    pub(crate) fn product(self, product: &Product<'_>, sums: &mut [f32], stride: usize) {
        assert!(
            self.is_available() && product.is_inside(self.lanes(), stride, sums.len()),
            "a product reaches outside its slices"
        );
        self.for_each_part([product.rows, product.vectors], |first, size| {
            self.part(product, first, size, sums, stride);
        });
    }

    /// Calls `part` with the first row and vector and the numbers of both of every part of a product
    /// whose sums fit in registers.
    pub(super) fn for_each_part(
        self,
        [rows, vectors]: [usize; 2],
        mut part: impl FnMut([usize; 2], [usize; 2]),
    ) {
        let blocks = rows.div_ceil(self.max_outputs());
        let cut = |i: usize| rows * i / blocks;
        for block in 0..blocks {
            let (first, rows) = (cut(block), cut(block + 1) - cut(block));
            let most = self.vectors(rows);
            for vector in (0..vectors).step_by(most) {
                part([first, vector], [rows, (vectors - vector).min(most)]);
            }
        }
    }

    /// The rows and vectors `size` from `first` on.
    fn part(
        self,
        product: &Product<'_>,
        first: [usize; 2],
        size: [usize; 2],
        sums: &mut [f32],
        stride: usize,
    ) {
        let kernel = match product.is_plain() {
            true => native::product(self, size[0], size[1]),
            false => native::strided_product(self, size[0], size[1]),
        };
        if let Some(kernel) = kernel {
            // SAFETY: the instruction set is available and all accesses are inside, checked
            // by the caller; the numbers of rows and vectors are the kernel's own.
            return unsafe { kernel(product, first, sums, stride) };
        }
        assert!(self == Self::Portable, "no kernel for this product");
        portable(product, first, size, sums, stride);
    }
}

/// The kernel: `M` rows times `N` vectors stay in registers over the whole sum.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller; `product.is_inside(V::LANES, ..)` of the sums,
/// and the `M` rows and `N` vectors from `first` on are the product's own; it is plain if `PLAIN`.
#[inline(always)]
pub(super) unsafe fn product<V: Simd, const M: usize, const N: usize, const PLAIN: bool>(
    product: &Product<'_>,
    first: [usize; 2],
    sums: &mut [f32],
    stride: usize,
) {
    let column = first[1] * V::LANES;
    // SAFETY: by this function's contract every pointer that is read or written is inside its
    // slice.
    unsafe {
        let to = sums.as_mut_ptr().add(first[0] * stride + column);
        let mut totals = [[V::splat(0.0); N]; M];
        let [row, term] = product.factor_strides;
        let row = if PLAIN { 1 } else { row };
        let mut factors = product.factors.as_ptr().wrapping_add(first[0] * row);
        let mut columns = product.columns.as_ptr().wrapping_add(column);
        for _ in 0..product.terms {
            let mut x = [V::splat(0.0); N];
            unrolled!(N, J, {
                x[J] = V::load(columns.add(J * V::LANES));
            });
            unrolled!(M, I, {
                let factor = V::splat(*factors.add(I * row));
                unrolled!(N, J, {
                    totals[I][J] = factor.mul_add(x[J], totals[I][J]);
                });
            });
            factors = factors.wrapping_add(term);
            columns = columns.wrapping_add(product.column_stride);
        }
        unrolled!(M, I, {
            unrolled!(N, J, {
                totals[I][J].store_first(to.add(I * stride + J * V::LANES), V::LANES);
            });
        });
    }
}

/// The same sums in safe Rust.
fn portable(
    product: &Product<'_>,
    first: [usize; 2],
    size: [usize; 2],
    sums: &mut [f32],
    stride: usize,
) {
    const LANES: usize = super::portable::LANES;
    for row in first[0]..first[0] + size[0] {
        for vector in first[1]..first[1] + size[1] {
            let sums = &mut sums[row * stride + vector * LANES..][..LANES];
            sums.fill(0.0);
            for t in 0..product.terms {
                let [row_stride, term_stride] = product.factor_strides;
                let factor = product.factors[row * row_stride + t * term_stride];
                let columns = &product.columns[t * product.column_stride + vector * LANES..];
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum += factor * column;
                }
            }
        }
    }
}
