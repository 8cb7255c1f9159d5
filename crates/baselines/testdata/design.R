# Golden values of designs: writes design.json. Run in this folder: Rscript design.R
# (R 4.2.2, survival 3.5-3, Hmisc 4.8 for the restricted cubic splines, jsonlite 1.8.4).
suppressMessages({library(survival); library(Hmisc)})
veteran <- read.csv("veteran.csv")
tight <- coxph.control(eps = 1e-14, iter.max = 60, toler.chol = 1e-15)
knots <- attr(rcspline.eval(veteran$age, nk = 4), "knots")
rcs <- function(x) rcspline.eval(x, knots = knots, inclx = TRUE)
bs <- function(x) splines::bs(x, df = 5)
values <- function(formula) {
  fit <- coxph(formula, veteran, control = tight)
  list(coef = unname(coef(fit)), se = unname(sqrt(diag(vcov(fit)))), loglik = fit$loglik[2])
}
S <- Surv(time, status) ~ 1
veteran$cell <- c("squamous", "smallcell", "adeno", "large")[veteran$cell]
veteran$cell <- relevel(factor(veteran$cell), ref = "large")
cases <- list(
  knots = knots,
  factor = values(update(S, ~ cell + karno)),
  spline = values(update(S, ~ rcs(age) + trt2)),
  b_spline = values(update(S, ~ bs(karno) + trt2)),
  log = values(update(S, ~ log(karno) + I((age - mean(age)) / sd(age)))),
  interaction = values(update(S, ~ rcs(age) + trt2 + rcs(age):trt2 + cell + cell:trt2)))
writeLines(jsonlite::toJSON(cases, digits = I(17), auto_unbox = TRUE), "design.json")
