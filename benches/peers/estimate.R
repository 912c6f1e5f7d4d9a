# How long R and its packages estimatr, clubSandwich, coin and survival take for what
# benches/estimate.rs times. survival comes with R; to have the others, from R:
#
#     install.packages(c("estimatr", "clubSandwich", "coin"))
#
# `cargo bench --bench estimate` writes the input, runs this script and prints the ratios; with
# `KLERO_PEERS` naming a folder, packages are looked for there too.
# By hand: Rscript estimate.R FOLDER [LIBRARY]
#
# Prints a line for each job: peer, job, seconds of processors, seconds on the clock, and what came
# out, separated by tabs; or peer, job and `missing`. Reading the input is not timed.
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
.libPaths(c(arguments[-1], .libPaths()))

job <- function(peer, name, runs, work) {
  if (!requireNamespace(peer, quietly = TRUE)) {
    cat(peer, name, "missing\n", sep = "\t")
    return(invisible())
  }
  suppressPackageStartupMessages(library(peer, character.only = TRUE))
  seconds <- replicate(runs, {
    time <- system.time(values <<- work())
    c(time[["user.self"]] + time[["sys.self"]], time[["elapsed"]])
  })
  cat(peer, name, format(min(seconds[1, ]), digits = 6), format(min(seconds[2, ]), digits = 6),
      paste(format(values, digits = 17, trim = TRUE), collapse = " "), sep = "\t")
  cat("\n")
}

columns <- function(name, count) {
  path <- file.path(folder, paste0(name, ".f64"))
  matrix(readBin(path, "double", file.size(path) / 8), ncol = count)
}

frame <- function(name) {
  values <- as.data.frame(columns(name, 10))
  names(values) <- c("y", "arm", paste0("x", 1:8))
  values
}

table <- frame("table")
formula <- reformulate(names(table)[-1], "y")
job("estimatr", "hc2", 2, function() {
  fit <- lm_robust(formula, table, se_type = "HC2")
  c(fit$coefficients[["arm"]], fit$std.error[["arm"]])
})
rm(table)

few <- frame("few")
few$cluster <- columns("few-clusters", 1)[, 1]
job("clubSandwich", "hc2, Bell–McCaffrey, 2,000 rows", 1, function() {
  fit <- lm(formula, few)
  rows <- seq_len(nrow(few))
  test <- coef_test(fit, vcov = vcovCR(fit, rows, "CR2"), test = "Satterthwaite", coefs = "arm")
  c(test$beta, test$SE, test$df)
})
job("estimatr", "cr2, 2,000 rows, up to 50 clusters", 3, function() {
  fit <- lm_robust(formula, few, clusters = cluster, se_type = "CR2")
  c(fit$coefficients[["arm"]], fit$std.error[["arm"]], fit$df[["arm"]])
})

people <- as.data.frame(columns("blocks", 3))
names(people) <- c("y", "arm", "block")
people <- subset(people, arm < 2)
people$arm <- factor(people$arm)
people$block <- factor(people$block)
set.seed(1)
# Its statistic is the linear one, standardised over the permutations.
job("coin", "10,000 studentised replays, 503 persons", 3, function() {
  test <- independence_test(y ~ arm | block, people, distribution = approximate(nresample = 10000))
  as.numeric(pvalue(test))
})

times <- as.data.frame(columns("times", 6))
names(times) <- c("time", "event", "arm", "a", "b", "c")
job("survival", "Cox, four columns", 1, function() {
  fit <- coxph(Surv(time, event) ~ arm + a + b + c, times, ties = "efron", eps = 1e-13)
  c(coef(fit)[["arm"]], sqrt(vcov(fit)[1, 1]))
})
job("survival", "Kaplan–Meier of both arms, log-rank", 1, function() {
  fit <- survfit(Surv(time, event) ~ arm, times)
  at <- summary(fit, times = 52)
  test <- survdiff(Surv(time, event) ~ arm, times)
  c(at$surv[2], at$std.err[2], at$surv[1], at$std.err[1], test$chisq)
})

# What a table of effects costs an R user before the first number.
if (requireNamespace("estimatr", quietly = TRUE)) {
  rscript <- file.path(R.home("bin"), "Rscript")
  time <- system.time(system2(rscript, c("-e", shQuote("library(estimatr)"))))
  for (adjustment in c("holm", "romano-wolf")) {
    cat("R, loading estimatr alone",
        paste("8 outcomes × 3 contrasts, 10,000 replays,", adjustment),
        format(time[["user.child"]] + time[["sys.child"]]), format(time[["elapsed"]]), 0, sep = "\t")
    cat("\n")
  }
}
