# Reference values for cumulative incidence with delayed entry and case weights: `Rscript delayed_entry.R > delayed_entry.json`.
# R 4.2.2 with survival 3.5-3, jsonlite (Debian 12).
suppressMessages({library(survival); library(jsonlite)})
d <- fromJSON("mgus2.json")$data
d <- as.data.frame(lapply(d, as.numeric))
n <- nrow(d)
# Some enter late, after others had left; the formulas are repeated in the test.
d$entry <- floor(d$etime * (((seq_len(n) - 1) * 7) %% 10) / 12)
d$weight <- 1 + ((seq_len(n) - 1) %% 3) / 2
d$state <- factor(d$event, 0:2, c("censored", "pcm", "death"))
d$id <- seq_len(n)
curve <- function(formula, w = rep(1, n)) {
  d$w <- w
  f <- do.call(survfit, list(formula, data = d, id = d$id, weights = d$w, conf.type = "log"))
  s <- summary(f, times = c(6, 12, 30, 60, 90, 120, 180, 240, 300), extend = TRUE)
  list(time = s$time, strata = if (is.null(s$strata)) NULL else as.integer(s$strata), n_risk = s$n.risk[, 1], pstate = s$pstate[, 2:3],
       std_err = s$std.err[, 2:3], lower = s$lower[, 2:3], upper = s$upper[, 2:3])
}
out <- list(source = R.version.string, survival = as.character(packageVersion("survival")))
out$entry <- curve(Surv(entry, etime, state) ~ 1)
out$weighted <- curve(Surv(etime, state) ~ 1, d$weight)
out$both <- curve(Surv(entry, etime, state) ~ 1, d$weight)
out$by_sex <- curve(Surv(entry, etime, state) ~ male)
# Fine and Gray's weights: their sum at each event of the cause, and the Breslow likelihood on the rows. Case weights
# are whole numbers, as copies of subjects.
weighted_rows <- function(d, cause) {
  f <- finegray(Surv(entry, etime, state) ~ age + male, data = d, id = id, etype = cause)
  times <- sort(unique(d$etime[d$state == cause]))
  at <- sapply(times, function(t) sum(f$fgwt[f$fgstart < t & t <= f$fgstop]))
  fit <- coxph(Surv(fgstart, fgstop, fgstatus) ~ age + male, data = f, weights = fgwt, ties = "breslow")
  list(times = times, weight_at = at, coef = coef(fit), loglik = fit$loglik)
}
copies <- d[rep(seq_len(n), 1 + (seq_len(n) - 1) %% 3), ]
copies$id <- seq_len(nrow(copies))
out$fine_gray <- list(pcm = weighted_rows(d, "pcm"), death = weighted_rows(d, "death"))
out$fine_gray_copies <- list(pcm = weighted_rows(copies, "pcm"), death = weighted_rows(copies, "death"))
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"))
