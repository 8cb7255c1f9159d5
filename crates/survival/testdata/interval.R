# Reference values for times known to an interval: Rscript interval.R > interval.json
# Data: time to cosmetic deterioration of the breast, months (Finkelstein & Wolfe, Biometrics
# 41:933-945, 1985, table 4), as in npsurv's `cancer`.
suppressMessages({library(survival); library(npsurv); library(jsonlite)})
data(cancer, package = "npsurv")
L <- cancer$L; R <- cancer$R; x <- as.numeric(cancer$group == "RCT")

# Nonparametric estimates: npsurv's constrained Newton method.
np <- function(keep) {
  f <- npsurv(cbind(L, R)[keep, ])
  list(lower = f$f$left, upper = f$f$right, mass = f$f$p, log_likelihood = f$ll)
}
# The interval of S(t) by the likelihood ratio, from the definition: the EM algorithm over cells that
# do not cross t, masses before and after t scaled to 1 - s and s.
cells <- function(l, r) { # ends in the order r <- (l
  e <- rbind(data.frame(t = l, k = 1), data.frame(t = r, k = 0))
  e <- e[order(e$t, e$k), ]; i <- which(head(e$k, -1) == 1 & tail(e$k, -1) == 0)
  cbind(e$t[i], e$t[i + 1])
}
ratio <- function(l, r, t, level = 0.95) {
  m <- cells(c(l, 0, t), c(r, t, Inf))
  a <- outer(seq_along(l), seq_len(nrow(m)), function(i, k) l[i] <= m[k, 1] & m[k, 2] <= r[i])
  after <- m[, 1] >= t
  em <- function(s = NULL) {
    p <- rep(1 / ncol(a), ncol(a))
    for (step in 1:40000) {
      q <- p * colSums(a / drop(a %*% p)) / nrow(a)
      if (!is.null(s)) q <- ifelse(after, q / sum(q[after]) * s, q / sum(q[!after]) * (1 - s))
      if (max(abs(q - p)) < 1e-13) break
      p <- q
    }
    list(ll = sum(log(a %*% q)), s = sum(q[after]))
  }
  best <- em()
  f <- function(s) 2 * (best$ll - em(s)$ll) - qchisq(level, 1)
  c(uniroot(f, c(1e-6, best$s), tol = 1e-10)$root, uniroot(f, c(best$s, 1 - 1e-6), tol = 1e-10)$root)
}
# Proportional hazards with any baseline: the likelihood maximised over all jumps and the
# coefficient by nlminb; its profile by nlminb at fixed coefficients.
m <- cells(L, R); m <- m[is.finite(m[, 2]), ]
before <- outer(L, m[, 2], ">="); within <- outer(L, m[, 1], "<=") & outer(R, m[, 2], ">=")
event <- is.finite(R)
loglik <- function(b, h) {
  e <- exp(b * x); s <- drop(within %*% h)
  sum(-e * drop(before %*% h)) + sum(log(-expm1(-e * s))[event])
}
best <- function(b) {
  f <- function(p) -loglik(b, p^2)
  o <- nlminb(rep(0.3, nrow(m)), f, control = list(eval.max = 1e5, iter.max = 1e5, rel.tol = 1e-15, x.tol = 1e-14))
  for (k in 1:5) o <- nlminb(o$par, f, control = list(eval.max = 1e5, iter.max = 1e5, rel.tol = 1e-15, x.tol = 1e-14))
  -o$objective
}
o <- optimise(best, c(0, 2), maximum = TRUE, tol = 1e-6)
ph <- list(coefficient = o$maximum, log_likelihood = o$objective, log_likelihood_null = best(0))
# Weibull: survreg's coefficients are of ln time, divided by the scale they are log hazard ratios.
w <- survreg(Surv(ifelse(L == 0, NA, L), ifelse(is.infinite(R), NA, R), type = "interval2") ~ x)
j <- c(0, -1 / w$scale, w$coefficients[2] / w$scale) # of b / scale by (mu, b, ln scale)
weibull <- list(coefficient = -w$coefficients[[2]] / w$scale,
  std_error = sqrt(drop(t(j) %*% w$var %*% j)), log_likelihood = w$loglik[2],
  risk_24 = psurvreg(24, w$coefficients[[1]] + c(0, 1) * w$coefficients[[2]], w$scale))
times <- c(6, 12, 24, 42)
cat(toJSON(list(
  source = paste("R", getRversion(), "survival", packageVersion("survival"), "npsurv", packageVersion("npsurv")),
  left = L, right = ifelse(is.infinite(R), -1, R), x = x,
  turnbull = list(all = np(TRUE), radiotherapy = np(x == 0), with_chemotherapy = np(x == 1)),
  ratio_times = times,
  ratio = t(sapply(times, function(t) ratio(L[x == 0], R[x == 0], t))),
  proportional_hazards = ph, weibull = weibull), digits = 12, auto_unbox = TRUE, pretty = FALSE))
