# The same jobs by R survival and npsurv, on the samples in the folder given.
suppressMessages(library(survival))
folder <- commandArgs(TRUE)[1]
column <- function(n, name) {
  n <- as.integer(n)
  readBin(sprintf("%s/%d/%s.f64", folder, n, name), "double", n, endian = "little")
}
report <- function(job, work, runs = 2, who = "R survival") {
  seconds <- Inf
  for (k in seq_len(runs)) {
    begin <- proc.time()[["elapsed"]]
    value <- work()
    seconds <- min(seconds, proc.time()[["elapsed"]] - begin)
    if (seconds > 10) break
  }
  cat(sprintf("%s\t%s\t%.6f\t%.15g\n", job, who, seconds, value))
}
y <- Surv(column(1e6, "time"), column(1e6, "event"))
days <- Surv(column(1e6, "days"), column(1e6, "event"))
x <- column(1e6, "risk")
report("Harrell C with SE, n=1e6", function() sqrt(concordance(y ~ x, reverse = TRUE)$var), 1)
report("Harrell C without SE, n=1e6",
  function() concordancefit(y, x, reverse = TRUE, std.err = FALSE)$concordance, 1)
report("Kaplan-Meier with CI, n=1e6, continuous",
  function() length(survfit(y ~ 1, conf.type = "log-log")$upper), 1)
report("Kaplan-Meier with CI, n=1e6, days",
  function() length(survfit(days ~ 1, conf.type = "log-log")$upper), 1)
y <- Surv(column(1e5, "time"), column(1e5, "event"))
days <- Surv(column(1e5, "days"), column(1e5, "event"))
a <- column(1e5, "risk")
b <- column(1e5, "other")
# Cox fits without a step carry the scores; only their joint concordance is timed.
first <- coxph(y ~ a, init = 1, iter.max = 0)
second <- coxph(y ~ b, init = 1, iter.max = 0)
report("difference of two C with SE, n=1e5",
  function() sqrt(c(1, -1) %*% concordance(first, second)$var %*% c(1, -1)))
report("Uno C with SE, n=1e5",
  function() sqrt(concordance(y ~ a, reverse = TRUE, timewt = "n/G2", ymax = 10)$var))
report("Cox loss + gradient, n=1e5, no ties",
  function() coxph(y ~ offset(a), ties = "breslow")$loglik[1])
report("Cox loss + gradient, n=1e5, days, Efron", function() coxph(days ~ offset(a))$loglik[1])
# Five samples stand for a thousand.
begin <- proc.time()[["elapsed"]]
for (k in 1:5) {
  i <- sample.int(1e5, replace = TRUE)
  concordancefit(y[i], a[i], reverse = TRUE, std.err = FALSE)
}
seconds <- (proc.time()[["elapsed"]] - begin) * 200
cat(sprintf("1000 bootstrap C, n=1e5\tR survival, 5 samples times 200\t%.6f\t0\n", seconds))
y <- Surv(column(1595, "time"), column(1595, "event"))
a <- column(1595, "risk")
report("1000 bootstrap C, n=1595", function() {
  set.seed(1)
  sd(replicate(1000, {
    i <- sample.int(1595, replace = TRUE)
    concordancefit(y[i], a[i], reverse = TRUE, std.err = FALSE)$concordance
  }))
})
# The estimate of a distribution seen at visits only, by the mixture algorithm of Wang (2008).
if (requireNamespace("npsurv", quietly = TRUE)) {
  left <- column(1e4, "left")
  right <- column(1e4, "right")
  report("Turnbull, n=1e4", function() npsurv::npsurv(cbind(left, right))$ll,
    who = "R npsurv")
}
