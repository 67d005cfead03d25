# The bivariate model in JAGS with bayespool's default priors, sampled until every hyperparameter
# has the effective sample size asked for. Prints: seconds,iterations,smallest_ess,studies
# Usage: Rscript bivariate_jags.R counts.csv ess [leave-one-out]
suppressMessages(library(rjags))
arguments <- commandArgs(trailingOnly = TRUE)
counts <- read.csv(arguments[1])
aim <- as.numeric(arguments[2])
model <- "model {
  for (i in 1:k) {
    tp[i] ~ dbin(ilogit(a[i]), n1[i])
    tn[i] ~ dbin(ilogit(b[i]), n2[i])
    a[i] ~ dnorm(logit_sens, pow(tau_sens, -2))
    b[i] ~ dnorm(logit_spec + rho * tau_spec / tau_sens * (a[i] - logit_sens),
                 pow(tau_spec, -2) / (1 - rho * rho))
  }
  logit_sens ~ dnorm(0, pow(1.5, -2))
  logit_spec ~ dnorm(0, pow(1.5, -2))
  tau_sens ~ dnorm(0, 1) T(0,)
  tau_spec ~ dnorm(0, 1) T(0,)
  unit ~ dbeta(2, 2)
  rho <- 2 * unit - 1
}"
watched <- c("logit_sens", "logit_spec", "tau_sens", "tau_spec", "rho")
run <- function(table) {
  started <- proc.time()[["elapsed"]]
  data <- list(k = nrow(table), tp = table$tp, tn = table$tn,
               n1 = table$tp + table$fn, n2 = table$tn + table$fp)
  fit <- jags.model(textConnection(model), data, n.chains = 1, n.adapt = 1000, quiet = TRUE)
  update(fit, 1000, progress.bar = "none")
  draws <- NULL
  repeat {
    more <- coda.samples(fit, watched, 10000, progress.bar = "none")[[1]]
    draws <- if (is.null(draws)) more else as.mcmc(rbind(draws, more))
    ess <- min(effectiveSize(draws))
    if (ess >= aim || nrow(draws) >= 400000) break
  }
  c(proc.time()[["elapsed"]] - started, nrow(draws), ess)
}
set.seed(1)
if (length(arguments) > 2) {
  each <- sapply(seq_len(nrow(counts)), function(i) run(counts[-i, ]))
  result <- c(sum(each[1, ]), sum(each[2, ]), min(each[3, ]))
} else {
  result <- run(counts)
}
cat(sprintf("%.4f,%d,%.0f,%d\n", result[1], as.integer(result[2]), result[3], nrow(counts)))
