# The same likelihood as a point fit by lme4 (Laplace). Prints: seconds
suppressMessages(library(lme4))
counts <- read.csv(commandArgs(trailingOnly = TRUE)[1])
k <- nrow(counts)
long <- data.frame(
  study = rep(seq_len(k), 2), sens = rep(1:0, each = k), spec = rep(0:1, each = k),
  true = c(counts$tp, counts$tn), n = c(counts$tp + counts$fn, counts$tn + counts$fp)
)
fit <- function() glmer(cbind(true, n - true) ~ 0 + sens + spec + (0 + sens + spec | study),
                        data = long, family = binomial)
invisible(fit())
seconds <- sapply(1:5, function(i) system.time(fit())[["elapsed"]])
cat(sprintf("%.4f\n", median(seconds)))
