# Random-effects models of many tables by metafor, one after the other in this process.
# Prints: analyses, those that did not converge, seconds of the loop (elapsed, of the processor), and of
# the whole process with loading and reading (the same two).
# Usage: Rscript batch_metafor.R tables.csv   (columns analysis, study, estimate, se)
whole <- proc.time()
suppressMessages(library(metafor))
rows <- read.csv(commandArgs(trailingOnly = TRUE)[1])
tables <- split(rows, rows$analysis)
failed <- 0
start <- proc.time()
answers <- lapply(tables, function(one) {
  tryCatch({
    fit <- rma(estimate, sei = se, data = one)
    c(fit$b, fit$ci.lb, fit$ci.ub, fit$tau2)
  }, error = function(e) { failed <<- failed + 1; NULL })
})
loop <- proc.time() - start
whole <- proc.time() - whole
cat(sprintf("%d,%d,%.3f,%.3f,%.3f,%.3f\n", length(tables), failed, loop[["elapsed"]],
            loop[["user.self"]] + loop[["sys.self"]], whole[["elapsed"]],
            whole[["user.self"]] + whole[["sys.self"]]))
