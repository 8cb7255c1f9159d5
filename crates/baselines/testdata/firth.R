# Firth's penalty by coxphf (Breslow's ties): Rscript firth.R > firth.json, in this folder.
suppressMessages({library(coxphf); library(survival); library(jsonlite)})
ovarian <- read.csv("ovarian.csv"); veteran <- read.csv("veteran.csv")
one <- function(name, data, names) {
  form <- reformulate(names, response = "Surv(time, status)")
  fit <- coxphf(form, data, maxit = 500, epsilon = 1e-12, gconv = 1e-10)
  list(data = name, columns = names, coef = unname(fit$coefficients), var = unname(fit$var),
       loglik = unname(fit$loglik), lower = unname(log(fit$ci.lower)), upper = unname(log(fit$ci.upper)))
}
separated <- data.frame(time = 1:12, status = rep(1:0, each = 6), treated = rep(1:0, each = 6))
cases <- list(one("ovarian", ovarian, c("age", "rx2")), one("ovarian", ovarian, "resid2"),
              one("veteran", veteran, c("age", "karno")), one("separated", separated, "treated"))
cat(toJSON(list(versions = list(coxphf = as.character(packageVersion("coxphf")), survival = as.character(packageVersion("survival"))), cases = cases), digits = 15, auto_unbox = TRUE, pretty = TRUE))
