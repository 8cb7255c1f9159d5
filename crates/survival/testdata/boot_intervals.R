# Bootstrap intervals of Harrell's C of age in the lung data: writes boot_intervals.json.
# Rscript boot_intervals.R   (in this folder; R packages survival, boot, jsonlite)
library(survival)
library(boot)
columns <- jsonlite::fromJSON("lung.json")$data
lung <- data.frame(time = columns$time, status = columns$status, age = columns$age)

estimate <- function(d, i) {
  fit <- concordance(Surv(time, status) ~ age, d[i, ], reverse = TRUE)
  c(fit$concordance, fit$var)
}
set.seed(20240601)
drawn <- boot(lung, estimate, R = 499)
logit <- function(p) log(p / (1 - p))
slope <- function(p) 1 / (p * (1 - p))
inverse <- function(x) 1 / (1 + exp(-x))
influence <- concordance(Surv(time, status) ~ age, lung, reverse = TRUE, influence = 1)$dfbeta

plain <- boot.ci(drawn, type = c("norm", "basic", "stud", "perc"))
accelerated <- boot.ci(drawn, type = "bca", L = influence)
on_logit <- boot.ci(drawn, type = "stud", h = logit, hdot = slope, hinv = inverse)
golden <- list(
  source = paste0(R.version.string, ", survival ", packageVersion("survival"), ", boot ", packageVersion("boot")),
  t0 = drawn$t0[1], variance = drawn$t0[2], t = drawn$t[, 1], t_variance = drawn$t[, 2],
  normal = plain$normal[2:3], basic = plain$basic[4:5], studentised = plain$student[4:5],
  percentile = plain$percent[4:5], bca = accelerated$bca[4:5], studentised_logit = on_logit$student[4:5])
cat(jsonlite::toJSON(golden, digits = I(17), auto_unbox = TRUE), file = "boot_intervals.json")
