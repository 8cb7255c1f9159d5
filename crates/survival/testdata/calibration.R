# Reference values for calibration and reclassification: `Rscript calibration.R > calibration.json`.
# R 4.2.2 with survival 3.5-3, geepack 1.3.9, prodlim 2019.11.13, cmprsk 2.2-11, jsonlite (all Debian 12).
suppressMessages({library(survival); library(geepack); library(prodlim); library(cmprsk); library(jsonlite)})
spline <- function(x, knots) {
  k <- length(knots); p <- function(v) pmax(v, 0)^3
  cbind(x, sapply(seq_len(k - 2), function(j) (p(x - knots[j]) - p(x - knots[k - 1]) * (knots[k] - knots[j]) / (knots[k] - knots[k - 1]) +
    p(x - knots[k]) * (knots[k - 1] - knots[j]) / (knots[k] - knots[k - 1])) / (knots[k] - knots[1])^2))
}
places <- list(`3` = c(.1, .5, .9), `4` = c(.05, .35, .65, .95), `5` = c(.05, .275, .5, .725, .95))
cll <- function(p) log(-log1p(-p))
indices <- function(observed, predicted, extra) {
  d <- abs(observed - predicted)
  c(list(ici = mean(d), e50 = unname(quantile(d, .5)), e90 = unname(quantile(d, .9)), e_max = max(d), observed = observed[c(1, 50, 100, 200)]), extra)
}
gee <- function(pseudo, predicted) {
  d <- data.frame(y = pseudo, lp = cll(predicted), id = seq_along(pseudo))
  take <- function(f) list(coef = unname(f$beta), se = sqrt(diag(f$vbeta)))
  list(intercept = take(geese(y ~ offset(lp), data = d, id = id, scale.fix = TRUE, family = gaussian, mean.link = "cloglog", corstr = "independence", jack = FALSE, control = geese.control(epsilon = 1e-12, maxit = 100))),
       line = take(geese(y ~ lp, data = d, id = id, scale.fix = TRUE, family = gaussian, mean.link = "cloglog", corstr = "independence", jack = FALSE, control = geese.control(epsilon = 1e-12, maxit = 100))))
}
out <- list()
g <- fromJSON("pbc.json")
d <- data.frame(time = as.numeric(g$data$time), status = as.numeric(g$data$status))
d <- d[seq_len(nrow(g$riskRegression$risk_a)), ]
horizons <- g$riskRegression$times
km <- function(rows, t) if (length(rows) == 0) 0 else { f <- survfit(Surv(time, status) ~ 1, data = d[rows, ]); 1 - summary(f, times = t, extend = TRUE)$surv }
for (h in seq_along(horizons)) {
  t <- horizons[h]; key <- as.character(t)
  old <- g$riskRegression$risk_a[, h]; new <- g$riskRegression$risk_b[, h]
  for (k in names(places)) {
    x <- cll(new); X <- spline(x, quantile(x, places[[k]]))
    f <- coxph(Surv(time, status) ~ X, data = d, ties = "efron", control = coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50))
    base <- basehaz(f, centered = FALSE)
    H <- max(c(0, base$hazard[base$time <= t])) * exp(drop(X %*% coef(f)))
    out$curve[[key]][[k]] <- indices(1 - exp(-H), new, list(coef = unname(coef(f))))
  }
  pseudo <- 1 - drop(jackknife(prodlim(Hist(time, status) ~ 1, data = d), times = t))
  out$gee[[key]] <- gee(pseudo, new)
  cuts <- c(.1, .2, .4)
  for (kind in c("any", "categories")) {
    m <- if (kind == "any") sign(new - old) else sign(findInterval(new, cuts) - findInterval(old, cuts))
    up <- which(m > 0); down <- which(m < 0); n <- nrow(d); F <- km(seq_len(n), t)
    fu <- km(up, t); fd <- km(down, t); pu <- length(up) / n; pd <- length(down) / n
    out$nri[[key]][[kind]] <- list(n_up = length(up), n_down = length(down), events = (fu * pu - fd * pd) / F, non_events = ((1 - fd) * pd - (1 - fu) * pu) / (1 - F))
  }
  # Events come before censorings at equal times: these are moved by a quarter of a day.
  cens <- survfit(Surv(time + 0.25 * (status == 0), 1 - status) ~ 1, data = d)
  G <- function(at) summary(cens, times = at, extend = TRUE)$surv
  case <- d$status == 1 & d$time <= t; control <- d$time > t
  v <- numeric(n); v[case] <- 1 / sapply(d$time[case], G); v[control] <- 1 / G(t + 0.25)
  slope <- function(p) weighted.mean(p[case], v[case]) - weighted.mean(p[control], v[control])
  out$idi[[key]] <- list(old = slope(old), new = slope(new), improvement = slope(new) - slope(old))
}
m <- as.data.frame(lapply(fromJSON("mgus2.json")$data, as.numeric))
m$time <- m$etime + seq_len(nrow(m)) / 2000
a <- plogis(-4 + 0.8 * m$mspike + 0.01 * m$age)
x <- cll(a); X <- spline(x, quantile(x, places[["3"]]))
f <- crr(m$time, m$event, X, failcode = 1, gtol = 1e-12, maxiter = 50)
p <- predict(f, X); out$competing$curve <- indices(p[max(which(p[, 1] <= 120)), -1], a, list(coef = unname(f$coef)))
out$competing$gee <- gee(jackknife(prodlim(Hist(time, event) ~ 1, data = m), times = 120, cause = 1)[, 1], a)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"))
