# How long R and its packages estimatr, fixest, sandwich, clubSandwich, coin, ri2 and survival take
# for what benches/estimate.rs times. survival comes with R; to have the others, from R:
#
#     install.packages(c("estimatr", "fixest", "sandwich", "clubSandwich", "coin", "ri2"),
#                      lib = "peers")
#
# `KLERO_PEERS=$PWD/peers cargo bench --bench estimate` writes the input, runs this script and
# prints the ratios; packages that are not in that folder are looked for where R has its own. By
# hand: Rscript estimate.R FOLDER LIBRARY [--slow] [--large]; `--slow` has what takes minutes done
# as well, `--large` ten million rows.
#
# Prints a line for each job, separated by tabs: peer, job, seconds of cores, seconds on the clock,
# MB beside what was held before, and what came out; or peer, job and `missing`. Reading the input
# is not timed.
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
.libPaths(c(arguments[2], .libPaths()))
asked <- function(flag) flag %in% arguments

# A number of MB that Linux tells of this process.
status <- function(name) {
  line <- grep(paste0("^", name), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) * 1024 / 1e6
}

# Begins counting the most memory; returns what is held now, or NA where nobody tells.
memory <- function() {
  gc()
  tryCatch({
    writeLines("5", "/proc/self/clear_refs")
    status("VmRSS")
  }, error = function(e) NA, warning = function(w) NA)
}

tell <- function(peer, name, cores, clock, taken, values) {
  number <- function(x) format(x, digits = 6, scientific = FALSE)
  taken <- if (is.na(taken)) "-" else number(taken)
  values <- format(values, digits = 17, trim = TRUE)
  cat(peer, name, number(cores), number(clock), taken, paste(values, collapse = " "), sep = "\t")
  cat("\n")
}

job <- function(peer, name, runs, work) {
  if (peer != "R" && !suppressMessages(requireNamespace(peer, quietly = TRUE))) {
    cat(peer, name, "missing\n", sep = "\t")
    return(invisible())
  }
  if (peer != "R") suppressPackageStartupMessages(library(peer, character.only = TRUE))
  took <- replicate(runs, {
    before <- memory()
    time <- system.time(values <<- work())
    taken <- if (is.na(before)) NA else status("VmHWM") - before
    c(time[["user.self"]] + time[["sys.self"]], time[["elapsed"]], taken)
  })
  tell(peer, name, min(took[1, ]), min(took[2, ]), max(took[3, ]), values)
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
absorbed <- function(data) {
  # Their factor n / (n - k) belongs to hc1.
  fit <- feols(formula, data, vcov = "HC2", ssc = ssc(K.adj = FALSE))
  c(coef(fit)[["arm"]], se(fit)[["arm"]])
}
job("fixest", "hc2", 2, function() absorbed(table))
job("sandwich", "hc2", 1, function() {
  fit <- lm(formula, table)
  c(coef(fit)[["arm"]], sqrt(vcovHC(fit, "HC2")["arm", "arm"]))
})
rm(table)
if (asked("--large")) {
  table <- frame("large")
  job("fixest", "hc2, ten times the rows", 1, function() absorbed(table))
  rm(table)
}

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
two <- subset(people, arm < 2)
two$arm <- factor(two$arm)
two$block <- factor(two$block)
replays <- "10,000 studentised replays, 503 persons"
set.seed(1)
# Its statistic is the linear one, standardised over the permutations.
job("coin", replays, 3, function() {
  test <- independence_test(y ~ arm | block, two, distribution = approximate(nresample = 10000))
  as.numeric(pvalue(test))
})
job("R", "10,000 bootstraps of a difference, 503 persons", 3, function() {
  new <- people$y[people$arm != 0]
  old <- people$y[people$arm == 0]
  own <- mean(new) - mean(old)
  t <- replicate(10000, {
    a <- sample(new, replace = TRUE)
    b <- sample(old, replace = TRUE)
    (mean(a) - mean(b) - own) / sqrt(var(a) / length(a) + var(b) / length(b))
  })
  unname(quantile(t, c(0.025, 0.975)))
})
if (asked("--slow")) {
  studentised <- function(data) {
    arm <- data$y[data$arm == 1]
    rest <- data$y[data$arm == 0]
    (mean(arm) - mean(rest)) / sqrt(var(arm) / length(arm) + var(rest) / length(rest))
  }
  job("ri2", replays, 1, function() {
    # How many of each arm a block has; the last one was broken off.
    of <- lapply(0:2, function(arm) as.vector(tapply(people$arm == arm, people$block, sum)))
    draw <- declare_ra(blocks = people$block, block_m_each = do.call(cbind, of), conditions = 0:2)
    pbapply::pboptions(type = "none")
    test <- conduct_ri(test_function = studentised, declaration = draw, assignment = "arm",
                       data = people, sims = 10000, progress_bar = FALSE)
    sims <- test$sims_df
    (1 + sum(abs(sims$est_sim) >= abs(sims$est_obs) * (1 - 1e-9))) / (1 + nrow(sims))
  })
}

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
  for (adjustment in c("holm", "romano-wolf"))
    tell("R, loading estimatr alone",
         paste("8 outcomes × 3 contrasts, 10,000 replays,", adjustment),
         time[["user.child"]] + time[["sys.child"]], time[["elapsed"]], NA, NaN)
}
