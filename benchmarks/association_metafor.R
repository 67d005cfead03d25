# Point fits by metafor. Prints: seconds of rma (BCG log RR, REML), rma.glmm (BCG, CM.EL),
# leave1out (the studies of Hackshaw 1998 given as estimate, se)
# Usage: Rscript association_metafor.R hackshaw.csv
suppressMessages(library(metafor))
bcg <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
smoke <- read.csv(commandArgs(trailingOnly = TRUE)[1])
timed <- function(work, n) {
  invisible(work())
  median(sapply(seq_len(n), function(i) system.time(work())[["elapsed"]]))
}
one <- timed(function() for (i in 1:20) rma(yi, vi, data = bcg), 7) / 20
glmm <- timed(function() rma.glmm(measure = "OR", ai = tpos, bi = tneg, ci = cpos, di = cneg,
                                  data = dat.bcg, model = "CM.EL"), 1)
whole <- rma(estimate, sei = se, data = smoke)
left <- timed(function() leave1out(whole), 5)
cat(sprintf("%.5f,%.5f,%.5f\n", one, glmm, left))
