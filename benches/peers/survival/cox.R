# The jobs of the program `cox` in R, on the samples that it writes: Rscript cox.R FOLDER
suppressMessages(library(survival))
folder <- commandArgs(TRUE)[1]
sample <- function(name, n, p) {
  values <- readBin(file.path(folder, paste0(name, ".bin")), "double", n * (p + 2), endian = "little")
  list(time = values[1:n], event = values[n + 1:n],
       x = matrix(values[-(1:(2 * n))], n, p, byrow = TRUE))
}
timed <- function(job, who, runs, run) {
  times <- numeric(runs)
  for (k in 1:runs) times[k] <- system.time(found <- run())[["elapsed"]]
  cat(sprintf("%s\t%s\t%.4f\t%.10f\n", job, who, min(times), found))
}
control <- coxph.control()
for (job in list(list("1e5x10", 1e5, 10, 3), list("1e5x100", 1e5, 100, 1), list("1e6x10days", 1e6, 10, 1))) {
  s <- sample(job[[1]], job[[2]], job[[3]])
  y <- Surv(s$time, s$event)
  timed(job[[1]], "R coxph", job[[4]], function() coxph(y ~ s$x)$loglik[2])
  # Without formula, concordance and the rest: the fit alone.
  timed(job[[1]], "R coxph.fit", job[[4]], function() {
    coxph.fit(s$x, y, NULL, NULL, NULL, control, NULL, "efron", seq_along(s$time), resid = FALSE)$loglik[2]
  })
  if (job[[3]] == 10) {
    fit <- coxph(y ~ s$x)
    timed(paste(job[[1]], "zph"), "R cox.zph", 1, function() cox.zph(fit, terms = FALSE)$table["GLOBAL", 1])
    timed(paste(job[[1]], "schoenfeld"), "R residuals", 1, function() sum(abs(residuals(fit, "schoenfeld"))))
    # Half a minute at 1e5, and quadratic in n.
    if (job[[2]] == 1e5) {
      timed(paste(job[[1]], "dfbeta"), "R residuals", 1, function() sum(abs(residuals(fit, "dfbeta"))))
    }
  }
}
if (requireNamespace("glmnet", quietly = TRUE)) {
  s <- sample("1e4x200", 1e4, 200)
  y <- Surv(s$time, s$event)
  for (threshold in c(1e-7, 1e-14)) {
    timed("1e4x200", paste("R glmnet, thresh", threshold), 2, function() {
      fit <- glmnet::glmnet(s$x, y, family = "cox", alpha = 0.9, nlambda = 50, lambda.min.ratio = 0.01,
                            thresh = threshold, maxit = 1e7)
      sum(abs(coef(fit)[, ncol(coef(fit))]))
    })
  }
}
