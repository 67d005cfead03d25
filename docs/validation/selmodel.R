# Where the likelihoods of step selection models are largest by metafor, for selmodel.csv.
# Usage: Rscript docs/validation/selmodel.R > docs/validation/selmodel.csv
# Three and four parameters (3PSM, 4PSM): one-sided p values with a step at 0.025, or another at 0.05
# or 0.5. lui2015 as Cohen's d, 2 r / sqrt(1 - r^2) with 4 / n + d^2 / (2 n) as RoBMA converts it;
# bcg as log odds ratios turned round, so that large ones are thought to be seen.
suppressMessages(library(metafor))
lui <- read.csv("tests/reference/lui2015.csv", comment.char = "#")
d <- 2 * lui$r / sqrt(1 - lui$r^2)
bcg <- escalc("OR", ai = e1, n1i = n1, ci = e2, n2i = n2, data = read.csv("data/bcg.csv"))
tables <- list(
  lui2015_d = data.frame(yi = d, vi = 4 / lui$n + d^2 / (2 * lui$n)),
  lui2015_z = data.frame(yi = atanh(lui$r), vi = 1 / (lui$n - 3)),
  bcg = data.frame(yi = -as.numeric(bcg$yi), vi = bcg$vi)
)
cat("table,model,cuts,mu,tau2,omega_2,omega_3,log_likelihood\n")
for (name in names(tables)) {
  fit <- rma(yi, vi, data = tables[[name]], method = "ML")
  for (cuts in list(0.025, c(0.025, 0.05), c(0.025, 0.5))) {
    if (name == "bcg" && 0.05 %in% cuts) next  # no p value lies between the two
    one <- selmodel(fit, type = "stepfun", alternative = "greater", steps = cuts,
                    control = list(optimizer = "nlminb"))
    omega <- c(one$delta, NA)[2:3]
    model <- if (length(cuts) == 1) "3PSM" else "4PSM"
    cat(sprintf("%s,%s,%s,%.8f,%.8f,%.8f,%.8f,%.8f\n", name, model, paste(cuts, collapse = " "),
                one$beta[1], one$tau2, omega[1], omega[2], logLik(one)))
  }
}
