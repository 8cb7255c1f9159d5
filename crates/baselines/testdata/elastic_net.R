# Golden values of the elastic net: writes elastic_net.json. Run in this folder: Rscript
# elastic_net.R (R 4.2.2, glmnet 4.1-6, jsonlite 1.8.4). Times are replaced by their ranks, events
# first among equals, since glmnet's handling of ties is neither Breslow's nor Efron's.
suppressMessages({library(survival); library(glmnet)})
d <- read.csv("pbc.csv")
x <- as.matrix(d[, 4:19])
n <- nrow(x)
time <- numeric(n)
time[order(d$time, -d$status)] <- seq_len(n)
y <- Surv(time, d$status)
fold <- rep(1:5, length.out = n)
case <- function(alpha) {
  fit <- glmnet(x, y, family = "cox", alpha = alpha, nlambda = 20, thresh = 1e-15, maxit = 1e8)
  cv <- cv.glmnet(x, y, family = "cox", alpha = alpha, lambda = fit$lambda, foldid = fold,
                  thresh = 1e-15, maxit = 1e8)
  list(alpha = alpha, lambda = fit$lambda, coef = unname(t(as.matrix(coef(fit)))),
       cvm = cv$cvm, cvsd = cv$cvsd, best = which(cv$lambda == cv$lambda.min) - 1,
       sparsest = which(cv$lambda == cv$lambda.1se) - 1)
}
writeLines(jsonlite::toJSON(list(time = time, cases = list(case(1), case(0.5))), digits = I(17),
                            auto_unbox = TRUE), "elastic_net.json")
