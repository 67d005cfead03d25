# Conditional likelihoods by metafor, for empty_trials.py.
# Usage: Rscript empty_trials.R tables.csv model; columns replicate, e1, n1, e2, n2; model CM.EL
# (exact) or CM.AL (approximate). Prints replicate, log odds ratio and its 95 % interval; nothing
# for a fit that ended in an error, or of whose standard errors metafor itself warns.
suppressMessages(library(metafor))
given <- commandArgs(trailingOnly = TRUE)
tables <- read.csv(given[1])
for (one in split(tables, tables$replicate)) {
  doubtful <- FALSE
  fit <- tryCatch(withCallingHandlers(suppressMessages(rma.glmm(
    measure = "OR", ai = e1, n1i = n1, ci = e2, n2i = n2, data = one, model = given[2]
  )), warning = function(problem) {
    doubtful <<- doubtful || grepl("unusually small", conditionMessage(problem))
    invokeRestart("muffleWarning")
  }), error = function(problem) NULL)
  if (!is.null(fit) && !doubtful) {
    cat(sprintf("%d,%.6f,%.6f,%.6f\n", one$replicate[1], coef(fit), fit$ci.lb, fit$ci.ub))
  }
}
