# Golden values of what follows a Cox fit: writes after_the_fit.json.
# Run in this folder: Rscript after_the_fit.R (R 4.2.2, survival 3.5-3, jsonlite 1.8.4).
library(survival)
d <- lapply(setNames(nm = c("lung", "veteran", "cgd", "pbc", "ovarian")),
            function(n) read.csv(paste0(n, ".csv")))
d$lung$w <- as.numeric(d$lung$w)
tight <- coxph.control(eps = 1e-14, iter.max = 60, toler.chol = 1e-14)

few <- function(x) { x <- as.matrix(x); list(first = unname(x[1:5, , drop = FALSE]),
                                            sums = unname(colSums(abs(x)))) }
after <- function(fit, data, newdata, times, zph = TRUE) {
  p <- length(coef(fit))
  out <- list(aic = AIC(fit), bic = BIC(fit), coef = unname(coef(fit)))
  if (!is.null(fit$rscore)) out$robust_score <- unname(fit$rscore)
  v <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  out$vif <- unname(diag(solve(cov2cor(v))))
  for (type in c("martingale", "deviance", "score", "dfbeta", "schoenfeld", "scaledsch"))
    out[[type]] <- few(residuals(fit, type))
  if (zph) for (transform in c("km", "identity", "rank", "log"))
    out$zph[[transform]] <- unname(cox.zph(fit, transform)$table[, "chisq"])
  s <- summary(survfit(fit, newdata = newdata, censor = FALSE), times = times, extend = TRUE)
  out$times <- times
  out$newdata <- unname(as.matrix(newdata[, names(coef(fit)), drop = FALSE]))
  pick <- function(x) unname(matrix(x, nrow = length(times)))
  out$surv <- pick(s$surv); out$std_err <- pick(s$std.err)
  out$lower <- pick(s$lower); out$upper <- pick(s$upper)
  out
}
profile <- function(data, columns, weights = NULL) {
  bound <- function(j, side) {
    full <- coxph(Surv(time, status) ~ as.matrix(data[, columns]), data, control = tight)
    se <- sqrt(diag(full$var))[j]
    others <- setdiff(seq_along(columns), j)
    drop <- function(c) {
      f <- coxph(Surv(time, status) ~ as.matrix(data[, columns[others]]) +
                   offset(c * (data[, columns[j]] - mean(data[, columns[j]]))), data, control = tight)
      2 * (full$loglik[2] - f$loglik[2]) - qchisq(0.95, 1)
    }
    b <- coef(full)[[j]]
    uniroot(drop, sort(c(b + side * 0.5 * se, b + side * 5 * se)), tol = 1e-13)$root
  }
  unname(t(sapply(seq_along(columns), function(j) c(bound(j, -1), bound(j, 1)))))
}
S <- function(f, data, ...) do.call(coxph, list(f, data = data, control = tight, ...))
lung <- Surv(time, status) ~ age + female + ph_ecog
new <- data.frame(age = c(50, 70), female = c(1, 0), ph_ecog = c(0, 2))
at <- c(5, 60, 250, 800)
cases <- list(
  efron = after(S(lung, d$lung), d$lung, new, at),
  breslow = after(S(lung, d$lung, ties = "breslow"), d$lung, new, at),
  weights = after(S(lung, d$lung, weights = d$lung$w), d$lung, new, at),
  robust = after(S(lung, d$lung, robust = TRUE), d$lung, new, at),
  cluster = after(S(lung, d$lung, cluster = d$lung$inst), d$lung, new, at),
  strata = after(S(Surv(time, status) ~ age + ph_ecog + strata(female), d$lung), d$lung,
                 data.frame(age = c(50, 70), female = c(1, 0), ph_ecog = c(0, 2)), at),
  start_stop = after(S(Surv(start, stop, status) ~ rifn + age + steroids, d$cgd, cluster = d$cgd$id),
                     d$cgd, data.frame(rifn = c(1, 0), age = c(8, 30), steroids = c(0, 1)),
                     c(5, 100, 300)))
exact <- function(f, data, ...) {
  fit <- S(f, data, ties = "exact", ...)
  list(coef = unname(coef(fit)), se = unname(sqrt(diag(fit$var))), loglik = fit$loglik,
       score = fit$score, martingale = few(residuals(fit, "martingale")))
}
pbc <- Surv(time, status) ~ age + female + edema + lbili + lalb + lprotime
full <- S(pbc, d$pbc)
v <- full$var
stage <- S(update(pbc, . ~ . + stage + hepato), d$pbc)
cases$lung_exact <- exact(lung, d$lung)
cases$strata_exact <- exact(Surv(time, status) ~ age + ph_ecog + strata(female), d$lung)
cases$veteran_exact <- exact(Surv(time, status) ~ trt2 + karno + age + prior, d$veteran)
cases$cgd_exact <- exact(Surv(start, stop, status) ~ rifn + age + steroids, d$cgd)
cases$pbc <- list(profile = profile(d$pbc, c("age", "female", "edema", "lbili", "lalb", "lprotime")),
                  combination = c(sum(coef(full) * c(10, 1, 0, 0, -1, 0)),
                                  sqrt(drop(c(10, 1, 0, 0, -1, 0) %*% v %*% c(10, 1, 0, 0, -1, 0)))),
                  stage_hepato_wald = drop(coef(stage)[7:8] %*% solve(stage$var[7:8, 7:8], coef(stage)[7:8])),
                  stage_hepato_lr = 2 * (stage$loglik[2] - full$loglik[2]))
cases$ovarian <- list(profile = profile(d$ovarian, c("age", "rx2", "resid2", "ecog2")))
writeLines(jsonlite::toJSON(cases, digits = I(17), auto_unbox = TRUE), "after_the_fit.json")
