# Fits of five imputed data sets pooled by mice: Rscript pooled.R > pooled.json, in this folder.
suppressMessages({library(mice); library(survival); library(jsonlite)})
veteran <- read.csv("veteran.csv")
# Every seventh age is missing; what is put there is made up, the same on every call.
fits <- function(names) lapply(1:5, function(l) {
  imputed <- veteran
  i <- seq(1, nrow(veteran), 7)
  imputed$age[i] <- 50 + (i * (l + 3)) %% 23
  coxph(reformulate(names, response = "Surv(time, status)"), imputed)
})
names <- c("age", "karno", "smallcell", "adeno", "large")
all <- as.mira(fits(names))
pooled <- summary(pool(all, dfcom = 1e12), conf.int = TRUE)
test <- D1(all, as.mira(fits(c("age", "karno"))), dfcom = 1e12)$result
cat(toJSON(list(versions = list(mice = as.character(packageVersion("mice")), survival = as.character(packageVersion("survival"))),
  columns = names, estimate = pooled$estimate, std_error = pooled$std.error, df = pooled$df, p = pooled$p.value,
  fmi = pool(all, dfcom = 1e12)$pooled$lambda, cells = as.vector(test)), digits = 15, auto_unbox = TRUE, pretty = TRUE))
