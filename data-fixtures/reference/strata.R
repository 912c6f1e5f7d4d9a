# Shares over strata: tests of R's own mantelhaen.test; Mantel-Haenszel difference and ratio of
# metafor 3.8-1 (Sato's and Greenland & Robins' variances); score limits of ratesci 1.1.0.9000
# (weights "MH", no skewness correction, 12 decimals), whose trials of compression stockings and
# of cisapride these are; Newcombe's over strata by the formulas of SAS's documentation of PROC
# FREQ, "Common Risk Difference", in R's prop.test.
# Rscript strata.R > strata.csv      (R 4.2.2)
library(ratesci)
suppressPackageStartupMessages(library(metafor))
make <- function(x1, n1, x0, n0) list(x1 = x1, n1 = n1, x0 = x0, n0 = n0)
sets <- list(
  compress = with(compress, make(event.gcs, n.gcs, event.control, n.control)),
  cisapride = with(cisapride, make(event.cisa, n.cisa, event.plac, n.plac)),
  # Deaths by age in the University Group Diabetes Program, tolbutamide and placebo.
  tolbutamide = make(c(8, 22), c(106, 98), c(5, 16), c(120, 85)),
  sparse = make(c(1, 0, 2, 1, 0, 3), c(2, 1, 3, 2, 4, 3), c(0, 1, 1, 0, 1, 1), c(1, 2, 2, 3, 2, 5)),
  rare = make(c(9, 3), c(1350, 700), c(10, 8), c(1840, 650)),
  one = make(9, 135, 10, 188))
wilson <- function(x, n, w) {
  z <- qnorm(0.975)
  v <- x / n * (1 - x / n) / n
  z <- z * sqrt(sum(w^2 * v)) / sum(w * sqrt(v))
  limits <- mapply(function(x, n) suppressWarnings(
    prop.test(x, n, correct = FALSE, conf.level = 2 * pnorm(z) - 1)$conf.int), x, n)
  c(sum(w * limits[1, ]), sum(w * limits[2, ]))
}
newcombe <- function(s) {
  w <- s$n1 * s$n0 / (s$n1 + s$n0)
  w <- w / sum(w)
  a <- wilson(s$x1, s$n1, w)
  b <- wilson(s$x0, s$n0, w)
  l1 <- sum(w^2 / s$n1)
  l0 <- sum(w^2 / s$n0)
  d <- sum(w * (s$x1 / s$n1 - s$x0 / s$n0))
  z <- qnorm(0.975)
  c(d - z * sqrt(l1 * a[1] * (1 - a[1]) + l0 * b[2] * (1 - b[2])),
    d + z * sqrt(l1 * a[2] * (1 - a[2]) + l0 * b[1] * (1 - b[1])))
}
cat("case,x1,n1,x0,n0,score_p,difference,difference_error,difference_lower,difference_upper,",
    "difference_p,log_ratio,log_ratio_error,ratio_lower,ratio_upper,ratio_p,",
    "newcombe_lower,newcombe_upper,mn_lower,mn_upper,mn_ratio_lower,mn_ratio_upper\n", sep = "")
for (name in names(sets)) {
  s <- sets[[name]]
  cmh <- if (length(s$x1) > 1) {
    a <- array(rbind(s$x1, s$x0, s$n1 - s$x1, s$n0 - s$x0), c(2, 2, length(s$x1)))
    mantelhaen.test(a, correct = FALSE)$p.value
  } else {
    n <- s$n1 + s$n0
    chi <- suppressWarnings(prop.test(c(s$x1, s$x0), c(s$n1, s$n0), correct = FALSE)$statistic)
    pchisq(unname(chi) * (n - 1) / n, 1, lower.tail = FALSE)
  }
  mh <- function(measure) {
    m <- rma.mh(ai = s$x1, n1i = s$n1, ci = s$x0, n2i = s$n0, measure = measure)
    c(m$beta, m$se, m$ci.lb, m$ci.ub, m$pval)
  }
  mn <- function(contrast) {
    # One table is not called stratified there.
    r <- scoreci(s$x1, s$n1, s$x0, s$n0, contrast = contrast, stratified = length(s$x1) > 1,
                 skew = FALSE, weighting = "MH", precis = 12, warn = FALSE)
    r$estimates[1, c("lower", "upper")]
  }
  ratio <- mh("RR")
  ratio[3:4] <- exp(ratio[3:4])
  numbers <- c(cmh, mh("RD"), ratio, newcombe(s), mn("RD"), mn("RR"))
  cat(name, sapply(s, paste, collapse = " "), format(numbers, digits = 17, trim = TRUE), sep = ",")
  cat("\n")
}
