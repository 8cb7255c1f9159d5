# Robust variances of R survival 3.5-3: clusters, and weights that are not whole numbers.
# Writes dependence.json; the rows are those of lung.json, in its order.
# Rscript dependence.R
library(survival)
lung <- survival::lung
lung <- lung[complete.cases(lung[, c("time", "status", "age", "sex")]), ]
n <- nrow(lung)
i <- seq_len(n) - 1
lung$event <- lung$status - 1
lung$cluster <- i %% 40
lung$few <- i %% 7
lung$w <- 0.45 + ((i * 7) %% 10) / 10
at <- c(100, 250, 500, 800)
numbers <- function(x) paste0("[", paste(sprintf("%.15g", x), collapse = ", "), "]")
curve <- function(fit) {
  s <- summary(fit, times = at)
  paste0('{"survival": ', numbers(s$surv), ', "std_error": ', numbers(s$std.err), "}")
}
cox <- function(fit) paste0('{"coef": ', numbers(coef(fit)), ', "se": ', numbers(sqrt(diag(vcov(fit)))), "}")
clustered <- survfit(Surv(time, event) ~ 1, data = lung, cluster = cluster)
weighted <- survfit(Surv(time, event) ~ 1, data = lung, weights = w)
both <- survfit(Surv(time, event) ~ 1, data = lung, weights = w, cluster = cluster)
cat(sprintf('{"time": %s, "event": %s, "age": %s, "female": %s, "at": %s,\n "clustered": %s,\n "weighted": %s,\n "both": %s,\n "cox_weighted": %s,\n "cox_clustered": %s}\n',
  numbers(lung$time), numbers(lung$event), numbers(lung$age), numbers(lung$sex - 1), numbers(at),
  curve(clustered), curve(weighted), curve(both),
  cox(coxph(Surv(time, event) ~ age + sex, data = lung, weights = w)),
  cox(coxph(Surv(time, event) ~ age + sex, data = lung, cluster = cluster))),
  file = "dependence.json")
