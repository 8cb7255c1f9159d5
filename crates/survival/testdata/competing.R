# Reference values for competing risks and calibration: `Rscript competing.R > competing.json`.
# R 4.2.2 with cmprsk 2.2-11, riskRegression 2022.11.28, prodlim 2019.11.13, survival 3.5-3, jsonlite (all Debian 12).
suppressMessages({library(survival); library(cmprsk); library(riskRegression); library(prodlim); library(jsonlite)})
d <- fromJSON("mgus2.json")$data
d <- as.data.frame(lapply(d, as.numeric))
# No two times alike: what is compared then does not depend on rules for ties.
d$distinct <- d$etime + seq_len(nrow(d)) / 2000
d$a <- plogis(-4 + 0.8 * d$mspike + 0.01 * d$age)
d$b <- plogis(-3 + 0.5 * d$mspike - 0.1 * (d$hgb - 13))
d$third <- (d$age >= 65) + (d$age >= 77)
d$anaemic <- as.numeric(d$hgb < 13)
out <- list()

gray <- function(time, groups, rho, strata) {
  f <- if (is.null(strata)) cuminc(time, d$event, groups, rho = rho) else cuminc(time, d$event, groups, rho = rho, strata = strata)
  unname(f$Tests[, c("stat", "pv", "df")])
}
for (time in c("etime", "distinct")) for (groups in c("male", "third")) for (rho in c(0, 1)) for (strata in c("none", "anaemic"))
  out$gray[[paste(time, groups, rho, strata, sep = "_")]] <- gray(d[[time]], d[[groups]], rho, if (strata == "none") NULL else d[[strata]])

horizons <- c(60, 120, 240)
for (time in c("etime", "distinct")) {
  d$time <- d[[time]]
  for (cause in 1:2) {
    # The standard errors of this version are right for the first cause only: the cause asked for is made the first.
    if (cause == 2) d$first <- c(0, 2, 1)[d$event + 1] else d$first <- d$event
    s <- Score(list(a = d$a, b = d$b), formula = Hist(time, first) ~ 1, data = d, cause = 1, times = horizons,
               metrics = c("auc", "brier"), se.fit = TRUE, cens.model = "km", contrasts = TRUE, null.model = TRUE)
    out$score[[time]][[cause]] <- list(AUC = as.list(s$AUC$score), AUC_contrasts = as.list(s$AUC$contrasts),
                                       Brier = as.list(s$Brier$score), Brier_contrasts = as.list(s$Brier$contrasts))
  }
  x <- as.matrix(d[, c("age", "male", "mspike")])
  for (cause in 1:2) {
    f <- crr(d$time, d$event, x, failcode = cause, gtol = 1e-12, maxiter = 50)
    out$crr[[time]][[cause]] <- list(coef = unname(f$coef), var = f$var, loglik = f$loglik, loglik_null = f$loglik.null,
                                     uftime = f$uftime[c(1, 20, 60)], bfitj = f$bfitj[c(1, 20, 60)])
  }
  out$pseudo[[time]] <- jackknife(prodlim(Hist(time, event) ~ 1, data = d), times = 120, cause = 1)[seq(1, 1338, 30), 1]
  d$any <- as.numeric(d$event > 0)
  out$pseudo_survival[[time]] <- jackknife(prodlim(Hist(time, any) ~ 1, data = d), times = 120)[seq(1, 1338, 30), 1]
}
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"))
