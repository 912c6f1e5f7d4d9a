# Studentised bootstrap limits by boot 1.3-28.1, from the resamples of bootstrap.csv.
#                            Rscript bootstrap.R > bootstrap_limits.csv           (R 4.2.2)
suppressPackageStartupMessages(library(boot))
arm <- c(3, 0, 12, 7, 1, 0, 25, 4, 9)
reference <- c(2, 0, 5, 1, 0, 8, 3)
own <- c(mean(arm) - mean(reference),
         var(arm) / length(arm) + var(reference) / length(reference))
resampled <- read.csv("bootstrap.csv")
cat("resamples,level,lower,upper,p\n")
for (resamples in c(99, 399, 400)) for (level in c(0.5, 0.9, 0.95, 0.98)) {
  t <- as.matrix(resampled[seq_len(resamples), c("difference", "variance")])
  # The object that boot() would make of them.
  made <- boot(arm, function(y, i) c(mean(y[i]), 1), R = resamples)
  made$t0 <- own
  made$t <- unname(t)
  limits <- boot.ci(made, conf = level, type = "stud")$student[4:5]
  ratio <- (t[, 1] - own[1]) / sqrt(t[, 2])
  observed <- own[1] / sqrt(own[2])
  p <- 2 * (1 + min(sum(ratio <= observed), sum(ratio >= observed))) / (resamples + 1)
  cat(resamples, level, format(c(limits, min(p, 1)), digits = 17, trim = TRUE), sep = ",", fill = 10000)
}
