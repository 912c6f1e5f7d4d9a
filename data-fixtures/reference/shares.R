# Shares: score intervals of Miettinen & Nurminen by maximising the restricted likelihood with
# R's own root finders, Newcombe's from prop.test's Wilson limits, and R's exact tests.
# Rscript shares.R > shares.csv      (R 4.2.2)
tables <- list(c(9, 135, 10, 188), c(75, 168, 49, 167), c(41, 135, 46, 188), c(15, 135, 7, 188),
               c(20, 100, 11, 100), c(1, 10, 9, 12), c(7, 34, 1, 34), c(3, 5, 1, 7),
               c(0, 20, 3, 25), c(25, 25, 18, 20), c(250, 1000, 300, 1100))
# Most likely p0 with p1 = link(p0): the root of the slope of the log-likelihood.
restricted <- function(x1, n1, x0, n0, link, slope, low, high) {
  f <- function(p) {
    q <- link(p)
    a <- (if (x1 > 0) x1 / q else 0) - (if (x1 < n1) (n1 - x1) / (1 - q) else 0)
    b <- (if (x0 > 0) x0 / p else 0) - (if (x0 < n0) (n0 - x0) / (1 - p) else 0)
    a * slope + b
  }
  eps <- 1e-15 * (high - low)
  if (f(low + eps) <= 0) return(low)
  if (f(high - eps) >= 0) return(high)
  uniroot(f, c(low + eps, high - eps), tol = 1e-16, maxiter = 10000)$root
}
score <- function(x1, n1, x0, n0, delta) {
  p0 <- restricted(x1, n1, x0, n0, function(p) p + delta, 1, max(0, -delta), min(1, 1 - delta))
  p1 <- p0 + delta
  N <- n1 + n0
  (x1 / n1 - x0 / n0 - delta) / sqrt((p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * N / (N - 1))
}
ratio_score <- function(x1, n1, x0, n0, theta) {
  p0 <- restricted(x1, n1, x0, n0, function(p) theta * p, theta, 0, min(1, 1 / theta))
  p1 <- theta * p0
  N <- n1 + n0
  (x1 / n1 - theta * x0 / n0) /
    sqrt((p1 * (1 - p1) / n1 + theta^2 * p0 * (1 - p0) / n0) * N / (N - 1))
}
solve <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 10000)$root
cat("x1,n1,x0,n0,mn_lower,mn_upper,newcombe_lower,newcombe_upper,wald_error,score_p,",
    "ratio_lower,ratio_upper,log_ratio_error,log_odds_error,fisher_p,",
    "cp_lower,cp_upper,wilson_lower,wilson_upper,binomial_p\n", sep = "")
z <- qnorm(0.975)
for (t in tables) {
  x1 <- t[1]; n1 <- t[2]; x0 <- t[3]; n0 <- t[4]
  p1 <- x1 / n1; p0 <- x0 / n0; d <- p1 - p0; N <- n1 + n0
  mn <- c(solve(function(e) score(x1, n1, x0, n0, e) - z, -1 + 1e-9, d - 1e-12),
          solve(function(e) score(x1, n1, x0, n0, e) + z, d + 1e-12, 1 - 1e-9))
  wilson1 <- suppressWarnings(prop.test(x1, n1, correct = FALSE)$conf.int)
  wilson0 <- suppressWarnings(prop.test(x0, n0, correct = FALSE)$conf.int)
  newcombe <- c(d - sqrt((p1 - wilson1[1])^2 + (wilson0[2] - p0)^2),
                d + sqrt((wilson1[2] - p1)^2 + (p0 - wilson0[1])^2))
  wald <- sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
  chi <- suppressWarnings(prop.test(c(x1, x0), c(n1, n0), correct = FALSE)$statistic)
  p <- pchisq(unname(chi) * (N - 1) / N, 1, lower.tail = FALSE)
  ratio <- c(NA, NA)
  if (x1 > 0) ratio[1] <- exp(solve(function(l) ratio_score(x1, n1, x0, n0, exp(l)) - z,
                                    log(p1 / p0) - 8, log(p1 / p0) - 1e-12))
  if (x1 > 0) ratio[2] <- exp(solve(function(l) ratio_score(x1, n1, x0, n0, exp(l)) + z,
                                    log(p1 / p0) + 1e-12, log(p1 / p0) + 8))
  else ratio <- c(0, exp(solve(function(l) ratio_score(x1, n1, x0, n0, exp(l)) + z, -8, 8)))
  numbers <- c(mn, newcombe, wald, p, ratio,
               if (x1 > 0) sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0) else NA,
               if (x1 > 0 && x1 < n1) sqrt(1 / x1 + 1 / (n1 - x1) + 1 / x0 + 1 / (n0 - x0)) else NA,
               fisher.test(matrix(c(x1, n1 - x1, x0, n0 - x0), 2))$p.value,
               binom.test(x1, n1, 0.2)$conf.int, wilson1, binom.test(x1, n1, 0.2)$p.value)
  cat(t, ifelse(is.na(numbers), "", format(numbers, digits = 17, trim = TRUE)), sep = ",")
  cat("\n")
}
